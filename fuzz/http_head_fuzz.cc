// A request off the wire, in one piece and in two.
#include "blocks/http/reader.h"
#include "ground/bytes.h"

using namespace jeton;

namespace {
int outcome(std::string_view head, std::string_view body, std::size_t cut) {
  http::RequestReader reader(4096);
  if (!reader.read_head(head)) return reader.refusal();
  const auto first = body.substr(0, cut);
  auto taken = reader.read_body(first);
  // As a server does: only with more than was there before.
  if (!reader.complete() && reader.refusal() == 0 && first.size() < body.size()) {
    std::string rest(body.substr(taken));
    reader.read_body(rest);
  }
  (void)reader.request().field("host");
  return reader.refusal() != 0 ? reader.refusal() : reader.complete() ? 1 : 0;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  const auto head = http::RequestReader::head_size(text);
  if (head == 0 || head > http::kMostHead) return 0;
  const auto body = text.substr(head);
  for (const auto cut : {body.size(), body.size() / 2}) (void)outcome(text.substr(0, head), body, cut);
  return 0;
}
