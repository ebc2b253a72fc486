// Signing keys, the keys that guard what is at rest, and the algorithms' self-tests.
#include "authority/policy/settings.h"
#include "authority/watch/hashes.h"
#include "protocols/admin/body.h"
#include "protocols/admin/render.h"

namespace jeton::protocols::admin {
namespace {

using keys::Due;

json::Writer begin(Call& call, int status = 200) {
  call.response.status = status;
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  return json::Writer(call.response.body);
}

std::string_view name(Due::What what) {
  return what == Due::What::Activate ? "activate" : what == Due::What::Retire ? "retire" : "destroy";
}

std::int64_t age(Instant since, Instant now) { return std::max<std::int64_t>(0, (now - since).count() / 1000); }

struct Kind {
  crypto::SignAlg alg = crypto::SignAlg::ES256;
  ApiId api;
};

// Which keys a rotation means: an API's own, or the installation's of an algorithm.
Result<Kind> kind_of(Call& call, const Body& body) {
  TRY(const auto alg_name, body.text("alg"));
  TRY(const auto api_name, body.text("api"));
  Kind kind;
  if (api_name) {
    TRY(const auto found, call.rooms.apis.find(*api_name));
    kind = {found.alg, found.id};
  }
  if (!alg_name) return kind;
  const auto known = crypto::sign_alg(*alg_name);
  if (!known || crypto::info(*known).key_type == crypto::KeyType::Oct || !crypto::info(*known).on_by_default)
    return refuse(Refusal::Invalid, "alg: the name of a public-key signature algorithm");
  kind.alg = *known;
  return kind;
}

void render(json::Writer& w, const keys::PepperInfo& p, const watch::HashCounts& under, const watch::HashCounts& unknown, Instant now) {
  const bool retired = p.state == keys::PepperState::Retired;
  w.object().member("number", static_cast<std::int64_t>(p.number)).member("state", keys::name(p.state));
  w.flag("active", p.state == keys::PepperState::Active)
      .member("created", to_rfc3339(p.created))
      .member("age", to_text(Seconds(age(p.created, now))));
  time_or_null(w, "activated", p.activated), time_or_null(w, "retired", p.retired), time_or_null(w, "destroyed", p.destroyed);
  for (const auto& [name, count] : {std::pair<std::string_view, std::uint64_t>{"tokens", under.tokens},
                                    {"ended_tokens", under.ended_tokens},
                                    {"client_secrets", under.client_secrets},
                                    {"registrations", under.registrations},
                                    {"tickets", under.tickets},
                                    {"recovery_codes", under.recovery_codes}})
    w.member(name, static_cast<std::int64_t>(count));
  w.optional("note", retired ? watch::still_hashed(p, under, unknown, now) : std::string()).end_object();
}

void render_outcomes(json::Writer& w, const std::vector<watch::SelfTests::Entry>& entries) {
  bool passed = true;
  for (const auto& e : entries) passed = passed && e.outcome.passed;
  w.object().flag("passed", passed).key("items").array();
  for (const auto& e : entries) {
    w.object().member("algorithm", crypto::name(e.outcome.what)).flag("passed", e.outcome.passed);
    w.flag("in_service", crypto::in_service(e.outcome.what)).member("source", e.outcome.source);
    w.member("microseconds", static_cast<std::int64_t>(e.outcome.took.count())).member("at", to_rfc3339(e.at)).end_object();
  }
  w.end_array().end_object();
}

}  // namespace

// With ages and what is due, so that a look says whether somebody must act.
Status list_keys(Call& call) {
  TRY_VOID(Query::parse(call.request.query, {}));
  TRY(const auto all, call.rooms.ledger.keys());
  TRY(const auto settings, policy::read_settings(call.rooms.ledger));
  const auto ring = call.rooms.signing_keys.ring();
  auto w = begin(call);
  w.object().key("items").array();
  for (const auto& k : all) {
    open_key(w, k);
    w.member("age", to_text(Seconds(age(k.created, call.now))));
    const auto next = keys::due(k, all, {.rotation = ring->stays(k.alg, k.api) ? Seconds(0) : settings.key_rotation});
    w.optional("due", next ? name(next->what) : std::string_view());
    time_or_null(w, "due_at", next ? std::optional(next->at) : std::nullopt);
    const auto* held = ring->find(k.kid);
    w.optional("trouble", held == nullptr ? std::string_view() : held->trouble).end_object();
  }
  w.end_array().key("next").null().end_object();
  return {};
}

Status rotate_key(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"alg", "api", "emergency"}));
  TRY(const auto kind, kind_of(call, body));
  TRY(const auto emergency, body.flag("emergency"));
  auto& keys = call.rooms.signing_keys;
  TRY(const auto key,
      emergency.value_or(false) ? keys.replace(kind.alg, kind.api, call.doing()) : keys.rotate(kind.alg, kind.api, call.doing()));
  return answer(call, key, 201);
}

