// The C interface over the C++ one. No exception passes: what only memory could throw becomes JETON_FAULT.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <new>

#include "jeton/jeton.h"
#include "jeton/signer.h"
#include "jeton/verifier.h"

struct jeton_keys {
  libjeton::Keys keys;
};
struct jeton_verifier {
  libjeton::Verifier verifier;
};
struct jeton_signer {
  libjeton::Signer signer;
};
// Text that ends with a zero octet, as C wants it.
struct jeton_claims {
  std::string json, subject, token_id, scope;
  std::int64_t expires;
};

namespace {

constexpr jeton_status kStatus[] = {JETON_MALFORMED,   JETON_TOO_LARGE, JETON_UNSUPPORTED,   JETON_WEAK_KEY,     JETON_BAD_SIGNATURE,
                                    JETON_UNKNOWN_KEY, JETON_EXPIRED,   JETON_NOT_YET_VALID, JETON_WRONG_ISSUER, JETON_WRONG_AUDIENCE,
                                    JETON_WRONG_TYPE,  JETON_REFUSED,   JETON_FAULT};

jeton_status status_of(libjeton::Reason reason) { return kStatus[static_cast<std::size_t>(reason)]; }
std::string text_or_empty(const char* text) { return text == nullptr ? std::string() : std::string(text); }

// Runs the call; an answer without value leaves *to null.
template <class Handle, class Make>
jeton_status made(Handle** to, Make&& make) noexcept {
  if (to == nullptr) return JETON_MALFORMED;
  *to = nullptr;
  try {
    auto value = make();
    if (!value) return status_of(value.error());
    *to = new Handle{*std::move(value)};
    return JETON_OK;
  } catch (...) { return JETON_FAULT; }
}

// Whether members are set that a later header added: what they ask for would not be looked at here.
bool asks_for_more(const jeton_policy& policy) {
  constexpr std::size_t kMost = 4096;
  if (policy.size > kMost) return true;
  const auto* const octets = reinterpret_cast<const unsigned char*>(&policy);
  return std::any_of(octets + sizeof policy, octets + policy.size, [](unsigned char octet) { return octet != 0; });
}

bool ends_early(std::string_view text) { return text.find('\0') != std::string_view::npos; }

std::vector<std::string> words(const char* text) {
  std::vector<std::string> list;
  for (std::string_view left = text == nullptr ? "" : text; !left.empty();) {
    const auto end = std::min(left.find(' '), left.size());
    if (end != 0) list.emplace_back(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return list;
}

}  // namespace

extern "C" {

const char* jeton_status_name(jeton_status status) {
  if (status == JETON_OK) return "ok";
  for (std::size_t i = 0; i < std::size(kStatus); ++i)
    if (kStatus[i] == status) return libjeton::name(static_cast<libjeton::Reason>(i)).data();
  return "unknown";
}

#ifndef JETON_VERSION
#define JETON_VERSION "unversioned"   // inside the program, where nobody asks
#endif
const char* jeton_version(void) { return JETON_VERSION; }

jeton_status jeton_keys_parse(const char* text, size_t length, jeton_keys** keys) {
  return made(keys, [&] {
    return text == nullptr ? libjeton::Answer<libjeton::Keys>(std::unexpected(libjeton::Reason::Malformed))
                           : libjeton::Keys::parse({text, length});
  });
}
void jeton_keys_free(jeton_keys* keys) { delete keys; }

jeton_status jeton_verifier_new(const jeton_keys* keys, const jeton_policy* policy, jeton_verifier** verifier) {
  return made(verifier, [&]() -> libjeton::Answer<libjeton::Verifier> {
    if (keys == nullptr || policy == nullptr || policy->size < sizeof(jeton_policy)) return std::unexpected(libjeton::Reason::Malformed);
    if (asks_for_more(*policy)) return std::unexpected(libjeton::Reason::Unsupported);
    return libjeton::Verifier::make(keys->keys, {.issuer = text_or_empty(policy->issuer),
                                                 .audience = text_or_empty(policy->audience),
                                                 .typ = text_or_empty(policy->typ),
                                                 .algorithms = words(policy->algorithms),
                                                 .leeway = std::chrono::seconds(policy->leeway_seconds)});
  });
}
void jeton_verifier_free(jeton_verifier* verifier) { delete verifier; }

jeton_status jeton_verify(const jeton_verifier* verifier, const char* token, size_t length, int64_t now, jeton_claims** claims) {
  return made(claims, [&]() -> libjeton::Answer<jeton_claims> {
    if (verifier == nullptr || token == nullptr) return std::unexpected(libjeton::Reason::Malformed);
    const auto believed = verifier->verifier.verify({token, length}, std::chrono::sys_seconds(std::chrono::seconds(now)));
    if (!believed) return std::unexpected(believed.error());
    for (const auto text : {believed->claims_json(), believed->subject(), believed->token_id(), believed->scope()})
      if (ends_early(text)) return std::unexpected(libjeton::Reason::Malformed);
    return jeton_claims{std::string(believed->claims_json()), std::string(believed->subject()), std::string(believed->token_id()),
                        std::string(believed->scope()), believed->expires().time_since_epoch().count()};
  });
}
const char* jeton_claims_json(const jeton_claims* claims) { return claims == nullptr ? "" : claims->json.c_str(); }
const char* jeton_claims_subject(const jeton_claims* claims) { return claims == nullptr ? "" : claims->subject.c_str(); }
const char* jeton_claims_token_id(const jeton_claims* claims) { return claims == nullptr ? "" : claims->token_id.c_str(); }
const char* jeton_claims_scope(const jeton_claims* claims) { return claims == nullptr ? "" : claims->scope.c_str(); }
int64_t jeton_claims_expires(const jeton_claims* claims) { return claims == nullptr ? 0 : claims->expires; }
void jeton_claims_free(jeton_claims* claims) { delete claims; }

jeton_status jeton_signer_new(const jeton_keys* keys, const char* algorithm, jeton_signer** signer) {
  return made(signer, [&]() -> libjeton::Answer<libjeton::Signer> {
    if (keys == nullptr) return std::unexpected(libjeton::Reason::Malformed);
    return libjeton::Signer::make(keys->keys, algorithm == nullptr ? "" : algorithm);
  });
}

jeton_status jeton_sign(const jeton_signer* signer, const char* claims, size_t length, const char* typ, char** token) {
  if (token == nullptr || signer == nullptr || claims == nullptr) return JETON_MALFORMED;
  *token = nullptr;
  try {
    const auto text = signer->signer.sign({claims, length}, typ == nullptr ? "JWT" : typ);
    if (!text) return status_of(text.error());
    *token = ::strdup(text->c_str());
    return *token == nullptr ? JETON_FAULT : JETON_OK;
  } catch (...) { return JETON_FAULT; }
}
void jeton_signer_free(jeton_signer* signer) { delete signer; }
void jeton_text_free(char* text) { std::free(text); }

}  // extern "C"
