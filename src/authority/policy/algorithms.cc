#include "authority/policy/algorithms.h"

namespace jeton::policy {
namespace {

using enum Verdict;
constexpr std::string_view kSp57 = "NIST SP 800-57 part 1 rev. 5, tables 2 and 4";
constexpr std::string_view kSp131 = "NIST SP 800-131A rev. 2";
constexpr std::string_view kFips186 = "FIPS 186-5";

// Sorted by algorithm, size, date.
constexpr AlgorithmRule kRules[] = {
    {"RSA", 0, 2047, Forbidden, "2014-01-01", kSp131},
    {"RSA", 2048, 3071, Allowed, "", kSp131},
    {"RSA", 2048, 3071, Discouraged, "2031-01-01", kSp57},
    {"RSA", 3072, 0, Allowed, "", kSp57},
    {"P-256", 256, 256, Allowed, "", kFips186},
    {"P-384", 384, 384, Allowed, "", kFips186},
    {"P-521", 521, 521, Allowed, "", kFips186},
    {"Ed25519", 255, 256, Allowed, "", kFips186},
    {"X25519", 255, 256, Allowed, "", "RFC 8037 3.2"},
    {"secp256k1", 256, 256, Discouraged, "2023-02-03", "NIST SP 800-186, appendix H: not for general use"},
    {"HMAC", 0, 111, Forbidden, "2014-01-01", kSp131},
    {"HMAC", 112, 255, Discouraged, "2020-02-01", "RFC 8725 3.5"},
    {"HMAC", 256, 0, Allowed, "", "RFC 7518 3.2"},
    {"SHA-1", 0, 0, Forbidden, "2014-01-01", kSp131},
    {"SHA-2", 256, 512, Allowed, "", "FIPS 180-4"},
    {"AES-GCM", 128, 256, Allowed, "", "NIST SP 800-38D"},
    {"AES-CBC-HMAC", 256, 512, Allowed, "", "RFC 7518 5.2"},
    {"AES-KW", 128, 256, Allowed, "", "NIST SP 800-38F"},
    {"HKDF", 256, 512, Allowed, "", "RFC 5869"},
    {"Argon2id", 0, 0, Allowed, "", "RFC 9106"},
    {"PBKDF2", 0, 0, Discouraged, "2021-09-01", "RFC 9106 1: memory-hard functions are preferred"},
    {"RSA1_5", 0, 0, Forbidden, "2020-02-01", "RFC 8725 3.2"},
    {"none", 0, 0, Forbidden, "2020-02-01", "RFC 8725 3.2"},
};

bool means(const AlgorithmRule& rule, std::string_view algorithm, unsigned bits) {
  return rule.algorithm == algorithm && bits >= rule.least_bits && (rule.most_bits == 0 || bits <= rule.most_bits);
}

}  // namespace

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Allowed: return "allowed";
    case Discouraged: return "discouraged";
    case Forbidden: return "forbidden";
  }
  return "";
}

std::span<const AlgorithmRule> algorithm_rules() { return kRules; }

Judgement judge_algorithm(std::string_view algorithm, unsigned bits, Instant now) {
  // Dates of that form sort as text.
  const auto today = to_rfc3339(now).substr(0, 10);
  Judgement j;
  j.source = "not in the table";
  for (const auto& rule : kRules) {
    if (!means(rule, algorithm, bits)) continue;
    if (rule.since <= today) {
      j.now = rule.verdict;
      j.since = rule.since;
      j.source = rule.source;
    } else if (!j.then) {
      j.then = rule.verdict;
      j.from = rule.since;
      j.then_source = rule.source;
    }
  }
  return j;
}

std::string to_text(const Judgement& j) {
  std::string out(name(j.now));
  if (!j.since.empty()) out.append(" since ").append(j.since);
  out.append(" (").append(j.source).append(")");
  if (j.then) out.append("; ").append(name(*j.then)).append(" from ").append(j.from).append(" (").append(j.then_source).append(")");
  return out;
}

}  // namespace jeton::policy
