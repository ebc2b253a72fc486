// Reads an audit from end to end and says whether anybody has changed it, where first, and how.
#pragma once

#include <functional>

#include "authority/audit/chain.h"

namespace jeton::audit {

enum class Form : std::uint8_t { Sound, Edited, Deleted, Reordered, Inserted, CutOff, NoCheckpoint, Unreadable };
// "edited", "cut_off", in answers.
std::string_view name(Form form);

struct Verdict {
  Form form = Form::Sound;
  std::uint64_t number = 0;          // the first bad place
  EventId id;                        // what stands there; none() where nothing does
  std::uint64_t events = 0;          // rows that were read
  std::uint64_t last = 0;            // the last event's number
  std::optional<Checkpoint> checkpoint;   // the newest there is
};

// One reading. Memory does not grow with the events.
class Verification final : public ledger::AuditVisitor {
 public:
  // `checkpoints` in the order of their numbers; `progress` is called now and then with how many were read.
  Verification(const ChainKeys& keys, std::vector<Checkpoint> checkpoints, std::function<void(std::uint64_t)> progress);
  bool visit(const ledger::AuditEvent& event) override;
  // After the last one.
  Verdict verdict();
  // The store could not read a row.
  Verdict unreadable();

 private:
  void judge(const ledger::AuditEvent& event, const ledger::AuditEvent* next);
  Form form_of(const ledger::AuditEvent& event, const ledger::AuditEvent* next) const;
  Form gap_form(const ledger::AuditEvent& event, const ledger::AuditEvent* next) const;
  bool follows(const ledger::AuditEvent& event, const crypto::Sha256Digest& before) const;
  bool authentic(const ledger::AuditEvent& event) const;
  void found(Form form, std::uint64_t number, const EventId& id);
  void hold_against_checkpoints(const ledger::AuditEvent& event);

  const Links links_;
  const std::vector<Checkpoint> checkpoints_;
  std::function<void(std::uint64_t)> progress_;
  std::size_t next_checkpoint_ = 0;
  std::optional<ledger::AuditEvent> pending_;
  crypto::Sha256Digest before_{};     // the link of the last event, as it stands there
  std::uint64_t last_ = 0, authentic_ = 0;
  Verdict verdict_;
};

}  // namespace jeton::audit
