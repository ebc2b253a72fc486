// Events taken by those they are for, when they like (RFC 8936).
#include "ground/patience.h"
#include "protocols/ssf/call.h"
#include "protocols/ssf/ssf.h"

namespace jeton::protocols::ssf {
namespace {

constexpr std::size_t kMostAtOnce = 100, kMostSettled = 1000;

struct Asked : signals::Poll {
  bool at_once = false;
};

Result<Asked> read(const json::Value& body) {
  Asked asked;
  asked.most = kMostAtOnce;
  if (const auto* most = body.find("maxEvents")) {
    const auto n = most->integer();
    if (!n || *n < 0) return refuse(Refusal::Invalid, "maxEvents: a number from 0 is expected");
    asked.most = std::min<std::size_t>(static_cast<std::size_t>(*n), kMostAtOnce);
  }
  // [RFC8936 §2.4] who does not say waits for an event; not who only acknowledges.
  if (const auto* at_once = body.find("returnImmediately")) {
    const auto said = at_once->boolean();
    if (!said) return refuse(Refusal::Invalid, "returnImmediately: true or false is expected");
    asked.at_once = *said;
  }
  asked.at_once = asked.at_once || asked.most == 0;
  TRY(auto taken, texts(body, "ack", "ack: a list of texts is expected"));
  if (taken) asked.taken = *std::move(taken);
  if (const auto* errors = body.find("setErrs")) {
    if (errors->object() == nullptr) return refuse(Refusal::Invalid, "setErrs: an object is expected");
    for (const auto& [jti, what] : *errors->object()) {
      const auto err = what.string_at("err");
      if (!err) return refuse(Refusal::Invalid, "setErrs: each has a member err");
      asked.refused.emplace_back(jti, *err);
    }
  }
  if (asked.taken.size() + asked.refused.size() > kMostSettled) return refuse(Refusal::Invalid, "ack: at most 1,000 at once");
  return asked;
}

Status answer(Call& call) {
  TRY(const auto stream, call.rooms.streams.find(call.request.path.substr(kPoll.size()), call.owner));
  if (!stream.url.empty()) return refuse(Refusal::NotFound, "the stream's events are pushed");
  TRY(const auto body, body_of(call));
  TRY(const auto asked, read(body));
  TRY(const auto polled, call.rooms.transmitter.poll(stream, asked, call.now));
  // What was acknowledged stays so when it is asked again.
  if (polled.sets.empty() && !asked.at_once && Patience::put_off(stream.id.text(), call.rooms.facts.signals.hold)) return {};
  auto w = call.answer();
  w.object().key("sets").object();
  for (const auto& [jti, set] : polled.sets) w.member(jti, set);
  w.end_object().flag("moreAvailable", polled.more).end_object();
  return {};
}

constexpr Method kMethods[] = {{"POST", Wants::Read, answer}};

}  // namespace

void poll(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  serve(rooms, request, response, now, kMethods);
}

}  // namespace jeton::protocols::ssf
