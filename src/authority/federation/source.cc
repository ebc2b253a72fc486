#include "authority/federation/source.h"

#include "blocks/crypto/pem/encoded.h"

namespace jeton::federation {

bool secure_address(std::string_view url) {
  // Its origin goes into headers of ours.
  for (const char c : url.substr(0, url.find('/', std::min<std::size_t>(url.size(), 8))))
    if (c <= 0x20 || c >= 0x7f || std::string_view("\"'\\,;<>@").find(c) != std::string_view::npos) return false;
  if (url.starts_with("https://")) return url.size() > 8;
  for (const std::string_view local : {"http://127.0.0.1", "http://[::1]", "http://localhost"}) {
    if (!url.starts_with(local)) continue;
    const auto rest = url.substr(local.size());
    if (rest.empty() || rest.front() == '/' || rest.front() == ':') return true;
  }
  return false;
}

Status check(const Source& source) {
  if (source.url.empty() && source.certificate.empty()) return {};
  if (!secure_address(source.url) || source.url.size() > 2000) return refuse(Refusal::Invalid, "metadata_url: an https address");
  if (source.certificate.empty()) return {};
  const auto keys = crypto::public_keys_of_pem(source.certificate);
  if (!keys || keys->size() != 1) return refuse(Refusal::Invalid, "metadata_certificate: one certificate in PEM");
  return {};
}

void write(json::Writer& w, const Source& source) {
  if (source.url.empty()) return;
  w.member("url", source.url).member("url_certificate", source.certificate).member("url_fetched", source.fetched.millis());
  w.member("url_trouble", source.trouble);
}

Source read_source(const json::Value& record) {
  const auto text = [&](std::string_view name) { return std::string(record.string_at(name).value_or("")); };
  const auto* at = record.find("url_fetched");
  return {text("url"), text("url_certificate"), Instant::from_millis(at == nullptr ? 0 : at->integer().value_or(0)), text("url_trouble")};
}

}  // namespace jeton::federation
