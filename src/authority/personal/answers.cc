#include "authority/personal/answers.h"

namespace jeton::personal {

AnswerKey AnswerKey::of(std::string_view caller, std::string_view header, std::string_view request) {
  std::string text(caller);
  text.append(1, '\0').append(header);
  return {crypto::sha256(as_bytes(text)), crypto::sha256(as_bytes(request))};
}

Result<std::optional<Secret>> Answers::find(const AnswerKey& key, Instant now) {
  TRY(auto saved, ledger_.answer(key.key, now));
  if (!saved) return std::nullopt;
  if (saved->request != key.request) return refuse(Refusal::Conflict, "this Idempotency-Key was used for another request");
  TRY(auto answer, sealer_.open({"answers", "sealed", to_hex(key.key)}, saved->sealed));
  return answer;
}

Result<ledger::Change> Answers::keep(const AnswerKey& key, ByteView answer, Instant now) {
  TRY(auto sealed, sealer_.seal({"answers", "sealed", to_hex(key.key)}, answer, entropy_));
  return ledger::Insert<ledger::SavedAnswer>{{key.key, key.request, std::move(sealed), now + kAnswersKept}};
}

Status Answers::keep_now(const AnswerKey& key, ByteView answer, Instant now) {
  TRY(auto change, keep(key, answer, now));
  TRY_VOID(ledger_.commit({std::move(change)}));
  return {};
}

}  // namespace jeton::personal
