#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "protocol/aws/receipt_handle.h"

namespace polylog::aws {

// Any text is refused, or is the handle of the receipt that comes out of it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const ReceiptHandles handles(base::Secret("key"));
    const base::Uuid queue = base::Uuid::from_random(1, 2);
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto receipt = handles.open(text, queue);
    CHECK(receipt || receipt.error().kind == FaultKind::receipt_handle_is_invalid);
    if (receipt) CHECK(handles.seal(*receipt) == text);
    return 0;
}

}  // namespace polylog::aws
