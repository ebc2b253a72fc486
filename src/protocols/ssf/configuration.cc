// Streams as their receivers make, read, change and delete them (OpenID SSF 1.0 §8.1.1).
#include <algorithm>

#include "blocks/http/form.h"
#include "ground/secret.h"
#include "protocols/ssf/call.h"
#include "protocols/ssf/ssf.h"

namespace jeton::protocols::ssf {
namespace {

constexpr std::string_view kPush = "urn:ietf:rfc:8935", kPolled = "urn:ietf:rfc:8936";
using signals::Authorization;

std::string poll_url(const Call& call, const ledger::Stream& s) { return call.rooms.facts.issuer + std::string(kPoll) + s.id.text(); }

// What a receiver gave of its pushes' Authorization is not told again.
void render(const Call& call, json::Writer& w, const ledger::Stream& s) {
  w.object().member("stream_id", s.id.text()).member("iss", call.rooms.facts.issuer).member("aud", s.audience);
  w.strings("events_supported", signals::supported())
      .strings("events_requested", s.events)
      .strings("events_delivered", signals::delivered(s));
  w.key("delivery").object().member("method", s.url.empty() ? kPolled : kPush);
  w.member("endpoint_url", s.url.empty() ? poll_url(call, s) : s.url).end_object();
  w.member("min_verification_interval", signals::kVerifyEvery.count()).member("format", s.by_email ? "email" : "iss_sub");
  if (!s.description.empty()) w.member("description", s.description);
  w.end_object();
}

Status answer(Call& call, const ledger::Stream& s, int status) {
  auto w = call.answer(status);
  render(call, w, s);
  return {};
}

// Pushes go elsewhere only together with their Authorization: what one receiver gave is not sent to another
// address.
Result<Authorization> read_delivery(const Call& call, const json::Value& body, ledger::Stream& s) {
  Authorization authorization;
  const auto* delivery = body.find("delivery");
  if (delivery == nullptr || delivery->is_null()) return authorization;
  if (delivery->object() == nullptr) return refuse(Refusal::Invalid, "delivery: an object is expected");
  TRY(const auto method, text(*delivery, "method", "delivery: method is a text"));
  TRY(const auto url, text(*delivery, "endpoint_url", "delivery: endpoint_url is a text"));
  if (method == kPolled) {
    // [SSF §6.1.2] ours to say; on a new stream nobody can know it yet
    if (url && !s.id.none() && *url != poll_url(call, s))
      return refuse(Refusal::Invalid, "delivery: endpoint_url is the transmitter's to say where events are polled");
    s.url.clear();
    return authorization;
  }
  if (method != kPush) return refuse(Refusal::Invalid, "delivery: method is urn:ietf:rfc:8935 or urn:ietf:rfc:8936");
  if (!url || url->empty()) return refuse(Refusal::Invalid, "delivery: endpoint_url is needed where events are pushed");
  if (*url != s.url) authorization.what = Authorization::What::Drop;
  s.url = *url;
  TRY(const auto header, text(*delivery, "authorization_header", "delivery: authorization_header is a text"));
  if (!header) return authorization;
  authorization.what = header->empty() ? Authorization::What::Drop : Authorization::What::Put;
  authorization.text = Secret::copy_of(as_bytes(*header));
  return authorization;
}

// What a receiver may say of itself; what it does not say stays as it is.
Status read_words(const json::Value& body, ledger::Stream& s) {
  TRY(auto events, texts(body, "events_requested", "events_requested: a list of URIs is expected"));
  if (events) s.events = *std::move(events);
  TRY(auto description, text(body, "description", "description: a text is expected"));
  if (description) s.description = *std::move(description);
  TRY(const auto format, text(body, "format", "format: a text is expected"));
  if (format) s.by_email = *format == "email";
  return {};
}

void standard_words(ledger::Stream& s) {
  s.events.assign(signals::supported().begin(), signals::supported().end());
  s.description.clear();
  s.by_email = false;
}

bool same_words(const json::Value& value, std::vector<std::string> expected) {
  std::vector<std::string> given;
  if (const auto one = value.string()) given.emplace_back(*one);
  for (const auto& item : value.array() ? *value.array() : json::Array()) given.emplace_back(item.string().value_or(""));
  std::sort(given.begin(), given.end());
  std::sort(expected.begin(), expected.end());
  return given == expected;
}

// [SSF §8.1.1.3] what is the transmitter's may be said again, but not otherwise
Status check_ours(const Call& call, const json::Value& body, const ledger::Stream& s) {
  const std::vector<std::string> supported(signals::supported().begin(), signals::supported().end());
  const std::pair<std::string_view, std::vector<std::string>> ours[] = {{"iss", {call.rooms.facts.issuer}},
                                                                        {"aud", {s.audience}},
                                                                        {"events_supported", supported},
                                                                        {"events_delivered", signals::delivered(s)}};
  for (const auto& [name, expected] : ours)
    if (const auto* value = body.find(name); value != nullptr && !same_words(*value, expected))
      return refuse(Refusal::Invalid, "iss, aud, events_supported and events_delivered are the transmitter's, and are not so");
  const auto* interval = body.find("min_verification_interval");
  if (interval != nullptr && interval->integer() != signals::kVerifyEvery.count())
    return refuse(Refusal::Invalid, "min_verification_interval: it is the transmitter's, and is not so");
  return {};
}

Status create(Call& call) {
  TRY(const auto body, body_of(call));
  ledger::Stream draft;
  draft.owner = draft.audience = call.owner;
  standard_words(draft);
  TRY(const auto authorization, read_delivery(call, body, draft));
  TRY_VOID(read_words(body, draft));
  TRY(const auto made, call.rooms.streams.create(std::move(draft), authorization, call.doing()));
  return answer(call, made, 201);
}

Status read(Call& call) {
  TRY(const auto query, http::Form::parse(call.request.query));
  if (const auto id = query.get("stream_id")) {
    TRY(const auto stream, call.rooms.streams.find(*id, call.owner));
    return answer(call, stream, 200);
  }
  TRY(const auto streams, call.rooms.streams.of(call.owner));
  auto w = call.answer();
  w.array();
  for (const auto& stream : streams) render(call, w, stream);
  w.end_array();
  return {};
}

enum class How : std::uint8_t { Patch, Replace };

Status change(Call& call, How how) {
  TRY(const auto body, body_of(call));
  TRY(auto stream, stream_of(call, body));
  TRY_VOID(check_ours(call, body, stream));
  if (how == How::Replace) standard_words(stream);
  TRY(const auto authorization, read_delivery(call, body, stream));
  // [SSF §8.1.1.4, §8.1.1.1] no word of delivery: it is polled
  if (const auto* delivery = body.find("delivery"); how == How::Replace && (delivery == nullptr || delivery->is_null())) stream.url.clear();
  TRY_VOID(read_words(body, stream));
  TRY(const auto changed, call.rooms.streams.update(std::move(stream), authorization, call.doing()));
  return answer(call, changed, 200);
}

Status patch(Call& call) { return change(call, How::Patch); }
Status replace(Call& call) { return change(call, How::Replace); }

Status remove(Call& call) {
  TRY(const auto query, http::Form::parse(call.request.query));
  const auto id = query.get("stream_id");
  if (!id) return refuse(Refusal::Invalid, "stream_id: it is needed");
  TRY(const auto stream, call.rooms.streams.find(*id, call.owner));
  TRY_VOID(call.rooms.streams.remove(stream.id, call.doing()));
  call.response.status = 204;
  call.response.field("Cache-Control", "no-store");
  return {};
}

constexpr Method kMethods[] = {{"GET", Wants::Read, read},
                               {"POST", Wants::Change, create},
                               {"PATCH", Wants::Change, patch},
                               {"PUT", Wants::Change, replace},
                               {"DELETE", Wants::Change, remove}};

}  // namespace

void configuration(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  serve(rooms, request, response, now, kMethods);
}

}  // namespace jeton::protocols::ssf
