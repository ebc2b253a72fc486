// The pages' two scripts. Everything but passkeys works without them.
#include "protocols/pages/html.h"

namespace jeton::protocols::pages {
namespace {

void script(std::string_view text, http::Response& response) {
  response.field("Content-Type", "text/javascript; charset=utf-8");
  response.field("Cache-Control", "public, max-age=3600");
  response.field("X-Content-Type-Options", "nosniff");
  response.body = text;
}

// Asks the authenticator, writes what it says into the form, and sends the form.
constexpr std::string_view kPasskey = R"js('use strict';
(() => {
  const form = document.querySelector('form[data-passkey]');
  if (!form || !window.PublicKeyCredential) return;
  const octets = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(Array.from(new Uint8Array(buffer || []), (b) => String.fromCharCode(b)).join(''))
      .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const ask = async () => {
    const options = JSON.parse(form.dataset.options);
    options.challenge = octets(options.challenge);
    if (form.dataset.passkey === 'get') {
      const key = await navigator.credentials.get({publicKey: options});
      const said = key.response;
      return {credential: text(key.rawId), user_handle: text(said.userHandle), client_data: text(said.clientDataJSON),
              authenticator_data: text(said.authenticatorData), signature: text(said.signature)};
    }
    options.user.id = octets(options.user.id);
    for (const known of options.excludeCredentials) known.id = octets(known.id);
    const key = await navigator.credentials.create({publicKey: options});
    return {client_data: text(key.response.clientDataJSON), object: text(key.response.attestationObject)};
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    ask().then((fields) => {
      for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
      form.submit();
    }, () => { form.querySelector('.notice').hidden = false; });
  });
  form.hidden = false;
})();
)js";

}  // namespace

void form_post_script(http::Response& response) { script("document.forms[0].submit();\n", response); }
void passkey_script(http::Response& response) { script(kPasskey, response); }

}  // namespace jeton::protocols::pages
