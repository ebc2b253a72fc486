// Speaking to the server: its Unix socket on this machine, or an address elsewhere with a token.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "blocks/http/form.h"
#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "program/cli/output.h"

namespace jeton::cli {

// A JSON object made of arguments; what was not given is not in it.
class Body {
 public:
  Body() : writer_(text_) { writer_.object(); }
  Body& text(std::string_view name, std::optional<std::string_view> value) {
    if (value) writer_.member(name, *value);
    return *this;
  }
  Body& texts(std::string_view name, std::span<const std::string> values) {
    if (!values.empty()) writer_.strings(name, values);
    return *this;
  }
  // --allow and --deny; the one value "none" is an empty list.
  Body& networks(const Arguments& given);
  // --limit; the one value "none" is an empty list.
  Body& limits(const Arguments& given);
  // Scopes may stand in one value with spaces between them.
  Body& scopes(std::span<const std::string> values);
  // "name=value" each; false where one is not.
  bool metadata(std::span<const std::string> pairs);
  Body& flag(std::string_view name, bool value) {
    if (value) writer_.flag(name, true);
    return *this;
  }
  Body& raw(std::string_view name, std::string_view json) {
    writer_.key(name).raw(json);
    return *this;
  }
  std::string done() {
    writer_.end_object();
    return std::move(text_);
  }

 private:
  std::string text_;
  json::Writer writer_;
};

// Nobody: what is asked for speaks for itself, as a token that is to end does.
enum class Standing : std::uint8_t { Caller, Nobody };

struct Ask {
  std::string method = "GET";
  std::string path;                     // "/v1/tokens?limit=10"
  std::string body = {};
  std::string idempotency_key = {};     // sent where it is not empty
  std::string bearer = {};              // a token to act as, in place of the caller's own standing
  std::string type = "application/json";
  Standing standing = Standing::Caller;
};

// The answer's JSON (null where it has no body). Where it fails, what is wrong is said on standard error already, and the error
// is the exit status to end with.
std::expected<json::Value, int> ask(const Arguments& given, const Ask& what);

// The same for a create whose endpoint keeps its answer (not every POST does): under --idempotency-key, else under a key of its own, so that an answer that was lost is asked for again
// without making two.
std::expected<json::Value, int> create(const Arguments& given, std::string path, std::string body, std::string bearer = {});

// Whether a server is there, what it is called and how it is reached; for doctor and for those that must not run beside one.
struct Reach {
  std::string socket;  // empty with --server
  std::string url;
  std::string called;  // for people
};
Reach reach(const Arguments& given);
bool answers(const Reach& reach);

// The pages of a listing: one by --limit and --cursor, or every one with --all.
int list(const Arguments& given, std::string path, std::span<const Column> columns);
// The options of every listing.
inline constexpr Option kLimit{"--limit", "N", "at most so many, up to 1000; 100 where not given"};
inline constexpr Option kCursor{"--cursor", "CURSOR", "go on from where a listing ended: its `next`"};
inline constexpr Option kIdempotencyKey{
    "--idempotency-key", "KEY", "asked again with the same key within 10 minutes, the answer is the same and nothing is made twice"};
inline constexpr Option kAllow{
    "--allow", "CIDR",
    "networks it may be used from: 10.0.0.0/8, @office, country:DE, asn:64500; everywhere where not given. none takes them away",
    Count::Many};
inline constexpr Option kDeny{"--deny", "CIDR", "networks it may not be used from, though --allow says so. none takes them away",
                              Count::Many};
inline constexpr Option kLimits{
    "--limit", "LIMIT", "how often it may be used: 100/1m, '100/1m burst 20', 1000/day, 20000/month, '5000 credits'. none takes them away",
    Count::Many};
inline constexpr Option kAll{"--all", "", "every page"};

// Adds "?name=value" or "&name=value" where a value was given.
void add_query(std::string& path, std::string_view name, std::optional<std::string_view> value);

// Shows what was asked for, or ends with what went wrong.
int show_answer(const Arguments& given, const std::expected<json::Value, int>& answer);
// Deleted, disabled and the like: with nothing to show, a remark of what was done.
int done(const Arguments& given, const std::expected<json::Value, int>& answer, std::string_view remark_text);

// The tables of what is asked of a server.
std::span<const Command> api_commands();
std::span<const Command> principal_commands();  // user, service
std::span<const Command> device_commands();
std::span<const Command> token_commands();
std::span<const Command> token_listing_commands();
std::span<const Command> token_question_commands();  // verify, exchange, why
std::span<const Command> client_commands();
std::span<const Command> session_commands();
std::span<const Command> watch_commands();  // rule, alert
std::span<const Command> network_commands();
std::span<const Command> credit_commands();  // credits of tokens, people, clients, APIs
std::span<const Command> key_commands();
std::span<const Command> webhook_commands();
std::span<const Command> stream_commands();
std::span<const Command> export_commands();  // audit export
std::span<const Command> record_commands();  // audit, feed, settings, openapi

}  // namespace jeton::cli
