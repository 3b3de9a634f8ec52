# room(<name> [DEPS rooms...] [LIBS libraries...] [PRECOMPILE headers...] [PROGRAM name])
#
# One static library per folder with a line in src/LAYERS, named after it with '/' as '_'. It holds every
# source in the folder and below, except in folders that are rooms themselves.
#     *_test.cc   the test binary <library>_test; tests may use the simulated environment (io/sim)
#     main.cc     with PROGRAM, the program build/<preset>/<name> that links the room
# DEPS are the rooms it includes (tools/check_layers.py enforces the order), LIBS other libraries,
# PRECOMPILE slow headers that many of its sources include (cmake/prelude.cmake).
function(room name)
    cmake_parse_arguments(ROOM "" "PROGRAM" "DEPS;LIBS;PRECOMPILE" ${ARGN})
    string(REPLACE "/" "_" target ${name})
    list(TRANSFORM ROOM_DEPS REPLACE "/" "_")
    room_files("\\.h$" headers)
    room_files("\\.cc$" sources)
    set(tests ${sources})
    list(FILTER tests INCLUDE REGEX "_test\\.cc$")
    list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cc$")

    if(sources)
        add_library(${target} STATIC ${sources})
        set(scope PUBLIC)
        use_prelude(${target} prelude ${ROOM_PRECOMPILE})
    else()
        add_library(${target} INTERFACE)
        set(scope INTERFACE)
    endif()
    target_sources(${target} ${scope}
        FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${headers})
    target_include_directories(${target} ${scope} ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${target} ${scope} polylog_flags ${ROOM_DEPS} ${ROOM_LIBS})
    set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
    set_property(GLOBAL APPEND PROPERTY POLYLOG_ROOMS ${name})

    if(POLYLOG_TESTS AND tests)
        room_tests(${name} ${target} ${tests})
    endif()
    if(ROOM_PROGRAM)
        add_executable(${ROOM_PROGRAM} ${CMAKE_CURRENT_SOURCE_DIR}/main.cc)
        target_link_libraries(${ROOM_PROGRAM} PRIVATE ${target})
        set_target_properties(${ROOM_PROGRAM} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
        if(NOT POLYLOG_SANITIZE)  # the sanitizers bring an allocator of their own
            target_link_libraries(${ROOM_PROGRAM} PRIVATE PkgConfig::jemalloc)
        endif()
    endif()
endfunction()

# The files of the current folder that match, without those of the rooms inside it.
function(room_files pattern result)
    file(GLOB_RECURSE files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*)
    set(inner_rooms ${files})
    list(FILTER files INCLUDE REGEX ${pattern})
    list(FILTER inner_rooms INCLUDE REGEX "/CMakeLists\\.txt$")
    list(REMOVE_ITEM inner_rooms ${CMAKE_CURRENT_SOURCE_DIR}/CMakeLists.txt)
    foreach(list_file IN LISTS inner_rooms)
        get_filename_component(folder ${list_file} DIRECTORY)
        list(FILTER files EXCLUDE REGEX "^${folder}/")
    endforeach()
    set(${result} ${files} PARENT_SCOPE)
endfunction()

function(room_tests name target)
    add_executable(${target}_test ${ARGN})
    use_prelude(${target}_test test_prelude)
    target_include_directories(${target}_test PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${target}_test PRIVATE
        ${target} $<TARGET_NAME_IF_EXISTS:io_sim> GTest::gmock GTest::gtest_main)
    # Looking for the tests when they run keeps building and running apart, so a sanitizer's slow start
    # never fails a build.
    gtest_discover_tests(${target}_test
        DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 TEST_PREFIX "${name}/" PROPERTIES TIMEOUT 120)
endfunction()
