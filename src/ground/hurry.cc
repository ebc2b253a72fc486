#include "ground/hurry.h"

namespace jeton {
namespace {

thread_local Hurry* here = nullptr;

}  // namespace

Hurry::Hurry() { here = this; }
Hurry::~Hurry() { here = nullptr; }

bool Hurry::is_on() { return here != nullptr; }

Status Hurry::may_wait() {
  if (here == nullptr) return {};
  here->late_ = true;
  return fault(Fault::StoreUnavailable, "this cannot be answered without waiting");
}

bool Hurry::promise(Promise promise) {
  here->late_ = here->late_ || here->promised_;
  here->promised_ = true;
  here->promise_ = std::move(promise);
  return !here->late_;
}

}  // namespace jeton
