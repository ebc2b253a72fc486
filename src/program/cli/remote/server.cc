#include "program/cli/remote/server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "blocks/crypto/random.h"
#include "program/cli/local/settings.h"
#include "program/fetch/fetch.h"

namespace jeton::cli {
namespace {

using Failed = std::unexpected<int>;

Failed failed(Exit code, std::string_view what, std::string_view next) { return Failed(fail(code, what, next)); }

// Whether the socket is ours to trust: somebody else's, in a folder we happen to stand in, would be sent our tokens.
std::expected<void, int> good_socket(const Reach& to, const DataFolder& data) {
  struct stat status{};
  const std::string start = "start it with: jeton serve --data " + data.path + ", or name another with --data, JETON_DATA or --server";
  if (::stat(to.socket.c_str(), &status) != 0) {
    if (errno == EACCES)
      return failed(kNotAllowed, to.called + " belongs to another user", "use the server's own user: sudo -u USER jeton …");
    return failed(kNotReached, "no server runs in " + data.path, start);
  }
  const auto me = ::geteuid();
  // Root may speak to anybody's server, but only where it was named.
  const bool ours = status.st_uid == me || status.st_uid == 0 || (me == 0 && data.origin != "default");
  if (!ours)
    return failed(kNotAllowed, to.called + " belongs to another user and is not spoken to",
                  "use the server's own user, or --server URL with a token in JETON_TOKEN");
  return {};
}

std::expected<void, int> plain_is_fine(const Reach& to) {
  const char* plain = std::getenv("JETON_PLAIN_HTTP");
  const bool fine = !to.socket.empty() || to.url.starts_with("https://") || fetch::is_loopback(to.url) ||
                    (plain != nullptr && std::string_view(plain) == "1");
  if (fine) return {};
  return failed(kUsage, "a token is not sent over plain http to another machine",
                "use https, or set JETON_PLAIN_HTTP=1 where the network is your own");
}

// A token the command was given, else the caller's own.
std::expected<void, int> authorise(const Reach& to, std::string_view bearer, fetch::Request& request) {
  const char* token = std::getenv("JETON_TOKEN");
  const std::string_view text = token == nullptr ? "" : token;
  // On the local socket the caller is known by its user id; a token there would only make it less.
  if (!bearer.empty()) {
    request.fields.push_back("Authorization: Bearer " + std::string(bearer));
    return plain_is_fine(to);
  }
  if (!to.socket.empty()) return {};
  if (text.empty())
    return failed(kNotAuthenticated, "a server elsewhere asks for a token", "put a token of the API \"jeton\" into JETON_TOKEN");
  for (const char c : text)
    if (c <= 0x20 || c >= 0x7f)
      return failed(kUsage, "JETON_TOKEN is not a token", "it holds spaces, line ends or other characters that no token has");
  request.fields.push_back("Authorization: Bearer " + std::string(text));
  return plain_is_fine(to);
}

// The exit status for a problem, and what to do about it.
struct Advice {
  int status;
  Exit exit;
  std::string_view next;
};
constexpr Advice kAdvice[] = {
    {401, kNotAuthenticated, "put a live token of the API \"jeton\" into JETON_TOKEN, or use the server's own socket (--data)"},
    {403, kNotAllowed, "the token in use has not the scope this needs, or the rule of the house forbids it"},
    {404, kNotFound, "list what there is with the noun's list command"},
    {405, kNotFound, "this server is of another version and has no such address"},
    {409, kConflict, "look at it with show or list and try again"},
    {429, kNotReached, "too many requests: wait a little and try again"},
};

Failed refused(const fetch::Response& response) {
  std::string what = "the server answered " + std::to_string(response.status);
  std::string request_id;
  if (const auto problem = json::parse(response.body); problem && problem->object() != nullptr) {
    const auto detail = problem->string_at("detail"), title = problem->string_at("title");
    if (detail && !detail->empty()) what = printable(*detail);
    else if (title) what = printable(*title);
    if (const auto id = problem->string_at("request_id"); id && response.status >= 500) request_id = " (request " + printable(*id) + ")";
  }
  for (const auto& a : kAdvice)
    if (a.status == response.status) return failed(a.exit, what, a.next);
  if (response.status >= 500) return failed(kNotReached, what + request_id, "look at the server's log, and at jeton doctor");
  return failed(kUsage, what, "see the command's --help");
}

std::expected<fetch::Response, int> sent(const Reach& to, const fetch::Request& request, bool again) {
  auto response = fetch::send(request);
  // The answer was lost, not what was asked: under its key, asking again does nothing twice.
  if (!response && response.error() == fetch::Trouble::Lost && again) response = fetch::send(request);
  if (response) return *std::move(response);
  const auto trouble = response.error();
  if (trouble == fetch::Trouble::BadAddress)
    return failed(kUsage, "--server: " + std::string(fetch::text(trouble)), "it looks like https://tokens.example.com");
  return failed(kNotReached, to.called + ": " + std::string(fetch::text(trouble)), "does the server run? jeton doctor looks");
}

std::string one_time_key() {
  crypto::SystemEntropy entropy;
  Bytes random(16);
  return entropy.fill(random) ? "cli-" + to_hex(random) : std::string();
}

}  // namespace

Reach reach(const Arguments& given) {
  const char* variable = std::getenv("JETON_SERVER");
  std::string url(given.get("--server").value_or(variable != nullptr && !given.has("--data") ? variable : ""));
  while (url.ends_with('/')) url.pop_back();
  if (!url.empty()) return {{}, url, url};
  const auto socket = data_folder(given).path + "/admin.sock";
  return {socket, "http://localhost", socket};
}

bool answers(const Reach& to) {
  fetch::Request request;
  request.url = to.url + "/livez";
  if (!to.socket.empty()) request.socket = to.socket;
  request.timeout = Seconds(5);
  const auto response = fetch::send(request);
  return response && response->status == 200;
}

std::expected<json::Value, int> ask(const Arguments& given, const Ask& what) {
  // A variable that was empty: the server of this machine, where the caller may do everything, was not meant.
  if (given.has("--server") && given.get("--server")->empty())
    return failed(kUsage, "--server: an address is expected", "it looks like https://tokens.example.com");
  const auto to = reach(given);
  fetch::Request request{.method = what.method, .url = to.url + what.path, .body = what.body};
  if (!to.socket.empty()) {
    if (auto good = good_socket(to, data_folder(given)); !good) return Failed(good.error());
    request.socket = to.socket;
  }
  if (auto done = what.standing == Standing::Nobody ? plain_is_fine(to) : authorise(to, what.bearer, request); !done)
    return Failed(done.error());
  request.fields.push_back("Accept: application/json");
  if (!what.body.empty()) request.fields.push_back("Content-Type: " + what.type);
  if (!what.idempotency_key.empty()) request.fields.push_back("Idempotency-Key: " + what.idempotency_key);
  const bool again = what.method == "GET" || !what.idempotency_key.empty();
  const auto response = sent(to, request, again);
  if (!response) return Failed(response.error());
  if (response->status < 200 || response->status >= 300) return refused(*response);
  if (response->body.empty()) return json::Value();
  auto value = json::parse(response->body, {.size = request.most, .depth = 64, .members = 1 << 20});
  if (!value) return failed(kNotReached, to.called + " does not answer as a jeton server does", "is it the right address?");
  return *std::move(value);
}

std::expected<json::Value, int> create(const Arguments& given, std::string path, std::string body, std::string bearer) {
  std::string key(given.get("--idempotency-key").value_or(""));
  for (const char c : key)
    if (c <= 0x20 || c >= 0x7f)
      return failed(kUsage, "--idempotency-key: visible ASCII characters are expected", "any text that no other request uses will do");
  if (key.empty()) key = one_time_key();
  return ask(
      given,
      {.method = "POST", .path = std::move(path), .body = std::move(body), .idempotency_key = std::move(key), .bearer = std::move(bearer)});
}

void add_query(std::string& path, std::string_view name, std::optional<std::string_view> value) {
  if (!value) return;
  path += path.find('?') == std::string::npos ? '?' : '&';
  path += std::string(name) + "=" + http::percent_encode(*value);
}

int list(const Arguments& given, std::string path, std::span<const Column> columns) {
  const bool all = given.has("--all");
  add_query(path, "limit", all && !given.has("--limit") ? std::optional<std::string_view>("1000") : given.get("--limit"));
  std::optional<std::string> cursor;
  if (const auto from = given.get("--cursor")) cursor = std::string(*from);
  json::Array items;
  for (;;) {
    auto page = path;
    add_query(page, "cursor", cursor);
    auto answer = ask(given, {.path = page});
    if (!answer) return answer.error();
    if (!all) return show_list(given, *answer, columns);
    if (const auto* some = answer->find("items"); some != nullptr && some->array() != nullptr)
      items.insert(items.end(), some->array()->begin(), some->array()->end());
    const auto next = answer->string_at("next");
    if (!next) break;
    cursor = std::string(*next);
  }
  json::Object whole;
  whole.emplace_back("items", json::Value(std::move(items)));
  whole.emplace_back("next", json::Value());
  return show_list(given, json::Value(std::move(whole)), columns);
}

int show_answer(const Arguments& given, const std::expected<json::Value, int>& answer) {
  return answer ? show(given, *answer) : answer.error();
}

int done(const Arguments& given, const std::expected<json::Value, int>& answer, std::string_view remark_text) {
  if (!answer) return answer.error();
  if (!answer->is_null() && format_of(given) != Format::Table) return show(given, *answer);
  remark(given, remark_text);
  return kYes;
}

}  // namespace jeton::cli
