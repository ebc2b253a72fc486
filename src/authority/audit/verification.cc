#include "authority/audit/verification.h"

#include <algorithm>

namespace jeton::audit {
namespace {

constexpr std::uint64_t kProgress = 10'000;

bool same(const Bytes& stored, const crypto::Sha256Digest& wanted) { return equal_constant_time(stored, wanted); }

// Zero where what stands there has another length, which nothing follows from.
crypto::Sha256Digest digest_of(const Bytes& stored) {
  crypto::Sha256Digest out{};
  if (stored.size() == out.size()) std::copy(stored.begin(), stored.end(), out.begin());
  return out;
}

}  // namespace

std::string_view name(Form form) {
  switch (form) {
    case Form::Sound: return "sound";
    case Form::Edited: return "edited";
    case Form::Deleted: return "deleted";
    case Form::Reordered: return "reordered";
    case Form::Inserted: return "inserted";
    case Form::CutOff: return "cut_off";
    case Form::NoCheckpoint: return "no_checkpoint";
    case Form::Unreadable: return "unreadable";
  }
  return {};
}

Verification::Verification(const ChainKeys& keys, std::vector<Checkpoint> checkpoints, std::function<void(std::uint64_t)> progress)
    : links_(keys), checkpoints_(std::move(checkpoints)), progress_(std::move(progress)) {
  if (!checkpoints_.empty()) verdict_.checkpoint = checkpoints_.back();
}

bool Verification::authentic(const ledger::AuditEvent& e) const { return same(e.seal, links_.seal(e)); }

bool Verification::follows(const ledger::AuditEvent& e, const crypto::Sha256Digest& before) const {
  return e.seal.size() == before.size() && same(e.link, links_.link(before, digest_of(e.seal)));
}

void Verification::found(Form form, std::uint64_t number, const EventId& id) {
  if (verdict_.form != Form::Sound) return;
  verdict_.form = form;
  verdict_.number = number;
  verdict_.id = id;
}

// What its successor was linked to tells what stood here.
Form Verification::form_of(const ledger::AuditEvent& e, const ledger::AuditEvent* next) const {
  const bool successor_knows_it = next != nullptr && follows(*next, digest_of(e.link));
  // Nothing stood between its neighbours, whatever octets it was given.
  if (!authentic(e) && next != nullptr && follows(*next, before_)) return Form::Inserted;
  if (!authentic(e)) return follows(e, before_) || successor_knows_it ? Form::Edited : Form::Inserted;
  if (next != nullptr && follows(*next, links_.link(before_, digest_of(e.seal)))) return Form::Edited;
  return successor_knows_it || next == nullptr ? Form::Deleted : Form::Reordered;
}

Form Verification::gap_form(const ledger::AuditEvent& e, const ledger::AuditEvent* next) const {
  if (e.number <= last_) return Form::Inserted;
  return authentic(e) || (next != nullptr && follows(*next, digest_of(e.link))) ? Form::Deleted : Form::Inserted;
}

void Verification::hold_against_checkpoints(const ledger::AuditEvent& e) {
  for (; next_checkpoint_ < checkpoints_.size() && checkpoints_[next_checkpoint_].number <= e.number; ++next_checkpoint_) {
    const auto& c = checkpoints_[next_checkpoint_];
    // The chain is whole, and is not the one this was written of: an older copy that went on by itself.
    if (c.number == e.number && !same(e.link, c.link)) found(Form::CutOff, e.number, e.id);
  }
}

void Verification::judge(const ledger::AuditEvent& e, const ledger::AuditEvent* next) {
  if (verdict_.form == Form::Sound) {
    if (e.number != last_ + 1) {
      const auto form = gap_form(e, next);
      found(form, form == Form::Deleted ? last_ + 1 : e.number, form == Form::Deleted ? EventId() : e.id);
    } else if (!authentic(e) || !follows(e, before_)) {
      found(form_of(e, next), e.number, e.id);
    } else {
      hold_against_checkpoints(e);
    }
  }
  authentic_ += authentic(e);
  last_ = e.number;
  before_ = digest_of(e.link);
}

bool Verification::visit(const ledger::AuditEvent& event) {
  if (pending_) judge(*pending_, &event);
  pending_ = event;
  if (++verdict_.events % kProgress == 0 && progress_) progress_(verdict_.events);
  return true;
}

Verdict Verification::verdict() {
  if (pending_) judge(*pending_, nullptr);
  pending_.reset();
  verdict_.last = last_;
  const auto expected = checkpoints_.empty() ? 0 : checkpoints_.back().number;
  // Nothing is missing, so what looked like a hole is elsewhere.
  if (verdict_.form == Form::Deleted && expected != 0 && authentic_ >= expected) verdict_.form = Form::Reordered;
  if (last_ < expected) found(Form::CutOff, last_ + 1, {});
  if (checkpoints_.empty() && verdict_.events != 0) found(Form::NoCheckpoint, last_, {});
  return verdict_;
}

Verdict Verification::unreadable() {
  if (pending_) judge(*pending_, nullptr);
  verdict_.last = last_;
  found(Form::Unreadable, last_ + 1, {});
  return verdict_;
}

}  // namespace jeton::audit
