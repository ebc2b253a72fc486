#include "authority/watch/actions.h"

#include <algorithm>

#include "authority/verify/opener.h"

namespace jeton::watch {

Action action_for(const policy::Settings& s, std::string_view rule) {
  if (verify::holds_all(s.watch_revoke, rule)) return Action::Revoke;
  static constexpr std::pair<std::string_view, Action> kActions[] = {
      {"throttle", Action::Throttle}, {"challenge", Action::Challenge}, {"quarantine", Action::Quarantine}, {"revoke", Action::Revoke}};
  auto hardest = Action::Notify;
  for (const auto& [name, action] : kActions)
    if (verify::holds_all(s.watch_action, std::string(rule) + "=" + std::string(name))) hardest = std::max(hardest, action);
  return hardest;
}

}  // namespace jeton::watch
