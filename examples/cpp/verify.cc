// verify KEYS ISSUER AUDIENCE < TOKEN: prints the subject of a good token.
#include <fstream>
#include <iostream>
#include <iterator>

#include "jeton/verifier.h"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::ifstream file(argv[1]);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  std::string token;
  std::getline(std::cin, token);

  const auto keys = libjeton::Keys::parse(text);
  if (!keys) return std::cerr << name(keys.error()) << "\n", 1;
  const auto verifier = libjeton::Verifier::make(*keys, {.issuer = argv[2], .audience = argv[3]});
  if (!verifier) return std::cerr << name(verifier.error()) << "\n", 1;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto believed = verifier->verify(token, now);
  if (!believed) return std::cerr << name(believed.error()) << "\n", 1;
  std::cout << believed->subject() << "\n";
}
