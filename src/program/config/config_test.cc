#include "program/config/config.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace jeton::config {
namespace {

class ConfigFile : public ::testing::Test {
 protected:
  ConfigFile() {
    std::string made = (std::filesystem::temp_directory_path() / "jeton-config-XXXXXX").string();
    path_ = std::string(::mkdtemp(made.data())) + "/jeton.toml";
  }
  ~ConfigFile() override { std::filesystem::remove_all(std::filesystem::path(path_).parent_path()); }
  // What is wrong with a file of that text; empty where nothing is.
  std::string problem(const std::string& text) {
    std::ofstream(path_, std::ios::trunc) << text;
    Config config;
    const auto read = config.read_file(path_);
    return read ? std::string() : read.error().substr(path_.size());
  }
  std::string path_;
};

TEST(Configuration, EveryDefaultIsAGoodValueAndSaysWhereItIsFrom) {
  for (const auto& s : settings()) {
    Config config;
    const auto& value = config.all().find(s.key)->second;
    EXPECT_EQ(value.origin, "default");
    EXPECT_TRUE(config.set(s.key, value.items, "again")) << s.key;
    EXPECT_EQ(config.all().find(s.key)->second.origin, "again");
    EXPECT_FALSE(s.meaning.empty());
  }
}

TEST(Configuration, VariablesOverrideAndForeignOnesAreLeftAlone) {
  Config config;
  ASSERT_TRUE(config.read_environment(
      {{"JETON_LISTEN", "127.0.0.1:1,[::1]:2"}, {"JETON_TIMEOUT_HEAD", "3s"}, {"JETON_TOKEN", "x"}, {"PATH", "y"}}));
  EXPECT_EQ(config.list("listen"), (std::vector<std::string>{"127.0.0.1:1", "[::1]:2"}));
  EXPECT_EQ(config.duration("timeout.head"), Seconds(3));
  EXPECT_EQ(config.all().find("listen")->second.origin, "JETON_LISTEN");
  EXPECT_FALSE(config.read_environment({{"JETON_WORKERS", "many"}}));
}

TEST(Configuration, BadValuesAreRefusedAndChangeNothing) {
  Config config;
  for (const auto& [key, value] : std::initializer_list<std::pair<const char*, const char*>>{{"nonsense", "1"},
                                                                                             {"workers", "-1"},
                                                                                             {"workers", "1.5"},
                                                                                             {"workers", ""},
                                                                                             {"timeout.head", "10"},
                                                                                             {"trusted_proxies", "10.0.0.1/8"},
                                                                                             {"trusted_proxies", "everyone"},
                                                                                             {"log.level", "loud"},
                                                                                             {"log.requests", "some"},
                                                                                             {"identity.subject", "X Jeton"},
                                                                                             {"identity.subject", "X-Jeton:\r\n"},
                                                                                             {"issuer", "ftp://x"},
                                                                                             {"issuer", "https://x/"},
                                                                                             {"issuer", "httpx://x"},
                                                                                             {"issuer", "https://"},
                                                                                             {"issuer", "https:///a"},
                                                                                             {"issuer", "https://x?a"},
                                                                                             {"issuer", "https://x#a"},
                                                                                             {"issuer", "https://u@x"},
                                                                                             {"issuer", "https://x y"},
                                                                                             {"store", "mysql:"}})
    EXPECT_FALSE(config.set(key, {value}, "here")) << key << "=" << value;
  for (const auto& [key, value] : config.all()) EXPECT_EQ(value.origin, "default") << key;
}

TEST_F(ConfigFile, UnknownKeysAreToldByTheirLine) {
  EXPECT_EQ(problem(""), "");
  EXPECT_EQ(problem("workers = 8\n[log]\nlevel = \"warn\"\n"), "");
  EXPECT_EQ(problem("listen = [\"127.0.0.1:1\"]\n\nworker = 8\n").substr(0, 3), ":3:");
  EXPECT_NE(problem("[log]\n# x\ncolour = \"red\"\n").find(":3:"), std::string::npos);
  EXPECT_NE(problem("workers = 1\nworkers = 2\n").find(":2"), std::string::npos);
  EXPECT_NE(problem("workers = \n").find(":1"), std::string::npos);
  EXPECT_NE(problem("workers = true\n").find(":1:"), std::string::npos);
  EXPECT_NE(problem("[listen]\na = 1\n").find("no setting"), std::string::npos);
}

TEST_F(ConfigFile, AFileThatIsNotThereIsAProblem) {
  Config config;
  EXPECT_FALSE(config.read_file(path_ + ".none"));
}

}  // namespace
}  // namespace jeton::config
