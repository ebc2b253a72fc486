// client test-redirect: redirect URIs tried offline, with the very function the server decides with.
#include "authority/clients/clients.h"
#include "blocks/json/value.h"
#include "program/cli/input.h"
#include "program/cli/offline/questions.h"
#include "program/cli/output.h"

namespace jeton::cli {
namespace {

struct Question {
  std::string type, presented;
  std::vector<std::string> registered;
};

std::expected<Question, std::string> read_question(std::string_view text) {
  const auto value = json::parse(text);
  if (!value || value->object() == nullptr) return std::unexpected("--json: a JSON object is expected");
  for (const auto& [name, member] : *value->object())
    if (name != "type" && name != "registered" && name != "presented")
      return std::unexpected("--json: only type, registered and presented are known");
  const auto type = value->string_at("type"), presented = value->string_at("presented");
  const auto* registered = value->find("registered");
  if (!type || !presented || registered == nullptr || registered->array() == nullptr)
    return std::unexpected("--json: type and presented are text, registered is a list of text, and all three are needed");
  Question q{std::string(*type), std::string(*presented), {}};
  for (const auto& element : *registered->array()) {
    const auto uri = element.string();
    if (!uri) return std::unexpected("--json: registered is a list of text");
    q.registered.emplace_back(*uri);
  }
  return q;
}

std::expected<Question, std::string> question_of(const Arguments& given) {
  if (const auto json = given.get("--json")) {
    if (given.has("--type") || given.has("--registered") || given.has("--presented"))
      return std::unexpected("--json brings all of the question: no other option beside it");
    const auto text = read_text(std::string(*json));
    if (!text) return std::unexpected(text.error());
    return read_question(*text);
  }
  if (!given.has("--type") || !given.has("--registered") || !given.has("--presented"))
    return std::unexpected("--type, --registered and --presented are needed, or --json -");
  const auto registered = given.all("--registered");
  return Question{std::string(*given.get("--type")), std::string(*given.get("--presented")), {registered.begin(), registered.end()}};
}

int test_redirect(const Arguments& given) {
  const auto q = question_of(given);
  if (!q) return fail(kUsage, q.error(), "See jeton client test-redirect --help.");
  const auto type = clients::type(q->type);
  if (!type) return fail(kUsage, "type: web, spa, native or machine", "See jeton client test-redirect --help.");
  // A presented URI is compared with those that could be registered; one that could not never lets anything in.
  const bool allow = clients::redirect_allowed(*type, q->registered, q->presented);
  std::string_view unfit;
  for (const auto& uri : q->registered)
    if (const auto good = clients::good_redirect(*type, uri); !good) unfit = good.error().detail();
  const std::string_view reason = allow ? "registered" : !unfit.empty() ? "unfit_registration" : "not_registered";
  if (format_of(given) == Format::Json) {
    print(std::string("{\"allow\":") + (allow ? "true" : "false") + ",\"reason\":\"" + std::string(reason) + "\"}\n");
  } else if (!quiet(given)) {
    print(allow ? "allowed\n" : "refused\n");
  }
  if (!unfit.empty())
    remark(given, "A registered URI is not one such a client can register: " + std::string(unfit.substr(unfit.find(": ") + 2)));
  return allow ? kYes : kNo;
}

constexpr Option kOptions[] = {
    {"--type", "web|spa|native|machine", "the client's type"},
    {"--registered", "URI…", "a redirect URI the client has registered", Count::Many},
    {"--presented", "URI", "the redirect URI of the request"},
    {"--json", "FILE|-", "the whole question as JSON, from a file or standard input"},
};

constexpr Command kCommands[] = {
    {"client test-redirect",
     "Would this redirect be allowed",
     "jeton client test-redirect --type native --registered http://127.0.0.1/cb --presented http://127.0.0.1:49152/cb",
     {},
     kOptions,
     test_redirect,
     "Needs no server. URIs are compared byte for byte; the port of a native client on 127.0.0.1 or [::1] is the one exception (RFC 8252).\n"
     "With --json the question is an object:\n"
     "  {\"type\":\"web\",\"registered\":[\"https://shop.example.com/cb\"],\"presented\":\"https://shop.example.com/cb\"}\n"
     "Exit status 0: allowed; 1: refused; 2: the question is malformed."},
};

}  // namespace

std::span<const Command> redirect_test_commands() { return kCommands; }

}  // namespace jeton::cli
