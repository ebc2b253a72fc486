// JOSE headers (RFC 7515 §4, RFC 7516 §4): read strictly, trusted in nothing but what is compared.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ground/bytes.h"
#include "ground/result.h"

namespace jeton::jose {

// The members that matter here. Views into the text that was read; empty where absent. What a header says of keys (jwk, jku,
// x5u, x5c) is never read: keys come from configuration.
struct Header {
  std::string_view alg, enc, kid, typ, cty;
  std::string_view epk, apu, apv, iv, tag, p2s;   // JWE; epk as JSON
  std::optional<std::int64_t> p2c;
  bool zip = false;
  bool b64 = true;            // RFC 7797
  bool has_b64 = false;
  bool has_crit = false;
  bool crit_names_b64 = false;
};

// Reads members of one JSON object into `header`, which may hold some already (the unprotected part of a JSON serialisation):
// a name that stands in both is refused (RFC 7515 §7.2.1). Malformed: not an object, a name twice, a compared value with an
// escape in it or of another type. Unsupported: `crit` names anything but b64 (RFC 7515 §4.1.11).
enum class Where : std::uint8_t { Protected, Unprotected };
Status read_header(std::string_view json, Where where, Header& header);

// The protected part (its JSON, or empty) and the parts beside it, each a JSON object or empty, as one header: no name may
// stand in two of them [RFC7515 §7.2.1] [RFC7516 §7.2.1].
Result<Header> read_headers(std::string_view protected_json, std::span<const std::string_view> unprotected);

}  // namespace jeton::jose
