#pragma once

#include <concepts>
#include <expected>
#include <utility>

#include "base/error.h"

namespace polylog::base {

// What every fallible operation returns. Dropping one is a compile error.
template <class T>
using Result = std::expected<T, Error>;

// `return fail(ErrorCode::closed);` or `return fail(ErrorCode::corrupt, "segment 42: bad magic");`
inline std::unexpected<Error> fail(ErrorCode code) {
    return std::unexpected<Error>(Error(code));
}
inline std::unexpected<Error> fail(ErrorCode code, std::string detail) {
    return std::unexpected<Error>(Error(code, std::move(detail)));
}
inline std::unexpected<Error> fail(Error error) {
    return std::unexpected<Error>(std::move(error));
}
// For the rooms whose results carry errors of their own kind; the macros below hand both on.
template <class E>
    requires(!std::convertible_to<E, Error>)
std::unexpected<E> fail(E error) {
    return std::unexpected<E>(std::move(error));
}

}  // namespace polylog::base

#define POLYLOG_CONCAT_INNER(a, b) a##b
#define POLYLOG_CONCAT(a, b) POLYLOG_CONCAT_INNER(a, b)
#define POLYLOG_TRY_INNER(result, return_keyword, declaration, ...)      \
    auto result = (__VA_ARGS__);                                         \
    if (!result) [[unlikely]]                                            \
        return_keyword ::polylog::base::fail(std::move(result).error()); \
    declaration = std::move(*result)
#define POLYLOG_CHECK_INNER(result, return_keyword, ...)   \
    if (auto result = (__VA_ARGS__); !result) [[unlikely]] \
    return_keyword ::polylog::base::fail(std::move(result).error())

// Propagation, as statements:
//     TRY(auto header, parse_header(bytes));              in a function returning Result
//     TRY_VOID(file.check());                             the same for Result<void>
//     CO_TRY(auto size, co_await file->size());           in a coroutine returning Task<Result>
//     CO_TRY_VOID(co_await file->sync());
#define TRY(declaration, ...) \
    POLYLOG_TRY_INNER(POLYLOG_CONCAT(try_result_, __LINE__), return, declaration, __VA_ARGS__)
#define CO_TRY(declaration, ...) \
    POLYLOG_TRY_INNER(POLYLOG_CONCAT(try_result_, __LINE__), co_return, declaration, __VA_ARGS__)
#define TRY_VOID(...) \
    POLYLOG_CHECK_INNER(POLYLOG_CONCAT(try_result_, __LINE__), return, __VA_ARGS__)
#define CO_TRY_VOID(...) \
    POLYLOG_CHECK_INNER(POLYLOG_CONCAT(try_result_, __LINE__), co_return, __VA_ARGS__)
