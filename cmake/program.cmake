# The one binary.
# What `jeton --version` says.
set_source_files_properties(src/program/cli/framework.cc src/program/scan/report.cc TARGET_DIRECTORY jeton_program PROPERTIES
                            COMPILE_DEFINITIONS JETON_VERSION="${PROJECT_VERSION}")
if(EXISTS ${PROJECT_SOURCE_DIR}/src/program/main.cc)
  add_executable(jeton src/program/main.cc)
  target_link_libraries(jeton PRIVATE jeton_program)
endif()
