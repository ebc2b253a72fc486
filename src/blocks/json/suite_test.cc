// JSONTestSuite: what must be read, what must be refused, and what may be either but never a crash.
#include <gtest/gtest.h>

#include "blocks/json/vector_files.h"

namespace jeton::json {
namespace {

TEST(JsonTestSuite, YIsReadAndNIsRefused) {
  const auto folder = vectors::folder(JETON_SOURCE_DIR);
  if (folder.empty()) GTEST_SKIP() << "the vectors are absent";
  int yes = 0, no = 0, either = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder + "/json/test_parsing")) {
    const auto name = file.path().filename().string();
    const bool read = parse(vectors::text_of(file.path())).has_value();
    // A name twice is refused here, on purpose: two readers of it may take different ones (RFC 8259 §4).
    const bool twice = name.find("duplicated_key") != std::string::npos;
    if (name.starts_with("y_")) { EXPECT_EQ(read, !twice) << name; }
    if (name.starts_with("n_")) { EXPECT_FALSE(read) << name; }
    (name[0] == 'y' ? yes : name[0] == 'n' ? no : either)++;
  }
  std::printf("   %d to be read, %d to be refused, %d either\n", yes, no, either);
  EXPECT_GT(yes * no * either, 0);
}

}  // namespace
}  // namespace jeton::json
