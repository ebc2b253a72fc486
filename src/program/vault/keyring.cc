#include "program/vault/keyring.h"

#include <dlfcn.h>

#include <cstdlib>

#include "ground/base64url.h"
#include "ground/secret_pass.h"

namespace jeton::vault {
namespace {

// What is used of libsecret 0.20 (secret-password.h, secret-schema.h), spelled out so that neither its headers nor GLib's
// are needed to build. The layouts are part of its stable ABI.
struct Attribute {
  const char* name;
  int type;   // SECRET_SCHEMA_ATTRIBUTE_STRING = 0
};
struct Schema {
  const char* name;
  int flags;
  Attribute attributes[32];
  int reserved;
  void* reserved_pointers[7];
};
struct GError {
  std::uint32_t domain;
  int code;
  char* message;
};
using Lookup = char* (*)(const Schema*, void*, GError**, ...);
using Store = int (*)(const Schema*, const char*, const char*, const char*, void*, GError**, ...);
using Free = void (*)(char*);

constexpr Schema kSchema = {"org.jeton.Vault", 0, {{"vault", 0}}, 0, {}};

struct Library {
  Lookup lookup = nullptr;
  Store store = nullptr;
  Free free = nullptr;
};

// Loaded once and never unloaded: GLib does not bear it.
const Library& library() {
  static const Library loaded = [] {
    Library l;
    void* const handle = ::dlopen("libsecret-1.so.0", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == nullptr) return l;
    l.lookup = reinterpret_cast<Lookup>(::dlsym(handle, "secret_password_lookup_sync"));
    l.store = reinterpret_cast<Store>(::dlsym(handle, "secret_password_store_sync"));
    l.free = reinterpret_cast<Free>(::dlsym(handle, "secret_password_free"));
    return l;
  }();
  return loaded;
}

// Without a session bus GLib would try to start one.
bool reachable() {
  const char* bus = std::getenv("DBUS_SESSION_BUS_ADDRESS");
  const auto& l = library();
  return bus != nullptr && *bus != 0 && l.lookup != nullptr && l.store != nullptr && l.free != nullptr;
}

constexpr std::string_view kNone = "there is no system keyring to reach";

}  // namespace

Result<Secret> keyring_key(const VaultId& id) {
  if (!reachable()) return refuse(Refusal::Unsupported, kNone);
  GError* error = nullptr;
  char* const text = library().lookup(&kSchema, nullptr, &error, "vault", to_hex(id).c_str(), static_cast<char*>(nullptr));
  if (error != nullptr) return refuse(Refusal::Unsupported, kNone);
  if (text == nullptr) return refuse(Refusal::NotFound, "the system keyring does not hold this vault's key");
  auto octets = base64url::decode(text);
  library().free(text);   // wipes it
  if (!octets || octets->size() != 32) return fault(Fault::StoreCorrupt, "the key in the system keyring is damaged");
  return Secret(*std::move(octets));
}

Status keep_in_keyring(const VaultId& id, const Secret& key) {
  if (!reachable()) return refuse(Refusal::Unsupported, kNone);
  auto text = base64url::encode(key.read(program::Pass::key()));
  GError* error = nullptr;
  const int kept = library().store(&kSchema, nullptr, "Jeton vault", text.c_str(), nullptr, &error, "vault", to_hex(id).c_str(),
                                   static_cast<char*>(nullptr));
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (kept == 0 || error != nullptr) return refuse(Refusal::Unsupported, "the system keyring does not take the key");
  return {};
}

}  // namespace jeton::vault
