#include "program/scan/rules.h"

namespace jeton::scan {
namespace {

using enum Proof;
using enum Severity;

// A provider's row: the whole match is the secret.
constexpr Rule key(std::string_view id, std::string_view title, std::string_view literals, std::string_view pattern) {
  return {.id = id, .title = title, .literals = literals, .pattern = pattern};
}

constexpr Rule kRules[] = {
    {.id = "jeton-token",
     .title = "Jeton token",
     .literals = "_pat_|_key_|_at_|_rt_|_ac_|_dc_|_ses_|_cs_|_reg_|_inv_",
     .pattern = "([a-z][a-z0-9]{1,11}_(?:pat|key|at|rt|ac|dc|ses|cs|reg|inv)_[0-9A-Za-z]{38})",
     .before = 64,
     .after = 0,
     .proof = Checksum,
     .whole_word = false},

    key("age-secret-key", "age secret key", "AGE-SECRET-KEY-1", "(AGE-SECRET-KEY-1[0-9A-Z]{58})"),
    key("anthropic-api-key", "Anthropic API key", "sk-ant-", "(sk-ant-(?:api|admin)[0-9]{2}-[A-Za-z0-9_-]{80,120})"),
    key("atlassian-api-token", "Atlassian API token", "ATATT3", "(ATATT3[A-Za-z0-9_=-]{100,220})"),
    key("aws-access-key-id", "AWS access key id", "AKIA|ASIA|ABIA|ACCA", "((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})"),
    {.id = "aws-secret-access-key",
     .title = "AWS secret access key",
     .literals = "aws_secret|awssecret|aws-secret|aws.secret",
     .pattern = "(?i:aws.{0,20}secret.{0,30}[=:].{0,8}?)[^A-Za-z0-9/+]([A-Za-z0-9/+]{40})",
     .proof = Random,
     .any_case = true},
    key("azure-client-secret", "Azure client secret", "8Q~", "([A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{31,34})"),
    {.id = "azure-storage-key",
     .title = "Azure storage account key",
     .literals = "AccountKey=",
     .pattern = "AccountKey=([A-Za-z0-9+/]{86}==)",
     .whole_word = false},
    key("databricks-token", "Databricks token", "dapi", "(dapi[0-9a-f]{32}(?:-[0-9])?)"),
    key("digitalocean-token", "DigitalOcean token", "dop_v1_|doo_v1_|dor_v1_", "(do[opr]_v1_[0-9a-f]{64})"),
    key("discord-webhook", "Discord webhook", "/api/webhooks/",
        "(https://discord(?:app)?\\.com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,80})"),
    key("docker-pat", "Docker access token", "dckr_pat_|dckr_oat_", "(dckr_(?:pat|oat)_[0-9A-Za-z_-]{27,40})"),
    key("doppler-token", "Doppler token", "dp.pt.|dp.st.|dp.ct.|dp.sa.|dp.scim.|dp.audit.",
        "(dp\\.(?:pt|st|ct|sa|scim|audit)\\.[0-9A-Za-z._-]{40,60})"),
    key("github-fine-grained-pat", "GitHub fine-grained token", "github_pat_", "(github_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59})"),
    key("github-token", "GitHub token", "ghp_|gho_|ghu_|ghs_|ghr_", "(gh[pousr]_[0-9A-Za-z]{36,251})"),
    key("gitlab-token", "GitLab token", "glpat-|glptt-|gldt-|glrt-|glcbt-|glsoat-|glft-|glimt-|glagent-",
        "(gl(?:pat|ptt|dt|rt|cbt|soat|ft|imt|agent)-[0-9A-Za-z_-]{20,64})"),
    key("google-api-key", "Google API key", "AIza", "(AIza[0-9A-Za-z_-]{35})"),
    key("google-oauth-secret", "Google OAuth client secret", "GOCSPX-", "(GOCSPX-[0-9A-Za-z_-]{28})"),
    key("grafana-token", "Grafana service account token", "glsa_", "(glsa_[0-9A-Za-z]{32}_[0-9a-f]{8})"),
    key("hashicorp-vault-token", "HashiCorp Vault token", "hvs.|hvb.|hvr.", "(hv[sbr]\\.[0-9A-Za-z_-]{24,200})"),
    key("huggingface-token", "Hugging Face token", "hf_", "(hf_[A-Za-z]{34})"),
    key("linear-api-key", "Linear API key", "lin_api_", "(lin_api_[0-9A-Za-z]{40})"),
    key("mailchimp-api-key", "Mailchimp API key", "-us1|-us2|-us3|-us4|-us5|-us6|-us7|-us8|-us9", "([0-9a-f]{32}-us[0-9]{1,2})"),
    key("mailgun-api-key", "Mailgun API key", "key-", "(key-[0-9a-f]{32})"),
    key("new-relic-key", "New Relic user key", "NRAK-", "(NRAK-[0-9A-Z]{27})"),
    key("notion-token", "Notion token", "ntn_", "(ntn_[0-9A-Za-z]{46})"),
    key("npm-token", "npm access token", "npm_", "(npm_[0-9A-Za-z]{36})"),
    key("openai-api-key", "OpenAI API key", "T3BlbkFJ", "(sk-[A-Za-z0-9_-]{20,80}T3BlbkFJ[A-Za-z0-9_-]{20,80})"),
    key("postman-api-key", "Postman API key", "PMAK-", "(PMAK-[0-9a-f]{24}-[0-9a-f]{34})"),
    key("pypi-token", "PyPI token", "pypi-AgEIcHlwaS5vcmc", "(pypi-AgEIcHlwaS5vcmc[0-9A-Za-z_-]{50,200})"),
    key("rubygems-token", "RubyGems API key", "rubygems_", "(rubygems_[0-9a-f]{48})"),
    key("sendgrid-api-key", "SendGrid API key", "SG.", "(SG\\.[0-9A-Za-z_-]{22}\\.[0-9A-Za-z_-]{43})"),
    key("shopify-token", "Shopify token", "shpat_|shpca_|shppa_|shpss_", "(shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32})"),
    key("slack-app-token", "Slack app token", "xapp-", "(xapp-[0-9]-[0-9A-Z]{9,12}-[0-9]{10,13}-[0-9a-f]{32,64})"),
    key("slack-token", "Slack token", "xoxa-|xoxb-|xoxe-|xoxo-|xoxp-|xoxr-|xoxs-", "(xox[abeoprs]-[0-9]{10,13}-[0-9A-Za-z-]{16,200})"),
    key("slack-webhook", "Slack webhook", "hooks.slack.com/services/T",
        "(https://hooks\\.slack\\.com/services/T[0-9A-Z]{8,12}/B[0-9A-Z]{8,12}/[0-9A-Za-z]{24})"),
    key("square-token", "Square token", "sq0", "(sq0[a-z]{3}-[0-9A-Za-z_-]{22,43})"),
    key("stripe-key", "Stripe key", "sk_live_|sk_test_|rk_live_|rk_test_", "([sr]k_(?:live|test)_[0-9A-Za-z]{24,247})"),
    key("stripe-webhook-secret", "Stripe webhook secret", "whsec_", "(whsec_[0-9A-Za-z+/]{32,64})"),
    key("telegram-bot-token", "Telegram bot token", ":AA", "([0-9]{8,10}:AA[0-9A-Za-z_-]{33})"),
    key("terraform-cloud-token", "Terraform Cloud token", ".atlasv1.", "([0-9A-Za-z]{14}\\.atlasv1\\.[0-9A-Za-z_-]{60,70})"),

    {.id = "json-web-token",
     .title = "JSON Web Token",
     .literals = ".eyJ",
     .pattern = "(eyJ[A-Za-z0-9_-]{12,500}\\.eyJ[A-Za-z0-9_-]{12,900}\\.[A-Za-z0-9_-]{20,900})",
     .before = 512,
     .after = 1024,
     .severity = Warning},
    {.id = "private-key",
     .title = "private key",
     .literals = "PRIVATE KEY-----|PRIVATE KEY BLOCK-----",
     .pattern =
         "(-----BEGIN [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----(?:\\s|\\\\[nr]|[\"'+,]|(?:Proc-Type|DEK-Info|Version|Comment): [^\\n]+){1,60}[A-Za-z0-9+/=]{32,76})",
     .before = 64,
     .after = 768,
     .whole_word = false},
    {.id = "putty-private-key",
     .title = "PuTTY private key",
     .literals = "PuTTY-User-Key-File-",
     .pattern = "(PuTTY-User-Key-File-[23]: [a-z0-9-]+)",
     .whole_word = false},
    {.id = "password-in-url", .title = "password in a URL", .literals = "://", .pattern = "", .proof = Password, .severity = Warning},
    {.id = "assigned-secret",
     .title = "secret assigned in code or configuration",
     .literals = "secret|token|passwd|password|api_key|apikey|api-key|access_key|accesskey|access-key|auth_key|authkey|credential",
     .pattern = "",
     .proof = Assigned,
     .severity = Warning,
     .any_case = true},
};

}  // namespace

std::span<const Rule> rules() { return kRules; }

const Rule* find_rule(std::string_view id) {
  for (const auto& rule : kRules)
    if (rule.id == id) return &rule;
  return nullptr;
}

const Rule& own_rule() { return kRules[0]; }

}  // namespace jeton::scan
