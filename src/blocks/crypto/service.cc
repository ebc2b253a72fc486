#include "blocks/crypto/service.h"

#include <atomic>

namespace jeton::crypto {
namespace {
std::atomic<std::uint32_t> out{0};
constexpr std::uint32_t bit(SignAlg alg) { return 1u << static_cast<unsigned>(alg); }
}  // namespace

bool in_service(SignAlg alg) { return (out.load(std::memory_order_relaxed) & bit(alg)) == 0; }
void take_out_of_service(SignAlg alg) { out.fetch_or(bit(alg)); }
void put_in_service(SignAlg alg) { out.fetch_and(~bit(alg)); }

}  // namespace jeton::crypto
