// What people prove with who they are: as the ledger had it that is replaced, sealed anew where the data keys are others by now.
#include <algorithm>

#include "authority/ledger/pages.h"
#include "blocks/crypto/random.h"
#include "ground/secret_pass.h"
#include "program/cli/local/carry_steps.h"

namespace jeton::cli {

using namespace ledger;

namespace {

Result<Bytes> sealed_here(const Restoration& restoration, const Credential& c) {
  const auto id = c.id.text();
  const keys::Place place{"credentials", "sealed", id};
  if (restoration.before_sealer == nullptr) return refuse(Refusal::UnknownKey);
  TRY(const auto plain, restoration.before_sealer->open(place, c.sealed));
  crypto::SystemEntropy entropy;
  return restoration.restored_sealer.seal(place, plain.read(program::Pass::key()), entropy);
}

// One by one as they are there, those that are gone first. Where one that is newer does not open, nothing of that person's is left to log in with.
Status carry_person(const Restoration& restoration, const PrincipalId& id, std::vector<ledger::Change>& changes) {
  TRY(const auto old, restoration.before.credentials(id));
  TRY(const auto mine, restoration.restored.credentials(id));
  const auto find = [](const std::vector<Credential>& in, const CredentialId& wanted) {
    return std::ranges::find_if(in, [&](const Credential& c) { return c.id == wanted; });
  };
  std::vector<ledger::Change> gone, all;
  for (const auto& c : mine) {
    gone.emplace_back(c.id);
    if (find(old, c.id) == old.end()) all.emplace_back(c.id);
  }
  for (auto c : old) {
    const auto there = find(mine, c.id);
    if (there != mine.end() && there->version == c.version) continue;
    auto sealed = sealed_here(restoration, c);
    if (!sealed) {
      all = std::move(gone);
      break;
    }
    c.sealed = *std::move(sealed);
    c.version = there == mine.end() ? 1 : there->version;
    if (there == mine.end()) all.push_back(Insert<Credential>{std::move(c)});
    else all.push_back(Update<Credential>{std::move(c)});
  }
  changes.insert(changes.end(), std::make_move_iterator(all.begin()), std::make_move_iterator(all.end()));
  return {};
}

}  // namespace

Result<std::size_t> carry_credentials(const Restoration& restoration) {
  std::vector<ledger::Change> changes;
  TRY_VOID(ledger::each_of<PrincipalId>([&](const auto& page) { return restoration.restored.principals(PrincipalKind::User, page); },
                                        [&](Principal& p) { return carry_person(restoration, p.id, changes); }));
  return commit_all(restoration.restored, std::move(changes));
}

}  // namespace jeton::cli
