#include "program/scan/forms.h"

#include "blocks/json/writer.h"

namespace jeton::scan {

std::string rule_in_form(std::string_view form, std::string_view brand) {
  const std::string name(brand);
  const std::string body = name + "_(?:pat|key|at|rt|ac|dc|ses|cs|reg|inv)_[0-9A-Za-z]{38}";
  if (form == "gitleaks")
    return "[[rules]]\nid = \"jeton-token\"\ndescription = \"Jeton token\"\nregex = '''\\b(" + body +
           ")\\b'''\nsecretGroup = 1\nkeywords = [\"" + name + "_\"]\n";
  if (form == "trufflehog")
    return "detectors:\n  - name: Jeton token\n    keywords:\n      - " + name + "_\n    regex:\n      token: '\\b(" + body + ")\\b'\n";
  std::string out;
  json::Writer(out)
      .object()
      .member("name", "Jeton token")
      .member("secret_format", body)
      .member("before_secret", "\\A|[^0-9A-Za-z_]")
      .member("after_secret", "\\z|[^0-9A-Za-z_]")
      .end_object();
  return out + "\n";
}

}  // namespace jeton::scan
