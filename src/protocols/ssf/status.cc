// A stream's status, its subjects, and proof that it works (OpenID SSF 1.0 §8.1.2 to §8.1.4).
#include <algorithm>

#include "authority/policy/names.h"
#include "blocks/http/form.h"
#include "protocols/ssf/call.h"
#include "protocols/ssf/ssf.h"

namespace jeton::protocols::ssf {
namespace {

constexpr std::size_t kLongestState = 1024;

Status answer(Call& call, const ledger::Stream& s) {
  auto w = call.answer();
  w.object().member("stream_id", s.id.text()).member("status", signals::name(s.state));
  if (!s.reason.empty()) w.member("reason", s.reason);
  w.end_object();
  return {};
}

Status show(Call& call) {
  TRY(const auto query, http::Form::parse(call.request.query));
  const auto id = query.get("stream_id");
  if (!id) return refuse(Refusal::Invalid, "stream_id: it is needed");
  TRY(const auto stream, call.rooms.streams.find(*id, call.owner));
  return answer(call, stream);
}

Status change(Call& call) {
  TRY(const auto body, body_of(call));
  TRY(auto stream, stream_of(call, body));
  TRY(const auto word, text(body, "status", "status: a text is expected"));
  TRY(auto reason, text(body, "reason", "reason: a text is expected"));
  std::optional<ledger::StreamState> wanted;
  for (const auto state : {ledger::StreamState::Enabled, ledger::StreamState::Paused, ledger::StreamState::Disabled})
    if (word == signals::name(state)) wanted = state;
  if (!wanted) return refuse(Refusal::Invalid, "status: enabled, paused or disabled");
  TRY(const auto changed, call.rooms.streams.set_state(std::move(stream), *wanted, std::move(reason).value_or(""), call.doing()));
  return answer(call, changed);
}

// How a subject stands in a stream's list of those that were removed; nothing where it can be nobody of ours.
// Invalid: of a format that no event of ours has.
Result<std::optional<std::string>> subject_of(const Call& call, const json::Value& body) {
  const auto* subject = body.find("subject");
  if (subject == nullptr || subject->object() == nullptr) return refuse(Refusal::Invalid, "subject: an object is expected");
  const auto format = subject->string_at("format");
  if (format == "email") {
    const auto email = subject->string_at("email");
    if (!email || email->empty() || !policy::good_email(*email)) return refuse(Refusal::Invalid, "subject: an email address is expected");
    return std::string(*email);
  }
  if (format != "iss_sub") return refuse(Refusal::Invalid, "subject: of the format iss_sub or email");
  const auto iss = subject->string_at("iss"), sub = subject->string_at("sub");
  if (!iss || !sub) return refuse(Refusal::Invalid, "subject: iss and sub are texts");
  const auto id = PrincipalId::parse(*sub);
  return *iss == call.rooms.facts.issuer && id ? std::optional(id->text()) : std::nullopt;
}

// Every subject is in every stream until it is removed, and nothing here tells whether there is one of that
// name [SSF §9.1].
Status move_subject(Call& call, bool in) {
  TRY(const auto body, body_of(call));
  TRY(auto stream, stream_of(call, body));
  TRY(const auto subject, subject_of(call, body));
  call.response.status = in ? 200 : 204;
  call.response.field("Cache-Control", "no-store");
  if (!subject) return {};
  auto& without = stream.without;
  const auto at = std::lower_bound(without.begin(), without.end(), *subject);
  const bool there = at != without.end() && *at == *subject;
  if (there != in) return {};
  if (in) without.erase(at);
  else without.insert(at, *subject);
  TRY_VOID(call.rooms.streams.update(std::move(stream), {}, call.doing()));
  return {};
}

Status add(Call& call) { return move_subject(call, true); }
Status remove(Call& call) { return move_subject(call, false); }

Status verify(Call& call) {
  TRY(const auto body, body_of(call));
  TRY(auto stream, stream_of(call, body));
  TRY(const auto state, text(body, "state", "state: a text is expected"));
  if (state && state->size() > kLongestState) return refuse(Refusal::Invalid, "state: at most 1024 octets");
  TRY_VOID(call.rooms.streams.verify(std::move(stream), state, call.doing()));
  call.response.status = 204;
  call.response.field("Cache-Control", "no-store");
  return {};
}

constexpr Method kStatus[] = {{"GET", Wants::Read, show}, {"POST", Wants::Change, change}};
constexpr Method kAdd[] = {{"POST", Wants::Change, add}};
constexpr Method kRemove[] = {{"POST", Wants::Change, remove}};
constexpr Method kVerify[] = {{"POST", Wants::Change, verify}};

}  // namespace

void status(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  serve(rooms, request, response, now, kStatus);
}
void add_subject(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  serve(rooms, request, response, now, kAdd);
}
void remove_subject(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  serve(rooms, request, response, now, kRemove);
}
void verification(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  serve(rooms, request, response, now, kVerify);
}

}  // namespace jeton::protocols::ssf
