# Warnings, sanitizers, linker and compiler cache: one place for every target.
add_library(polylog_flags INTERFACE)
target_compile_options(polylog_flags INTERFACE
    -Wall -Wextra -Wconversion -Wshadow -Werror -Wno-unused-parameter
    -Wno-missing-designated-field-initializers  # fields left out take their declared defaults
    -fno-omit-frame-pointer)
target_compile_definitions(polylog_flags INTERFACE _GNU_SOURCE)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    # Every x86-64 server and laptop since 2013; the CRC and hashing libraries dispatch further at run time.
    target_compile_options(polylog_flags INTERFACE -march=x86-64-v2)
endif()
if(POLYLOG_SANITIZE)
    target_compile_options(polylog_flags INTERFACE -fsanitize=${POLYLOG_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(polylog_flags INTERFACE -fsanitize=${POLYLOG_SANITIZE})
endif()
if(POLYLOG_FUZZ)
    target_compile_options(polylog_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_compile_definitions(polylog_flags INTERFACE POLYLOG_FUZZING=1)
endif()
target_link_options(polylog_flags INTERFACE -fuse-ld=lld)

find_program(CCACHE ccache)
if(CCACHE)
    # What ccache must overlook to cache compilations that use a precompiled header; clang leaves time
    # stamps out of the header itself (-fno-pch-timestamp in cmake/prelude.cmake).
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()
