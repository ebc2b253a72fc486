// What the installation wants done about a finding, beside telling of it.
#pragma once

#include <string_view>

#include "authority/policy/settings.h"

namespace jeton::watch {

enum class Action : std::uint8_t {
  Notify,
  Throttle,     // a few calls a minute, for kThrottled
  Challenge,    // refused until its person logs in anew; throttled where nobody logged in for it
  Quarantine,   // refused until somebody releases it
  Revoke,
};
inline constexpr Seconds kThrottled{900};

// Of what the settings say of the rule, the hardest.
Action action_for(const policy::Settings& settings, std::string_view rule);

}  // namespace jeton::watch
