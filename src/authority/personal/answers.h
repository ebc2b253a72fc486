// Answers kept for callers that lost them: the same Idempotency-Key gets the same answer, also the same new token.
#pragma once

#include <array>
#include <mutex>
#include <string>

#include "authority/keys/sealer.h"
#include "authority/ledger/ledger.h"

namespace jeton::personal {

inline constexpr Seconds kAnswersKept{600};

// Names one use of an Idempotency-Key by one caller, and the request it stands for.
struct AnswerKey {
  crypto::Sha256Digest key{}, request{};
  // `caller`: who asked; `header`: the field's value; the request's method, path and body.
  static AnswerKey of(std::string_view caller, std::string_view header, std::string_view request);
};

// Any thread.
class Answers {
 public:
  Answers(ledger::Ledger& ledger, const keys::Sealer& sealer, Entropy& entropy) : ledger_(ledger), sealer_(sealer), entropy_(entropy) {}

  // Held from before `find` until the answer is kept: who asks again under a key meanwhile waits for that answer. Some keys share one.
  std::unique_lock<std::mutex> hold(const AnswerKey& key) { return std::unique_lock(held_[key.key[0] % held_.size()]); }
  // The answer given before, if there is one. Conflict where the key stood for another request.
  Result<std::optional<Secret>> find(const AnswerKey& key, Instant now);
  // Keeps the answer, in the commit of what it answers.
  Result<ledger::Change> keep(const AnswerKey& key, ByteView answer, Instant now);
  // Keeps the answer to what has happened already.
  Status keep_now(const AnswerKey& key, ByteView answer, Instant now);

 private:
  ledger::Ledger& ledger_;
  const keys::Sealer& sealer_;
  Entropy& entropy_;
  std::array<std::mutex, 64> held_;
};

}  // namespace jeton::personal
