// The figures of the rules, in one place; rules.cc says them in words.
#pragma once

#include <cstdint>

namespace jeton::watch::thresholds {

// Seconds, and counts within them.
inline constexpr std::uint32_t kOutOfOrder = 60;
inline constexpr std::uint32_t kLearning = 86400, kQuiet = 3600;         // a finding is not repeated within kQuiet
inline constexpr std::uint32_t kManyWindow = 600, kMany = 5;
inline constexpr double kFarKilometres = 500, kFastKilometresPerHour = 1000;
inline constexpr std::uint32_t kExpiredWindow = 600, kExpired = 10;
inline constexpr std::uint32_t kBurstWindow = 60, kTokenBurst = 30, kAddressBurst = 100, kNetworkBurst = 300, kGuesses = 20;
inline constexpr std::uint32_t kSecretWindow = 600, kPasswordGuesses = 20, kDeviceCodeGuesses = 10;
inline constexpr std::uint32_t kAccountWindow = 3600, kAccountNetworks = 5, kAccountGuesses = 50;
inline constexpr std::uint32_t kProbeWindow = 300, kProbes = 10;
inline constexpr std::uint32_t kSilence = 90 * 86400;
inline constexpr std::uint32_t kRateHours = 24, kRateLeast = 600, kRateFactor = 10;

}  // namespace jeton::watch::thresholds
