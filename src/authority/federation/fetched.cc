#include "authority/federation/fetched.h"

#include "blocks/crypto/pem/encoded.h"
#include "blocks/xml/signature.h"

namespace jeton::federation {
namespace {

constexpr auto denied(std::string_view what) { return refuse(Refusal::Denied, what); }

Result<std::vector<crypto::VerifyKey>> keys_of_source(const Source& from) {
  std::vector<crypto::VerifyKey> keys;
  TRY(const auto parts, crypto::public_keys_of_pem(from.certificate));
  for (const auto& part : parts) {
    TRY(const auto made, xml::verify_keys(part));
    keys.insert(keys.end(), made.begin(), made.end());
  }
  return keys;
}

// The whole document is under the one signature of its root.
Status signed_by(std::string_view document, std::span<const crypto::VerifyKey> keys) {
  TRY(const auto read, xml::Document::parse(document));
  TRY(const auto signature, xml::signature_of(read.root()));
  if (!signature) return denied("the metadata is not signed");
  TRY_VOID(xml::verify(read.root(), *signature, keys));
  return {};
}

Status not_over(const saml::Metadata& metadata, Instant now) {
  if (metadata.valid_until && now >= *metadata.valid_until) return refuse(Refusal::Expired, "the metadata is not valid any more");
  return {};
}

template <class Record>
void note(Record& record, const Failure& failure) {
  record.from.trouble = failure.detail().empty() ? failure.name() : failure.detail();
}

template <class Providers, class Record>
Status refresh_one(Providers& providers, Record record, const Fetch& fetch, const audit::Doing& doing) {
  auto document = fetch(record.from.url);
  // It may have been changed or taken away meanwhile, and that stays so.
  auto there = providers.find(record.entity());
  if (!there && there.error().is_fault()) return std::unexpected(there.error());
  if (!there || there->from.url != record.from.url) return {};
  record = *std::move(there);
  auto believed = document ? fetched_again(*document, record.from, record.described, record.role(), doing.now) : std::move(document);
  auto next = record;
  next.from.fetched = doing.now;
  next.from.trouble.clear();
  if (believed) {
    next.metadata = *std::move(believed);
    const auto kept = providers.put(next, doing);
    if (kept || kept.error().is_fault()) return kept ? Status() : std::unexpected(kept.error());
    believed = std::unexpected(kept.error());
  }
  record.from.fetched = doing.now;
  note(record, believed.error());
  const auto kept = providers.put(std::move(record), doing);
  if (!kept && kept.error().is_fault()) return std::unexpected(kept.error());
  return {};
}

template <class Providers>
Status refresh_side(Providers providers, const Fetch& fetch, Seconds every, const audit::Doing& doing) {
  TRY(const auto all, providers.list());
  for (const auto& record : all)
    if (!record.from.url.empty() && record.from.fetched + every <= doing.now) TRY_VOID(refresh_one(providers, record, fetch, doing));
  return {};
}

}  // namespace

Result<std::string> first_fetched(std::string_view document, const Source& from, Instant now) {
  if (!from.certificate.empty()) {
    TRY(const auto keys, keys_of_source(from));
    TRY_VOID(signed_by(document, keys));
  }
  TRY(const auto metadata, saml::parse_metadata(document, ""));
  TRY_VOID(not_over(metadata, now));
  return std::string(document);
}

Result<std::string> fetched_again(std::string_view document, const Source& from, const saml::Metadata& known, const saml::Role& role,
                                  Instant now) {
  std::vector<crypto::VerifyKey> keys;
  if (!from.certificate.empty()) {
    TRY(keys, keys_of_source(from));
  } else {
    for (const auto& part : role.signing_keys) {
      TRY(const auto made, xml::verify_keys(part));
      keys.insert(keys.end(), made.begin(), made.end());
    }
  }
  TRY_VOID(signed_by(document, keys));
  TRY(const auto metadata, saml::parse_metadata(document, ""));
  TRY_VOID(not_over(metadata, now));
  if (metadata.entity != known.entity) return denied("the metadata is of another entity");
  // An older document of theirs, kept by somebody, ends no later than what is known.
  if (known.valid_until && (!metadata.valid_until || *metadata.valid_until < *known.valid_until))
    return denied("the metadata is older than what is known");
  return std::string(document);
}

Status refresh(ledger::Ledger& ledger, Entropy& entropy, const Fetch& fetch, Seconds every, const audit::Doing& doing) {
  TRY_VOID(refresh_side(ServiceProviders(ledger, entropy), fetch, every, doing));
  return refresh_side(IdentityProviders(ledger, entropy), fetch, every, doing);
}

}  // namespace jeton::federation
