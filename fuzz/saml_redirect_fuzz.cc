// The query of the Redirect binding, and the messages it carries.
#include "formats/saml/binding.h"
#include "formats/saml/logout.h"
#include "formats/saml/request.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  for (const auto& inbound : {saml::parse_redirect(text), saml::parse_post(saml::Carried::Request, text, "")}) {
    if (!inbound) continue;
    (void)inbound->claimed_issuer();
    if (saml::prove(*inbound, {}, saml::Need::Signature)) __builtin_trap();
    (void)saml::read_authn_request(inbound->document.root());
    (void)saml::read_logout_request(inbound->document.root());
    (void)saml::read_logout_response(inbound->document.root());
  }
  return 0;
}
