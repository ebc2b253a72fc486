// inspect: what a token says of itself. Nothing is verified, and that is said.
#include <algorithm>

#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "formats/opaque/token.h"
#include "ground/base64url.h"
#include "ground/instant.h"
#include "ground/secret_pass.h"
#include "program/cli/input.h"
#include "program/cli/offline/questions.h"
#include "program/cli/output.h"

namespace jeton::cli {
namespace {

constexpr std::string_view kMeanings[] = {
    "personal access token",
    "API key",
    "opaque access token",
    "refresh token",
    "authorization code",
    "device code",
    "session",
    "client secret",
    "registration access token",
    "invitation",
};

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto dot = text.find('.');
    parts.push_back(text.substr(0, dot));
    if (dot == std::string_view::npos || parts.size() > 5) return parts;
    text.remove_prefix(dot + 1);
  }
}

// A part that is base64url of a JSON object.
std::optional<json::Value> object_in(std::string_view part) {
  const auto octets = base64url::decode(part);
  if (!octets) return std::nullopt;
  auto value = json::parse(as_text(*octets));
  if (!value || value->object() == nullptr) return std::nullopt;
  return *std::move(value);
}

// The answer as JSON; the token's own text is never in it.
std::optional<std::string> opaque_answer(std::string_view text) {
  const auto shape = opaque::parse(text);
  if (!shape && !shape.error().is(Refusal::BadSignature)) return std::nullopt;
  std::string out;
  json::Writer w(out);
  w.object().member("form", "opaque").flag("verified", false).flag("checksum", shape.has_value());
  if (shape) {
    w.member("brand", shape->brand).member("kind", opaque::name(shape->kind));
    w.member("meaning", kMeanings[static_cast<std::size_t>(shape->kind)]).member("hint", shape->hint());
  } else {
    const auto first = text.find('_');
    w.member("brand", text.substr(0, first)).member("kind", text.substr(first + 1, text.find('_', first + 1) - first - 1));
  }
  w.end_object();
  return out;
}

std::optional<std::string> jose_answer(std::string_view text) {
  const auto parts = parts_of(text);
  if (parts.size() != 3 && parts.size() != 5) return std::nullopt;
  const auto header = object_in(parts[0]);
  if (!header) return std::nullopt;
  std::string out;
  json::Writer w(out);
  w.object().member("form", parts.size() == 3 ? "jws" : "jwe").flag("verified", false).key("header").raw(json_line(*header));
  if (parts.size() == 3) {
    const auto claims = object_in(parts[1]);
    w.key("claims");
    w.raw(claims ? json_line(*claims) : "null");
  }
  w.end_object();
  return out;
}

// The times among the claims, as people read them.
std::string times_text(const json::Value& claims) {
  std::string out;
  for (const auto name : {"iat", "nbf", "exp", "auth_time"})
    if (const auto* claim = claims.find(name);
        claim != nullptr && claim->integer() && *claim->integer() >= 0 && *claim->integer() < 253402300800)
      out += "  " + std::string(name) + " is " + to_rfc3339(Instant::from_seconds(*claim->integer())) + "\n";
  return out;
}

std::string text_of(const json::Value& answer) {
  if (answer.string_at("form") == "opaque") {
    const bool good = answer.find("checksum")->boolean().value_or(false);
    std::string out =
        "An opaque token of the brand \"" + std::string(*answer.string_at("brand")) + "\", kind " + std::string(*answer.string_at("kind"));
    if (!good) return out + ".\nThe checksum does NOT fit: mistyped, cut off or made up; no server takes it.\n";
    return out + ": " + std::string(*answer.string_at("meaning")) + ", ending in …" + std::string(*answer.string_at("hint")) +
           ".\nThe checksum fits.\n";
  }
  const bool encrypted = answer.string_at("form") == "jwe";
  std::string out =
      std::string(encrypted ? "An encrypted token (JWE)" : "A signed token (JWS)") + ".\nheader " + json_text(*answer.find("header"));
  if (encrypted) return out + "Its content is encrypted: jeton jwe decrypt opens it with the key.\n";
  if (const auto* claims = answer.find("claims"); !claims->is_null()) return out + "claims " + json_text(*claims) + times_text(*claims);
  return out + "Its payload is not a set of claims.\n";
}

int inspect(const Arguments& given) {
  const auto secret = read_secret(std::string(*given.get("TOKEN")), "Token");
  if (!secret) return fail(kUsage, secret.error());
  const auto text = as_text(secret->read(program::Pass::key()));
  auto answer = opaque_answer(text);
  if (!answer) answer = jose_answer(text);
  if (!answer)
    return fail(kNo, "that is neither an opaque token nor a JWT",
                "an opaque token looks like jtn_pat_ and 38 characters; a JWT has three parts with dots between them");
  const auto value = json::parse(*answer);
  if (!value) return fail(kNo, "that token is too large to look into");
  if (format_of(given) == Format::Json || format_of(given) == Format::Yaml) {
    print(format_of(given) == Format::Json ? json_text(*value) : yaml_text(*value));
  } else {
    print(text_of(*value));
  }
  remark(given,
         "NOTHING WAS VERIFIED: this is what the token says of itself. jeton token verify asks the server; jeton jwt verify checks a JWT.");
  const auto* checksum = value->find("checksum");
  return checksum != nullptr && !checksum->boolean().value_or(false) ? kNo : kYes;
}

constexpr Operand kToken[] = {{"TOKEN", "- for standard input, or a file that holds it; never the token itself"}};

constexpr Command kCommands[] = {
    {"inspect",
     "Say what a token is, without verifying anything",
     "jeton inspect - <token.txt",
     kToken,
     {},
     inspect,
     "Of an opaque token: brand, kind, and whether the checksum fits. Of a JWT: its header and claims. Needs no server, and verifies nothing. "
     "Exit status 0: recognised; 1: not a token, or its checksum does not fit."},
};

}  // namespace

std::span<const Command> inspect_commands() { return kCommands; }

}  // namespace jeton::cli
