// What the server tells of its algorithms: for /readyz, for metrics, and where it does not start.
#pragma once

#include "program/metrics/metrics.h"
#include "protocols/rooms.h"

namespace jeton::serve {

// One part for all that work, and one for each that is out of service. A server is ready without an algorithm that others can do
// without; it is not without one that everything needs.
std::vector<protocols::HealthPart> algorithm_parts();
// "ES256 (RFC 6979 A.2.5), SHA-256 (…)": what is out of service, for people.
std::string out_of_service();

// Calls over a limit, by its level; calls that rules in observe mode would have refused.
std::vector<metrics::Sample> policy_samples(protocols::Rooms& rooms);
std::vector<metrics::Sample> algorithm_samples(protocols::Rooms& rooms);
// The report on cryptography as metrics. Reads every token once: for now and then, beside requests.
std::vector<metrics::Sample> report_samples(protocols::Rooms& rooms, Instant now);

}  // namespace jeton::serve
