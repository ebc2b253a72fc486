// A redirect that is allowed is one that was registered, a loopback port aside.
#include "authority/clients/clients.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  const std::vector<std::string> web = {"https://app.example.com/cb"}, native = {"http://127.0.0.1:1/cb"};
  if (clients::redirect_allowed(ledger::ClientType::Web, web, text) && text != web[0]) __builtin_trap();
  if (clients::redirect_allowed(ledger::ClientType::Native, native, text) && !text.starts_with("http://127.0.0.1")) __builtin_trap();
  return 0;
}
