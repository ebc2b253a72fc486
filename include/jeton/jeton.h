/* libjeton for C, and for every language that can call C.
 *
 * A stable binary interface: handles are opaque, sizes are told, symbols carry the version JETON_1. Nothing throws, nothing
 * prints, nothing keeps a pointer that it was given beyond the call. Every handle is freed once, by its own function; freeing
 * NULL does nothing. Handles are immutable: any number of threads may use one at the same time.
 */
#ifndef JETON_JETON_H
#define JETON_JETON_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define JETON_C_API __attribute__((visibility("default")))
#else
#define JETON_C_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Why there is no value. The numbers never change. All but JETON_FAULT are the input's fault; none is an accept. */
typedef enum jeton_status {
  JETON_OK = 0,
  JETON_MALFORMED = 1,      /* not of the grammar */
  JETON_TOO_LARGE = 2,      /* over a limit of size, count or depth */
  JETON_UNSUPPORTED = 3,    /* of a kind that is not taken here */
  JETON_WEAK_KEY = 4,       /* a key too short, inconsistent, or not for that use */
  JETON_BAD_SIGNATURE = 5,  /* the signature does not fit */
  JETON_UNKNOWN_KEY = 6,    /* the token's kid names no key */
  JETON_EXPIRED = 7,        /* at or after its exp */
  JETON_NOT_YET_VALID = 8,  /* before its nbf or iat */
  JETON_WRONG_ISSUER = 9,
  JETON_WRONG_AUDIENCE = 10,
  JETON_WRONG_TYPE = 11,    /* another kind of token */
  JETON_REFUSED = 12,       /* for a reason without a number of its own */
  JETON_FAULT = 100         /* our side failed */
} jeton_status;

/* The stable name of a status, "bad_signature"; lives for ever. */
JETON_C_API const char* jeton_status_name(jeton_status status);
/* The library's version, "0.1.0". */
JETON_C_API const char* jeton_version(void);

/* Keys: a JWK set, one JWK, or one key in PEM or DER. */
typedef struct jeton_keys jeton_keys;
JETON_C_API jeton_status jeton_keys_parse(const char* text, size_t length, jeton_keys** keys);
JETON_C_API void jeton_keys_free(jeton_keys* keys);

/* What a token must say. `size` is sizeof(jeton_policy), so that members may be added behind the last one: a library reads only
 * those that the caller's header had, and refuses (JETON_UNSUPPORTED) one that it does not know and that is not zero, because what
 * was asked for would not be looked at. Text ends with a zero octet. */
typedef struct jeton_policy {
  size_t size;
  const char* issuer;      /* needed */
  const char* audience;    /* needed */
  const char* typ;         /* as "at+jwt"; NULL: an access token, "JWT" or none */
  const char* algorithms;  /* as "ES256 EdDSA"; NULL: the safe public-key ones, and each key's own */
  int64_t leeway_seconds;  /* 0 to 600 */
} jeton_policy;

/* A verifier: keys and a policy, proven once. */
typedef struct jeton_verifier jeton_verifier;
JETON_C_API jeton_status jeton_verifier_new(const jeton_keys* keys, const jeton_policy* policy, jeton_verifier** verifier);
JETON_C_API void jeton_verifier_free(jeton_verifier* verifier);

/* Judges a compact, signed token at `now`, seconds since 1970. Where the answer is JETON_OK, and only then, *claims is set. */
typedef struct jeton_claims jeton_claims;
JETON_C_API jeton_status jeton_verify(const jeton_verifier* verifier, const char* token, size_t length, int64_t now, jeton_claims** claims);
/* The claims of a good token: text that lives as long as the handle; an empty one where the token has none of that name. NULL has
 * none, and has expired. A token whose claim holds a zero octet is refused (JETON_MALFORMED): C would read "root\0x" as "root". */
JETON_C_API const char* jeton_claims_json(const jeton_claims* claims);
JETON_C_API const char* jeton_claims_subject(const jeton_claims* claims);
JETON_C_API const char* jeton_claims_token_id(const jeton_claims* claims);
JETON_C_API const char* jeton_claims_scope(const jeton_claims* claims);
JETON_C_API int64_t jeton_claims_expires(const jeton_claims* claims);
JETON_C_API void jeton_claims_free(jeton_claims* claims);

/* A signer: one private key. `algorithm` may be NULL where the key names its own. */
typedef struct jeton_signer jeton_signer;
JETON_C_API jeton_status jeton_signer_new(const jeton_keys* keys, const char* algorithm, jeton_signer** signer);
/* Signs a JSON object as it stands; *token is freed by jeton_text_free. `typ` NULL: "JWT". */
JETON_C_API jeton_status jeton_sign(const jeton_signer* signer, const char* claims, size_t length, const char* typ, char** token);
JETON_C_API void jeton_signer_free(jeton_signer* signer);
JETON_C_API void jeton_text_free(char* text);

#ifdef __cplusplus
}
#endif

#endif /* JETON_JETON_H */
