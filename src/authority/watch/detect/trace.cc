#include "authority/watch/detect/trace.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "authority/watch/detect/detector.h"
#include "blocks/crypto/hash.h"
#include "blocks/json/value.h"

namespace jeton::watch {
namespace {

constexpr std::size_t kMostRows = 5'000'000;

constexpr auto bad(std::string_view what) { return refuse(Refusal::Invalid, what); }

// Any name stands for an id of its own.
Ulid ulid_of(std::string_view name) {
  Ulid ulid;
  const auto digest = crypto::sha256(as_bytes(name));
  std::memcpy(ulid.octets.data(), digest.data(), ulid.octets.size());
  return ulid;
}

// Real ids stay what they are.
TokenId token_of(std::string_view name) {
  const auto id = TokenId::parse(name);
  return id ? *id : TokenId(ulid_of(name));
}
PrincipalId principal_of(std::string_view name) {
  if (const auto id = PrincipalId::parse(name)) return *id;
  return PrincipalId(name.starts_with("svc_") ? PrincipalKind::Service : PrincipalKind::User, ulid_of(name));
}

Result<verify::Reason> reason_of(std::string_view name) {
  for (unsigned i = 0; i <= static_cast<unsigned>(verify::Reason::StepUp); ++i)
    if (verify::name(static_cast<verify::Reason>(i)) == name) return static_cast<verify::Reason>(i);
  return bad("decision: \"allowed\" or a reason of refusal is expected");
}

Result<verify::Tried> tried_of(std::string_view name) {
  if (name == "token") return verify::Tried::Token;
  if (name == "password") return verify::Tried::Password;
  if (name == "device_code") return verify::Tried::DeviceCode;
  return bad("tried: token, password or device_code is expected");
}

Result<double> number(const json::Value& value) {
  // Degrees: a sign, digits, a point, digits. The reader has proven the grammar.
  const auto text = value.spelling();
  char* end = nullptr;
  const std::string copy(text);
  const double d = std::strtod(copy.c_str(), &end);
  if (value.kind() != json::Kind::Number || d < -180 || d > 180) return bad("location: two numbers of degrees are expected");
  return d;
}

Status read_where(const json::Value& row, Where& where) {
  if (const auto* country = row.find("country")) {
    const auto text = country->string();
    if (!text || text->size() != 2) return bad("country: two letters are expected");
    where.country = {(*text)[0], (*text)[1]};
  }
  if (const auto* asn = row.find("asn")) {
    const auto n = asn->integer();
    if (!n || *n < 0 || *n > UINT32_MAX) return bad("asn: a number is expected");
    where.asn = static_cast<std::uint32_t>(*n);
  }
  if (const auto* location = row.find("location")) {
    const auto* pair = location->array();
    if (pair == nullptr || pair->size() != 2) return bad("location: two numbers of degrees are expected");
    TRY(const auto latitude, number((*pair)[0]));
    TRY(const auto longitude, number((*pair)[1]));
    where.located = true;
    where.latitude = static_cast<float>(latitude), where.longitude = static_cast<float>(longitude);
  }
  return {};
}

Result<Observation> read_observation(const json::Value& row, Trace& trace) {
  Observation o;
  const auto at = parse_rfc3339(row.string_at("at").value_or(""));
  if (!at) return bad("at: a time such as 2026-03-01T09:00:00Z is expected");
  o.at = *at;
  if (const auto token = row.string_at("token")) {
    o.token = token_of(*token);
    trace.names.emplace(o.token.ulid(), *token);
  }
  if (const auto principal = row.string_at("principal")) {
    o.principal = principal_of(*principal);
    trace.names.emplace(o.principal.ulid(), *principal);
  }
  TRY(o.reason, reason_of(row.string_at("decision").value_or("allowed")));
  if (const auto address = row.string_at("address")) {
    const auto parsed = net::Address::parse(*address);
    if (!parsed) return bad("address: an IP address is expected");
    o.address = *parsed;
  }
  if (const auto agent = row.string_at("agent")) {
    const auto digest = crypto::sha256(as_bytes(*agent));
    std::memcpy(&o.agent, digest.data(), sizeof o.agent);
  }
  TRY(o.tried, tried_of(row.string_at("tried").value_or("token")));
  TRY_VOID(read_where(row, o.where));
  return o;
}

// "repeat": how often in all; "every": how far apart.
Status repeat(const json::Value& row, Observation o, Trace& trace) {
  std::int64_t times = 1;
  if (const auto* n = row.find("repeat")) times = n->integer().value_or(0);
  const auto every = parse_duration(row.string_at("every").value_or("1s"));
  if (times < 1 || trace.observations.size() + static_cast<std::size_t>(times) > kMostRows)
    return bad("repeat: 1 or more, within what a trace may hold");
  if (!every) return bad("every: a duration such as 5m is expected");
  if (!trace.observations.empty() && o.at < trace.observations.back().at) return bad("at: a trace is in the order of its times");
  for (std::int64_t i = 0; i < times; ++i) {
    trace.observations.push_back(o);
    o.at = o.at + *every;
  }
  return {};
}

Status read_line(std::string_view line, Trace& trace) {
  TRY(const auto row, json::parse(line));
  if (row.object() == nullptr) return refuse(Refusal::Malformed, "a JSON object a line is expected");
  static constexpr std::string_view kKnown[] = {"at",  "token",    "principal", "decision", "address", "agent", "country",
                                                "asn", "location", "tried",     "repeat",   "every",   "expect"};
  for (const auto& [name, value] : *row.object())
    if (std::find(std::begin(kKnown), std::end(kKnown), name) == std::end(kKnown)) return bad("a member that traces do not have");
  if (const auto* expect = row.find("expect")) {
    if (expect->array() == nullptr) return bad("expect: a list is expected");
    trace.expects = true;
    for (const auto& one : *expect->array()) trace.expected.emplace_back(one.string().value_or(""));
    return {};
  }
  TRY(const auto o, read_observation(row, trace));
  return repeat(row, o, trace);
}

}  // namespace

std::expected<Trace, TraceError> parse_trace(std::string_view text) {
  Trace trace;
  for (std::size_t number = 1; !text.empty(); ++number) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    if (auto read = read_line(line, trace); !read) return std::unexpected(TraceError{number, read.error()});
  }
  return trace;
}

std::string label_of(const Finding& f, const Trace& trace) {
  const auto name = trace.names.find(f.token.none() ? f.principal.ulid() : f.token.ulid());
  return std::string(info(f.pattern).name) + " " + (name == trace.names.end() ? f.address.text() : name->second);
}

std::vector<std::string> replay(const Trace& trace) {
  Detector detector;
  std::vector<Finding> found;
  for (const auto& o : trace.observations) detector.see(o, found);
  std::vector<std::string> labels;
  for (const auto& f : found) labels.push_back(label_of(f, trace));
  return labels;
}

}  // namespace jeton::watch
