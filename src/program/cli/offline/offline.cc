#include "program/cli/offline/offline.h"

#include <unistd.h>

#include <charconv>

#include "blocks/crypto/pem/encoded.h"
#include "blocks/json/writer.h"
#include "formats/jose/jwe.h"
#include "formats/jose/jws.h"
#include "ground/secret_pass.h"
#include "program/cli/input.h"
#include "program/cli/output.h"

namespace jeton::cli {
namespace {

void forget(std::string& text) { wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}); }

Result<jose::JwkSet> from_encoded(std::string_view text) {
  TRY(auto parts, crypto::decode_key(as_bytes(text)));
  jose::JwkSet set;
  set.alone = true;
  set.keys.emplace_back();
  set.keys.back().pub = std::move(parts.pub);
  set.keys.back().priv = std::move(parts.priv);
  return set;
}

}  // namespace

int refused(std::string_view what, const Failure& failure) {
  std::string text = std::string(what) + " is refused: " + std::string(failure.name());
  if (!failure.detail().empty()) text += ": " + std::string(failure.detail());
  return fail(kNo, text);
}

Or<std::string> read_input_octets(const Arguments& given) {
  const std::string name(given.get("INPUT").value_or("-"));
  auto text = read_text(name);
  // Standard input is always there: it can only be too large.
  if (!text) return std::unexpected(fail(name == "-" ? kNo : kUsage, text.error()));
  return *std::move(text);
}

Or<std::string> read_input(const Arguments& given) {
  auto text = read_input_octets(given);
  if (text && text->ends_with('\n')) text->pop_back();
  return text;
}

Or<std::string> read_named(const Arguments& given, std::string_view option) {
  auto text = read_text(std::string(given.get(option).value_or("-")));
  if (!text) return std::unexpected(fail(kUsage, text.error(), std::string(option) + " names a file."));
  return *std::move(text);
}

Result<jose::JwkSet> parse_keys(std::string_view text) {
  if (jose::is_json(text)) return jose::parse_jwk_set(text);
  return from_encoded(text);
}

Or<jose::JwkSet> read_keys(const Arguments& given, std::string_view option) {
  auto text = read_named(given, option);
  if (!text) return std::unexpected(text.error());
  auto keys = parse_keys(*text);
  forget(*text);
  if (!keys) return std::unexpected(refused("the key", keys.error()));
  return *std::move(keys);
}

Result<crypto::SignAlg> sign_alg_of(const jose::Jwk& key, std::optional<std::string_view> asked) {
  if (asked) {
    const auto alg = crypto::sign_alg(*asked);
    if (!alg) return refuse(Refusal::Unsupported, "an algorithm that is not known here");
    return *alg;
  }
  const auto algs = jose::possible_algs(key);
  if (algs.empty()) return refuse(Refusal::WeakKey, "no signature algorithm takes this key");
  return algs.front();
}

Result<crypto::KeyAlg> key_alg_of(const jose::Jwk& key, std::optional<std::string_view> asked) {
  if (asked) {
    const auto alg = crypto::key_alg(*asked);
    if (!alg) return refuse(Refusal::Unsupported, "an algorithm that is not known here");
    return *alg;
  }
  const auto algs = jose::possible_key_algs(key);
  if (algs.empty()) return refuse(Refusal::WeakKey, "no encryption algorithm takes this key");
  // A key says which; among those of its type the stronger hash, or the wrapped form, is taken.
  const auto preferred = key.pub.type == crypto::KeyType::Rsa   ? crypto::KeyAlg::RsaOaep256
                         : key.pub.type == crypto::KeyType::Oct ? algs.front()
                                                                : crypto::KeyAlg::EcdhEsA256Kw;
  return key.alg.empty() ? preferred : algs.front();
}

Result<crypto::ContentAlg> content_alg_of(const jose::Jwk& key, std::optional<std::string_view> asked) {
  const std::string_view name = asked ? *asked : std::string_view(key.alg);
  if (const auto alg = crypto::content_alg(name)) return *alg;
  if (asked) return refuse(Refusal::Unsupported, "an algorithm that is not known here");
  if (key.pub.type == crypto::KeyType::Oct && (key.alg.empty() || key.alg == "dir"))
    for (const auto enc : {crypto::ContentAlg::A128Gcm, crypto::ContentAlg::A192Gcm, crypto::ContentAlg::A256Gcm,
                           crypto::ContentAlg::A192CbcHs384, crypto::ContentAlg::A256CbcHs512})
      if (crypto::info(enc).key_size == key.priv->k.size()) return enc;
  return crypto::ContentAlg::A256Gcm;
}

Result<Opened> open_message(std::string_view text, const jose::JwkSet& keys, const Opening& opening) {
  TRY(const auto jwe, jose::is_json(text) ? jose::ParsedJwe::parse_json(text) : jose::ParsedJwe::parse(text, kMostInput));
  // In a message to many, the first reader whom one of the keys is.
  for (std::size_t i = 0; i < jwe.recipients(); ++i) {
    const auto& header = jwe.header(i);
    const auto alg = crypto::key_alg(header.alg);
    const bool last = i + 1 == jwe.recipients();
    if (!alg || (opening.alg && header.alg != *opening.alg)) {
      if (last) return refuse(Refusal::Unsupported, "the header's alg is not one that was asked for");
      continue;
    }
    const auto key = jose::choose(keys, header, jose::fits_encryption);
    if (!key || (!last && !jose::fits_encryption(**key, header))) {
      if (last) return std::unexpected(key.error());
      continue;
    }
    if (!crypto::info(*alg).on_by_default && !opening.passwords)
      return refuse(Refusal::Unsupported, "keys from passwords are not taken unless asked for");
    TRY(const auto opens, jose::DecryptKey::of(**key, *alg));
    TRY(auto plain, jwe.decrypt(opens, i));
    return Opened{std::move(plain), std::string(jwe.protected_json())};
  }
  return refuse(Refusal::UnknownKey, "no recipient that the key could be");
}

std::string text_member(std::string_view name, std::string_view value) {
  std::string out;
  json::Writer(out).object().member(name, value).end_object();
  return out.substr(1, out.size() - 2);
}

void write_octets(ByteView octets) { std::fwrite(octets.data(), 1, octets.size(), stdout); }

void write_json(std::string_view json) { print((::isatty(STDOUT_FILENO) != 0 ? printable(json) : std::string(json)) + "\n"); }

std::optional<Instant> moment(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size()) {
    if (seconds < 0 || seconds > (std::int64_t{1} << 40)) return std::nullopt;
    return Instant::from_seconds(seconds);
  }
  return parse_rfc3339(text);
}

}  // namespace jeton::cli
