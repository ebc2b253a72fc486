// What is found, what is let pass, and that neither engine sees more than the other.
#include <gtest/gtest.h>

#include <random>

#include "blocks/crypto/hash.h"
#include "blocks/crypto/random.h"
#include "formats/opaque/token.h"
#include "ground/base62.h"
#include "ground/secret_pass.h"
#include "program/scan/inspect.h"
#include "program/scan/proofs.h"

namespace jeton::scan {
namespace {

std::string token(std::string_view brand = "jtn", opaque::Kind kind = opaque::Kind::Pat) {
  crypto::SystemEntropy entropy;
  return std::string(as_text(opaque::make(brand, kind, entropy)->read(program::Pass::key())));
}

std::vector<Finding> found(std::string_view text, Engine engine = Engine::Best, std::string brand = {}) {
  const Literals literals(engine);
  Inspector inspector(literals, std::move(brand));
  std::vector<Finding> out;
  inspector.inspect(text, {"f", ""}, out);
  return out;
}

std::string ids(std::string_view text, Engine engine = Engine::Best) {
  std::string out;
  for (const auto& f : found(text, engine)) out += (out.empty() ? "" : " ") + std::string(f.rule->id);
  return out;
}

// Made of parts, so that this file holds no secret to find.
std::string repeated(std::string_view part, std::size_t size) {
  std::string out;
  while (out.size() < size) out += part;
  out.resize(size);
  return out;
}
const std::string kMixed = repeated("a8Kq2LzR7vXw4TnB9cYd", 400), kHex = repeated("0a9f3b7c5d1e8264", 400),
                  kUpper = repeated("A7QZ2KX9MB4TW6", 200);

TEST(Scan, FindsOurTokensOfEveryKindAndBrand) {
  for (const auto kind : {opaque::Kind::Pat, opaque::Kind::Key, opaque::Kind::At, opaque::Kind::Rt, opaque::Kind::Ac, opaque::Kind::Dc,
                          opaque::Kind::Ses, opaque::Kind::Cs, opaque::Kind::Reg, opaque::Kind::Inv})
    for (const auto* brand : {"jtn", "ab", "acme12345678"})
      for (const auto engine : {Engine::Best, Engine::Plain}) {
        const auto t = token(brand, kind);
        const auto all = found("x = '" + t + "'\n", engine);
        ASSERT_EQ(all.size(), 1u) << t;
        EXPECT_EQ(all[0].rule->id, "jeton-token");
        EXPECT_TRUE(all[0].secret.equal(as_bytes(t)));
        EXPECT_EQ(all[0].line, 1u);
        EXPECT_EQ(all[0].column, 6u);
        EXPECT_EQ(all[0].hint, t.substr(0, 2) + "…" + t.substr(t.size() - 2));
      }
}

TEST(Scan, FindsOurTokensWhereverTheyStand) {
  const auto t = token();
  for (const auto& text : {t, "x" + t, "\\n" + t + "\\n", "TOKEN" + t, "https://h/?t=" + t + "&x=1", t + t, "\"" + t + "\"", t + "z9"})
    EXPECT_GE(found(text).size(), 1u) << text;
  EXPECT_EQ(found(t + " " + t + "\n" + t).size(), 3u);
}

TEST(Scan, AnyChangeOfATokenIsNoToken) {
  const auto t = token();
  for (std::size_t i = 0; i < t.size(); ++i) {
    auto bad = t;
    bad[i] = bad[i] == '0' ? '1' : '0';
    EXPECT_EQ(ids(bad), "") << bad;
  }
  EXPECT_EQ(ids(t.substr(0, t.size() - 1)), "");
}

TEST(Scan, OnlyTheBrandThatWasAskedFor) {
  EXPECT_EQ(found(token("acme"), Engine::Best, "jtn").size(), 0u);
  EXPECT_EQ(found(token("jtn"), Engine::Best, "jtn").size(), 1u);
}

// Ten million strings of the right shape; 62^6 checksums make the expected number of hits about 10^-4.
TEST(Scan, RandomStringsAreNoTokens) {
  std::mt19937_64 random(20261125);
  const Literals literals;
  Inspector inspector(literals);
  std::vector<Finding> out;
  std::string text;
  constexpr int kStrings = 10'000'000, kBatch = 20'000;
  for (int done = 0; done < kStrings; done += kBatch) {
    text.clear();
    for (int i = 0; i < kBatch; ++i) {
      text += "jtn_pat_";
      for (int c = 0; c < 38; c += 10) {
        auto bits = random();
        for (int k = 0; k < 10 && c + k < 38; ++k, bits /= 62) text += base62::kAlphabet[bits % 62];
      }
      text += '\n';
    }
    inspector.inspect(text, {"f", ""}, out);
  }
  std::erase_if(out, [](const Finding& f) { return f.rule->id != "jeton-token"; });
  EXPECT_EQ(out.size(), 0u);
}

struct Example {
  std::string_view id;
  std::string text;
};
std::vector<Example> examples() {
  const auto m = [](std::size_t n) { return kMixed.substr(0, n); };
  const auto h = [](std::size_t n) { return kHex.substr(0, n); };
  const auto u = [](std::size_t n) { return kUpper.substr(0, n); };
  const auto letters = repeated("aBcDeFgHiJkLmNoPqRsTuVwXyZ", 34);
  return {
      {"age-secret-key", "AGE-SECRET-KEY-1" + u(58)},
      {"anthropic-api-key", "sk-ant-api03-" + m(95)},
      {"atlassian-api-token", "ATATT3" + m(186)},
      {"aws-access-key-id", std::string("AKIA") + "Q7XZ2KTMB4RW6DFH"},
      {"aws-secret-access-key", "aws_secret_access_key = " + m(40)},
      {"azure-client-secret", "a8K8Q~" + m(34)},
      {"azure-storage-key", "AccountName=x;AccountKey=" + m(86) + "==;"},
      {"databricks-token", "dapi" + h(32)},
      {"digitalocean-token", "dop_v1_" + h(64)},
      {"discord-webhook", "https://discord.com/api/webhooks/123456789012345678/" + m(68)},
      {"docker-pat", "dckr_pat_" + m(27)},
      {"doppler-token", "dp.pt." + m(43)},
      {"github-fine-grained-pat", "github_pat_" + m(22) + "_" + m(59)},
      {"github-token", "ghp_" + m(36)},
      {"github-token", "ghs_" + m(36)},
      {"gitlab-token", "glpat-" + m(20)},
      {"google-api-key", "AIza" + m(35)},
      {"google-oauth-secret", "GOCSPX-" + m(28)},
      {"grafana-token", "glsa_" + m(32) + "_" + h(8)},
      {"hashicorp-vault-token", "hvs." + m(90)},
      {"huggingface-token", "hf_" + letters},
      {"linear-api-key", "lin_api_" + m(40)},
      {"mailchimp-api-key", h(32) + "-us14"},
      {"mailgun-api-key", "key-" + h(32)},
      {"new-relic-key", "NRAK-" + u(27)},
      {"notion-token", "ntn_" + m(46)},
      {"npm-token", "npm_" + m(36)},
      {"openai-api-key", "sk-proj-" + m(74) + "T3BlbkFJ" + m(74)},
      {"postman-api-key", "PMAK-" + h(24) + "-" + h(34)},
      {"pypi-token", "pypi-AgEIcHlwaS5vcmc" + m(120)},
      {"rubygems-token", "rubygems_" + h(48)},
      {"sendgrid-api-key", "SG." + m(22) + "." + m(43)},
      {"shopify-token", "shpat_" + h(32)},
      {"slack-app-token", "xapp-1-" + u(11) + "-1234567890123-" + h(64)},
      {"slack-token", "xoxb-1234567890123-1234567890123-" + m(24)},
      {"slack-webhook", "https://hooks.slack.com/services/T" + u(10) + "/B" + u(10) + "/" + m(24)},
      {"square-token", "sq0atp-" + m(22)},
      {"stripe-key", "sk_live_" + m(24)},
      {"stripe-webhook-secret", "whsec_" + m(32)},
      {"telegram-bot-token", "1234567890:AA" + m(33)},
      {"terraform-cloud-token", m(14) + ".atlasv1." + m(67)},
      {"json-web-token", "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJtb25hIn0." + m(86)},
      {"private-key", "-----BEGIN RSA PRIVATE KEY-----\n" + m(64) + "\n" + m(64) + "\n-----END RSA PRIVATE KEY-----"},
      {"private-key", "\"-----BEGIN PRIVATE KEY-----\\n" + m(64) + "\\n"},
      {"private-key", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n" + m(64)},
      {"putty-private-key", "PuTTY-User-Key-File-3: ssh-ed25519"},
      {"password-in-url", "postgres://app:s3cr3t-9x@db.internal:5432/app"},
      {"password-in-url", "redis://:s3cr3t-9x@10.0.0.1"},
      {"assigned-secret", "api_key = \"" + m(32) + "\""},
      {"assigned-secret", "  \"clientSecret\": \"" + m(24) + "\","},
      {"assigned-secret", "DB_PASSWORD=" + m(24) + "\n"},
      {"assigned-secret", "token: " + h(40) + "\n"},
      {"assigned-secret", "\\\"password\\\": \\\"" + m(20) + "\\\""},
  };
}

TEST(Scan, FindsEveryProvidersKeys) {
  for (const auto& [id, text] : examples())
    for (const auto engine : {Engine::Best, Engine::Plain})
      for (const auto& around : {text, "x: " + text + "\n", "('" + text + "')"}) EXPECT_EQ(ids(around, engine), id) << around;
}

TEST(Scan, EveryRuleHasAnExample) {
  const auto all = examples();
  for (const auto& rule : rules())
    EXPECT_TRUE(rule.id == "jeton-token" || std::any_of(all.begin(), all.end(), [&](const Example& e) { return e.id == rule.id; }))
        << rule.id;
}

TEST(Scan, LetsOrdinaryCodePass) {
  for (const auto* text :
       {"const token = getTokenFromRequest(request);", "password = \"correct horse battery staple\"", "token: string;",
        "secret=\"${SECRET}\"", "apiKey: process.env.API_KEY_FOR_PRODUCTION_USE", "https://user:password@example.com",
        "http://host:8080/a@b", "https://u:${PASS}@h", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "AKIAIOSFODNN7EXAMPLE",
        "-----BEGIN PRIVATE KEY-----\n...\n", "if (token == \"a8Kq2LzR7vXw4TnB\")", "secretName: my-very-long-kubernetes-secret-name",
        "// a token_key_of_the_map_that_is_long", "tokenTypes = 'SemicolonToken_CommaToken'",
        "jtn_pat_0000000000000000000000000000000000000000", "task-us1", "monkey-banana", "foo.eyJub25l"})
    EXPECT_EQ(ids(text), "") << text;
}

TEST(Scan, TheMoreExactRuleTells) {
  EXPECT_EQ(ids("token = \"" + token() + "\""), "jeton-token");
  EXPECT_EQ(ids("github_token: \"ghp_" + kMixed.substr(0, 36) + "\""), "github-token");
}

TEST(Scan, ACommentLetsALinePass) {
  const auto line = "key = 'ghp_" + kMixed.substr(0, 36) + "'";
  EXPECT_EQ(ids(line), "github-token");
  EXPECT_EQ(ids(line + "  # jeton:allow"), "");
  EXPECT_EQ(ids(line + "  # jeton:allow github-token, npm-token"), "");
  EXPECT_EQ(ids(line + "  # jeton:allow npm-token"), "github-token");
  EXPECT_EQ(ids(line + "\n# jeton:allow"), "github-token");
}

TEST(Scan, FingerprintsStayWhereTheLineMoves) {
  const auto line = "k = 'ghp_" + kMixed.substr(0, 36) + "'\n", url = std::string("u = 'redis://:s3cr3t-9x@10.0.0.1'\n");
  for (const auto& text : {line, url}) {
    const auto before = found(text), after = found("\n\n  " + text);
    ASSERT_EQ(before.size(), 1u);
    ASSERT_EQ(after.size(), 1u);
    EXPECT_EQ(after[0].line, 3u);
    EXPECT_TRUE(text != line || before[0].fingerprint == after[0].fingerprint);
  }
  // A password's fingerprint does not tell the password.
  EXPECT_EQ(found(url)[0].fingerprint, found("u = 'redis://:other-9x@10.0.0.1'\n")[0].fingerprint);
  EXPECT_NE(found(line)[0].fingerprint, found("k = 'ghp_b" + kMixed.substr(0, 35) + "'\n")[0].fingerprint);
}

TEST(Scan, HostileTextsAreBounded) {
  std::string text;
  while (text.size() < (4u << 20)) text += ".eyJ";
  const Literals literals;
  Inspector inspector(literals);
  std::vector<Finding> out;
  const auto start = std::chrono::steady_clock::now();
  inspector.inspect(text + token(), {"f", ""}, out);
  EXPECT_TRUE(inspector.cut_short());
  ASSERT_EQ(out.size(), 1u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Scan, BothEnginesSeeTheSame) {
  std::mt19937_64 random(7);
  const std::vector<std::string> parts = {
      "token", "Secret", "ghp_", "_pat_", ".eyJ", "AKIA", "://", "PRIVATE KEY-----", "api-KEY", "\n", "=", "\"", kMixed.substr(0, 40), "x"};
  const Literals fast(Engine::Best), plain(Engine::Plain);
  LiteralSearch a(fast), b(plain);
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (int k = 0; k < 50; ++k) text += parts[random() % parts.size()];
    std::vector<Hit> x, y;
    a.find(text, x);
    b.find(text, y);
    const auto order = [](const Hit& l, const Hit& r) { return std::tie(l.begin, l.end, l.rule) < std::tie(r.begin, r.end, r.rule); };
    std::sort(x.begin(), x.end(), order);
    std::sort(y.begin(), y.end(), order);
    ASSERT_EQ(x.size(), y.size()) << text;
    for (std::size_t k = 0; k < x.size(); ++k) ASSERT_TRUE(x[k].begin == y[k].begin && x[k].end == y[k].end && x[k].rule == y[k].rule);
  }
}

}  // namespace
}  // namespace jeton::scan
