# The one binary.
if(EXISTS ${PROJECT_SOURCE_DIR}/src/program/main.cc)
  add_executable(jeton src/program/main.cc)
  target_link_libraries(jeton PRIVATE jeton_program)
endif()