// Its token is one of this machine.
Status adopt_key(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"alg", "api", "pkcs11"}));
  TRY(const auto kind, kind_of(call, body));
  TRY(const auto uri, body.needed("pkcs11"));
  if (!call.request.origin.administrator) return refuse(Refusal::Denied, "keys of a PKCS#11 token are adopted on the server's own socket");
  TRY(const auto key, call.rooms.signing_keys.adopt(kind.alg, kind.api, uri, call.doing()));
  return answer(call, key, 201);
}

Status retire_key(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"now"}));
  TRY(const auto at_once, body.flag("now"));
  const auto id = KeyId::parse(call.id);
  if (!id) return refuse(Refusal::NotFound, "no such signing key");
  using Retirement = keys::SigningKeys::Retirement;
  TRY_VOID(call.rooms.signing_keys.retire(*id, at_once.value_or(false) ? Retirement::EndNow : Retirement::KeepVerifying, call.doing()));
  TRY(const auto key, call.rooms.ledger.key(*id));
  return answer(call, *key);
}

Status rotate_pepper(Call& call) {
  TRY_VOID(Body::parse(call.request.body, {}));
  TRY(const auto number, call.rooms.pepper_lives.rotate(call.doing()));
  begin(call, 201).object().member("pepper", static_cast<std::int64_t>(number)).end_object();
  return {};
}

Status rotate_data_key(Call& call) {
  TRY_VOID(Body::parse(call.request.body, {}));
  TRY(const auto number, call.rooms.data_keys.rotate(call.doing()));
  begin(call, 201).object().member("data_key", static_cast<std::int64_t>(number)).end_object();
  return {};
}

// Its source is a path, a variable or a token of this machine, so only callers of this machine name one.
Status rotate_master_key(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"to"}));
  TRY(const auto to, body.text("to"));
  if (!call.request.origin.administrator) return refuse(Refusal::Denied, "the master key is changed on the server's own socket");
  TRY(const auto next, call.rooms.program.rotate_master_key(to.value_or(""), call.doing()));
  begin(call).object().member("next", next).end_object();
  return {};
}

// What guards the rest: peppers, data keys and the master keys that wrap them, by their names and ages.
Status list_guards(Call& call) {
  TRY_VOID(Query::parse(call.request.query, {}));
  TRY(const auto data_keys, call.rooms.data_keys.list());
  TRY(const auto masters, call.rooms.data_keys.masters());
  TRY(const auto peppers, call.rooms.pepper_lives.list());
  TRY(auto counts, watch::count_hashes(call.rooms.ledger, call.now));
  auto w = begin(call);
  w.object().strings("master_keys", masters).key("data_keys").array();
  for (const auto& k : data_keys) {
    w.object()
        .member("number", static_cast<std::int64_t>(k.number))
        .member("state", keys::name(k.state))
        .member("created", to_rfc3339(k.created));
    w.member("age", to_text(Seconds(age(k.created, call.now))));
    time_or_null(w, "retired", k.retired);
    w.key("wrapped_by").array();
    for (const auto& wrap : k.wraps) w.string(wrap.fingerprint);
    w.end_array().end_object();
  }
  w.end_array().key("peppers").array();
  for (const auto& p : peppers) render(w, p, counts[p.number], counts[ledger::kAnyPepper], call.now);
  w.end_array().end_object();
  return {};
}

Status run_selftests(Call& call) {
  TRY_VOID(Body::parse(call.request.body, {}));
  const auto entries = call.rooms.selftests.run_all(call.doing());
  auto w = begin(call);
  render_outcomes(w, entries);
  return {};
}

Status show_selftests(Call& call) {
  TRY_VOID(Query::parse(call.request.query, {}));
  auto w = begin(call);
  render_outcomes(w, call.rooms.selftests.latest());
  return {};
}

}  // namespace jeton::protocols::admin
