// What the offline JOSE commands share: keys and tokens from files, and how a refusal is told.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "formats/jose/jwk.h"
#include "ground/instant.h"
#include "program/cli/command.h"

namespace jeton::cli {

// Either a value, or the exit code of a command that has told already what is wrong.
template <class T>
using Or = std::expected<T, int>;

// Tells a refusal on standard error and answers kNo. `what` is what was refused: "the key", "the token".
int refused(std::string_view what, const Failure& failure);

// The input named by the operand INPUT: "-" is standard input. One line end after it belongs to the terminal, not to the input.
Or<std::string> read_input(const Arguments& given);
// The same with nothing taken off its end: for messages and keys.
Or<std::string> read_input_octets(const Arguments& given);
// The file named by an option. kUsage where it cannot be read.
Or<std::string> read_named(const Arguments& given, std::string_view option);

// A JWK, a JWK set, or a key or certificate in PEM or DER.
Result<jose::JwkSet> parse_keys(std::string_view text);
Or<jose::JwkSet> read_keys(const Arguments& given, std::string_view option);

// The algorithm a key signs or checks by: the one that was asked for, else its own, else the first it may be used with.
Result<crypto::SignAlg> sign_alg_of(const jose::Jwk& key, std::optional<std::string_view> asked);
Result<crypto::KeyAlg> key_alg_of(const jose::Jwk& key, std::optional<std::string_view> asked);
// A256GCM where neither the caller nor the key says another.
Result<crypto::ContentAlg> content_alg_of(const jose::Jwk& key, std::optional<std::string_view> asked);

// What the five parts say: the message, decrypted by the key of the set that its header means.
struct Opening {
  bool passwords = false;                   // PBES2 is taken
  std::optional<std::string_view> alg;      // nothing but this
};
struct Opened {
  Secret plain;
  std::string protected_json;
};
Result<Opened> open_message(std::string_view jwe, const jose::JwkSet& keys, const Opening& opening);

// JSON text as a member of a header, with its name: `"typ":"JWT"`.
std::string text_member(std::string_view name, std::string_view value);

// Octets to standard output, as they are; JSON from elsewhere with a line end, made fit for a terminal where there is one.
void write_octets(ByteView octets);
void write_json(std::string_view json);

// RFC 3339, or seconds since 1970. Nothing where it is neither.
std::optional<Instant> moment(std::string_view text);

}  // namespace jeton::cli
