#include "blocks/crypto/pkcs11/module.h"

#include <dlfcn.h>

#include <cstring>
#include <map>
#include <mutex>
#include <vector>

namespace jeton::crypto::pkcs11 {
namespace {

// PKCS#11 pads its texts with blanks.
bool same(const unsigned char* padded, std::size_t size, std::string_view text) {
  while (size > 0 && padded[size - 1] == ' ') --size;
  return std::string_view(reinterpret_cast<const char*>(padded), size) == text;
}

Result<CK_FUNCTION_LIST*> load(const std::string& path) {
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    return fault(Fault::Config, "the PKCS#11 module cannot be loaded: check module-path, and that its package is installed");
  const auto list_of = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  CK_FUNCTION_LIST* module = nullptr;
  if (list_of == nullptr || list_of(&module) != CKR_OK || module == nullptr) {
    ::dlclose(library);
    return fault(Fault::Config, "the file at module-path is not a PKCS#11 module");
  }
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  const auto rv = module->C_Initialize(&arguments);
  if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED)
    return fault(Fault::Config, "the PKCS#11 module does not start: check its own configuration");
  return module;
}

}  // namespace

Result<CK_FUNCTION_LIST*> load_module(const std::string& path) {
  static std::mutex mutex;
  static std::map<std::string, CK_FUNCTION_LIST*> loaded;
  const std::lock_guard lock(mutex);
  const auto at = loaded.find(path);
  if (at != loaded.end()) return at->second;
  TRY(auto* module, load(path));
  loaded.emplace(path, module);
  return module;
}

Result<CK_SLOT_ID> find_token(CK_FUNCTION_LIST* module, const Uri& uri) {
  CK_ULONG count = 0;
  auto rv = module->C_GetSlotList(CK_TRUE, nullptr, &count);
  if (rv != CKR_OK) return failure(rv);
  std::vector<CK_SLOT_ID> slots(count);
  rv = module->C_GetSlotList(CK_TRUE, slots.data(), &count);
  if (rv != CKR_OK) return failure(rv);
  slots.resize(count);
  for (const auto slot : slots) {
    CK_TOKEN_INFO info{};
    if (module->C_GetTokenInfo(slot, &info) != CKR_OK) continue;
    if (!uri.token.empty() && !same(info.label, sizeof info.label, uri.token)) continue;
    if (!uri.serial.empty() && !same(info.serialNumber, sizeof info.serialNumber, uri.serial)) continue;
    return slot;
  }
  return fault(Fault::Config, "the PKCS#11 module has no token of that name: is it plugged in, and token= spelled as on it?");
}

std::unexpected<Failure> failure(CK_RV rv) {
  switch (rv) {
    case CKR_PIN_INCORRECT:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE: return fault(Fault::Config, "the PKCS#11 token does not take the PIN: check the file at pin-source");
    case CKR_PIN_LOCKED:
      return fault(Fault::Config, "the PKCS#11 token is locked after too many wrong PINs: unlock it with the security officer's PIN");
    case CKR_PIN_EXPIRED: return fault(Fault::Config, "the PIN of the PKCS#11 token has expired: set a new one");
    case CKR_USER_PIN_NOT_INITIALIZED: return fault(Fault::Config, "the PKCS#11 token has no user PIN yet: set one");
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_DEVICE_REMOVED: return fault(Fault::Config, "the PKCS#11 token is not there: plug it in");
    case CKR_MECHANISM_INVALID:
    case CKR_KEY_TYPE_INCONSISTENT:
    case CKR_KEY_FUNCTION_NOT_PERMITTED:
      return fault(Fault::Config, "the key in the PKCS#11 token cannot be used so: it is of another type, or its attributes forbid it");
    case CKR_ENCRYPTED_DATA_INVALID:
    case CKR_ENCRYPTED_DATA_LEN_RANGE:
    case CKR_SIGNATURE_INVALID: return refuse(Refusal::BadSignature, "sealed by another key, or damaged");
    default: return fault(Fault::Crypto, "the PKCS#11 token failed");
  }
}

bool session_lost(CK_RV rv) {
  return rv == CKR_SESSION_HANDLE_INVALID || rv == CKR_SESSION_CLOSED || rv == CKR_USER_NOT_LOGGED_IN || rv == CKR_DEVICE_REMOVED ||
         rv == CKR_KEY_HANDLE_INVALID;
}

}  // namespace jeton::crypto::pkcs11
