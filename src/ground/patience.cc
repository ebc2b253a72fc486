#include "ground/patience.h"

namespace jeton {
namespace {

thread_local Patience* here = nullptr;

}  // namespace

Patience::Patience(Turn turn, Room room) : turn_(turn), room_(std::move(room)) { here = this; }
Patience::~Patience() { here = nullptr; }

bool Patience::put_off(std::string_view topic, Millis at_most) {
  if (here == nullptr || here->turn_ == Turn::Last || here->put_off_ || at_most <= Millis(0)) return false;
  if (here->turn_ == Turn::First && !here->room_(topic)) return false;
  here->put_off_ = PutOff{std::string(topic), at_most};
  return true;
}

}  // namespace jeton
