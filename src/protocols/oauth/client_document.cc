#include "protocols/oauth/client_document.h"

#include <algorithm>

#include "authority/policy/settings.h"
#include "blocks/json/value.h"
#include "protocols/oauth/registration.h"

namespace jeton::protocols::oauth {
namespace {

constexpr auto bad(std::string_view why) { return refuse(Refusal::NotFound, why); }

std::string_view host_and_path(std::string_view url) { return url.substr(std::string_view("https://").size()); }

// A path, no fragment, no user name, nothing that could be spelled in two ways.
bool good_address(std::string_view url) {
  const auto rest = host_and_path(url);
  const auto slash = rest.find('/');
  if (url.size() > 500 || slash == std::string_view::npos || slash == 0 || rest.substr(0, slash).find('@') != std::string_view::npos)
    return false;
  for (const char c : url)
    if (c <= 0x20 || c >= 0x7f || c == '#' || c == '?' || c == '\\' || c == '%' || c == '"' || c == '<' || c == '>') return false;
  return rest.find("/../") == std::string_view::npos && rest.find("/./") == std::string_view::npos && !rest.ends_with("/..") &&
         !rest.ends_with("/.");
}

// The same address is the same client, whether the ledger has met it or not.
ClientId id_of(std::string_view url) {
  const auto hash = crypto::sha256(as_bytes("client document " + std::string(url)));
  Ulid ulid;
  std::copy_n(hash.begin(), ulid.octets.size(), ulid.octets.begin());
  return ClientId(ulid);
}

// What the document says, as a registration by nobody we know.
Result<Client> described(Rooms& rooms, std::string_view url, const std::string& text) {
  const auto v = json::parse(text, {.size = 32 * 1024, .depth = 16});
  if (!v || v->object() == nullptr) return bad("client_id: the document is no JSON object");
  // Byte for byte: the document speaks for the address it stands at, and for no other.
  if (v->string_at("client_id") != url) return bad("client_id: the document is another client's");
  const auto method = v->string_at("token_endpoint_auth_method").value_or("none");
  // What everybody may read keeps no secret.
  if (v->find("client_secret") != nullptr || v->find("client_secret_expires_at") != nullptr ||
      (method != "none" && method != "private_key_jwt"))
    return bad("client_id: a document has no secret; token_endpoint_auth_method is none or private_key_jwt");
  ledger::Client record;
  record.id = id_of(url);
  TRY_VOID(read_metadata(rooms, *v, Asker::Stranger, record));
  TRY(auto profile, clients::read_profile(record));
  if (!v->find("token_endpoint_auth_method")) profile.auth = clients::AuthMethod::None;
  if (profile.auth == clients::AuthMethod::None && record.type == ledger::ClientType::Web) record.type = ledger::ClientType::Spa;
  profile.document = url;
  record.profile = clients::write(profile);
  // People are shown where it comes from, whatever it calls itself.
  const auto host = host_and_path(url).substr(0, host_and_path(url).find('/'));
  record.name = shown_name(*v, record.id) + " (" + std::string(host) + ")";
  return Client{std::move(record), std::move(profile)};
}

bool same(const ledger::Client& a, const ledger::Client& b) {
  return a.name == b.name && a.type == b.type && a.redirects == b.redirects && a.scopes == b.scopes && a.profile == b.profile;
}

Result<Client> known(ledger::Client record) {
  TRY(auto profile, clients::read_profile(record));
  return Client{std::move(record), std::move(profile)};
}

}  // namespace

Result<Client> client_of_document(Rooms& rooms, std::string_view url) {
  TRY(const auto settings, policy::read_settings(rooms.ledger));
  if (settings.client_documents != "open" || !good_address(url)) return bad("no such client");
  TRY(auto stored, rooms.ledger.client(id_of(url)));
  // Who was deleted or disabled here does not come back by itself.
  if (stored && stored->standing != ledger::Standing::Active) return bad("no such client");
  const auto text = rooms.program.document(std::string(url));
  if (!text && text.error().is_fault() && stored) return known(*std::move(stored));
  if (!text) return bad(text.error().detail());
  TRY(auto now, described(rooms, url, *text));
  if (!stored) {
    now.unsaved = true;
    return now;
  }
  // How long anything lives, how often it is called and what else the administrator said is no word of the document's.
  TRY(const auto before, clients::read_profile(*stored));
  now.profile.access_ttl = before.access_ttl;
  now.profile.refresh_ttl = before.refresh_ttl;
  now.profile.first_party = before.first_party;
  now.profile.fapi = before.fapi;
  if (const auto good = clients::good_fapi(now.profile); !good) return bad(good.error().detail());
  now.record.profile = clients::write(now.profile);
  if (same(now.record, *stored)) return known(*std::move(stored));
  now.unsaved = true;
  now.record.version = stored->version;
  now.record.created = stored->created;
  now.record.network = stored->network;
  now.record.limits = stored->limits;
  return now;
}

}  // namespace jeton::protocols::oauth
