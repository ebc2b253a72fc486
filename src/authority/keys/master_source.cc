#include "authority/keys/master_source.h"

#include <cstdlib>

#include "authority/keys/files.h"
#include "authority/keys/master_file.h"
#include "authority/keys/passphrase.h"
#include "authority/keys/pkcs11/token_master_key.h"
#include "ground/secret_pass.h"

namespace jeton::keys {
namespace {

std::string_view after(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : std::string_view();
}

// [systemd.exec(5), CREDENTIALS] a file of that name in a folder that is this unit's alone.
Result<Secret> read_credential(std::string_view name) {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr) return fault(Fault::Config, "there are no credentials here: LoadCredential= in the systemd unit brings them");
  if (name.empty() || name.find('/') != std::string_view::npos) return fault(Fault::Config, "a credential is named without a slash");
  auto read = read_private_file(std::string(folder) + "/" + std::string(name), Readers::Service);
  if (!read && read.error().is(Refusal::NotFound))
    return fault(Fault::Config, "there is no credential of that name: see LoadCredential= in the systemd unit");
  return read;
}

Result<Secret> read_variable(std::string_view name) {
  const std::string variable(name);
  char* value = std::getenv(variable.c_str());
  if (value == nullptr) return fault(Fault::Config, "the variable with the master key is not set");
  const std::string_view text(value);
  auto secret = Secret::copy_of(as_bytes(text));
  wipe({reinterpret_cast<std::uint8_t*>(value), text.size()});
  ::unsetenv(variable.c_str());
  return secret;
}

}  // namespace

Result<Secret> read_secret(std::string_view source) {
  if (const auto path = after(source, "file:"); !path.empty()) {
    auto read = read_private_file(std::string(path));
    if (!read && read.error().is(Refusal::NotFound))
      return fault(Fault::Config, "the file that holds the secret is not there: put it back");
    return read;
  }
  if (const auto name = after(source, "credential:"); !name.empty()) return read_credential(name);
  return read_variable(after(source, "env:"));
}

namespace {

bool is_plain(std::string_view source) {
  return !after(source, "file:").empty() || !after(source, "credential:").empty() || !after(source, "env:").empty();
}

}  // namespace

std::string_view wrong_source(std::string_view source) {
  if (is_plain(source)) return {};
  if (const auto inner = after(source, "passphrase:"); !inner.empty())
    return is_plain(inner) ? std::string_view() : "passphrase:file:PATH, passphrase:credential:NAME or passphrase:env:NAME is expected";
  if (source.starts_with("pkcs11:")) return {};
  return "file:PATH, credential:NAME, env:NAME, passphrase:… or pkcs11:… is expected";
}

Result<MasterKeyPtr> open_master_key(const std::string& source, IfMissing if_missing, SourceNotes& notes, Entropy& entropy) {
  if (!wrong_source(source).empty())
    return fault(Fault::Config, "the master key's source is file:PATH, credential:NAME, env:NAME, passphrase:… or pkcs11:…");
  if (const auto path = after(source, "file:"); !path.empty()) {
    auto there = load_master_file(std::string(path));
    if (there || !there.error().is(Refusal::NotFound)) return there;
    if (if_missing == IfMissing::Make) return create_master_file(std::string(path), entropy);
    return fault(Fault::Config, "the master key file is not there: put back the copy you keep of it");
  }
  if (source.starts_with("pkcs11:")) return open_token_master_key(source);
  if (const auto inner = after(source, "passphrase:"); !inner.empty()) {
    TRY(const auto passphrase, read_secret(inner));
    return open_passphrase(passphrase, if_missing, notes, entropy);
  }
  TRY(const auto line, read_secret(source));
  return parse_master_key(as_text(line.read(Pass::key())));
}

}  // namespace jeton::keys
