#include "program/cli/saml/registration.h"

#include "program/cli/input.h"

namespace jeton::cli {

int put_metadata(const Arguments& given, Body& body) {
  const std::string from(*given.get("METADATA"));
  const auto certificate = given.get("--metadata-certificate");
  if (!from.starts_with("https://") && !from.starts_with("http://")) {
    if (certificate) return fail(kUsage, "--metadata-certificate goes with an address");
    const auto metadata = read_text(from);
    if (!metadata) return fail(kUsage, metadata.error());
    body.text("metadata", *metadata);
    return kYes;
  }
  body.text("metadata_url", from);
  if (!certificate) return kYes;
  const auto pem = read_text(std::string(*certificate));
  if (!pem) return fail(kUsage, pem.error());
  body.text("metadata_certificate", *pem);
  return kYes;
}

int put_attributes(const Arguments& given, Body& body) {
  std::string attributes;
  json::Writer w(attributes);
  w.object();
  for (const std::string_view pair : given.all("--attribute")) {
    const auto equals = pair.rfind('=');
    if (equals == 0 || equals == std::string_view::npos) return fail(kUsage, "--attribute takes NAME=SOURCE", "as --attribute mail=email");
    w.member(pair.substr(0, equals), pair.substr(equals + 1));
  }
  w.end_object();
  body.raw("attributes", attributes);
  return kYes;
}

}  // namespace jeton::cli
