# One target per folder. A folder gets exactly the include paths and libraries of the folders it names, so an include that
# the folder law forbids does not compile.
#
#   standfast_folder(vrrp USES core net)
#
# compiles every *.cpp here except *_test.cpp into the library `vrrp`, and every *_test.cpp into the executable
# `vrrp_test`, registered with ctest case by case.
#
# Headers are reached as "folder/file.hpp" through a staging directory that holds one link a folder.
function(standfast_folder name)
  cmake_parse_arguments(arg "" "" "USES;LIBRARIES;TEST_LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  file(GLOB mains CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/main/*.cpp)  # executables, with targets of their own
  list(REMOVE_ITEM sources ${mains})
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

  set(stage ${CMAKE_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${stage})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${stage}/${name} SYMBOLIC)

  if(sources)
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${stage})
    target_link_libraries(${name} PUBLIC ${arg_USES} ${arg_LIBRARIES})
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${stage})
    target_link_libraries(${name} INTERFACE ${arg_USES} ${arg_LIBRARIES})
  endif()

  if(tests AND STANDFAST_TESTS)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} ${arg_TEST_LIBRARIES} GTest::gmock GTest::gtest_main)
    include(GoogleTest)
    gtest_discover_tests(${name}_test TEST_PREFIX "unit/" DISCOVERY_MODE PRE_TEST PROPERTIES LABELS "unit" TIMEOUT 120)
  endif()
endfunction()
