# The one binary.
# What `jeton --version` says.
set_source_files_properties(src/program/cli/framework.cc src/program/scan/report.cc TARGET_DIRECTORY jeton_program PROPERTIES
                            COMPILE_DEFINITIONS JETON_VERSION="${PROJECT_VERSION}")
if(EXISTS ${PROJECT_SOURCE_DIR}/src/program/main.cc)
  add_executable(jeton src/program/main.cc)
  target_link_libraries(jeton PRIVATE jeton_program)
endif()

# The same with primitives that can be broken on purpose (blocks/crypto/selftest/faults.h): its own crypto objects stand before the
# library's. For tests alone; never installed.
function(jeton_breakable target)
  file(GLOB_RECURSE crypto CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/blocks/crypto/*.cc)
  list(FILTER crypto EXCLUDE REGEX "_(test|bench|breaktest)\\.cc$")
  target_sources(${target} PRIVATE ${crypto})
  target_compile_definitions(${target} PRIVATE JETON_FAULTS)
  target_include_directories(${target} SYSTEM PRIVATE ${p11kit_INCLUDE_DIRS})
endfunction()
if(TARGET jeton)
  add_executable(jeton-breakable EXCLUDE_FROM_ALL src/program/main.cc)
  jeton_breakable(jeton-breakable)
  target_link_libraries(jeton-breakable PRIVATE jeton_program)
endif()
if(JETON_TESTS)
  add_executable(faults_test src/blocks/crypto/selftest/faults_breaktest.cc)
  jeton_breakable(faults_test)
  target_link_libraries(faults_test PRIVATE jeton_blocks GTest::gtest GTest::gtest_main)
  add_test(NAME faults COMMAND faults_test)
endif()
