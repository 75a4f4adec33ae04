# Compiler, linker and cache: what every target gets.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wold-style-cast
                    -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these for inlined std::string and std::vector code that is right (GCC bugs 105329, 105651, 105562).
  add_compile_options(-Wno-restrict -Wno-null-dereference -Wno-maybe-uninitialized -Wno-stringop-overflow
                      -Wno-array-bounds)
  add_link_options(-Wno-stringop-overflow -Wno-stringop-overread)  # link-time optimisation compiles once more
endif()
add_compile_options(-fno-omit-frame-pointer -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

if(STANDFAST_SANITIZE)
  add_compile_options(-fsanitize=${STANDFAST_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${STANDFAST_SANITIZE})
else()
  add_compile_options($<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
endif()
if(STANDFAST_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(STANDFAST_LTO)
  include(CheckIPOSupported)
  check_ipo_supported(RESULT lto_works OUTPUT lto_says)
  if(lto_works)
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
  endif()
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # Paths relative to the checkout: another clone, or another build directory, finds what this one compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()

# bfd is two orders of magnitude slower than either of these.
if(NOT STANDFAST_LTO)
  find_program(LLD NAMES ld.lld ld.lld-19)
  find_program(MOLD mold)
  if(MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_link_options(-fuse-ld=mold)
  elseif(LLD)
    add_link_options(-fuse-ld=lld)
  endif()
endif()

if(STANDFAST_TIDY)
  find_program(CLANG_TIDY NAMES clang-tidy-19 REQUIRED)
  set(CMAKE_CXX_CLANG_TIDY ${CLANG_TIDY} --quiet)
endif()
