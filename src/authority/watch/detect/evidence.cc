#include "authority/watch/detect/evidence.h"

namespace jeton::watch {

void write_place(json::Writer& w, const Finding& f) {
  if (f.where.country[0] != 0) w.member("country", std::string_view(f.where.country.data(), f.where.country.size()));
  if (f.where.asn != 0) w.member("asn", static_cast<std::int64_t>(f.where.asn));
  if (!f.fresh.prefix) return;
  w.key("new").array().string("prefix");
  if (f.fresh.asn) w.string("asn");
  if (f.fresh.country) w.string("country");
  w.end_array().member("new_to", f.fresh.owner ? "owner" : "token");
}

std::string evidence_of(const Finding& f) {
  std::string out;
  json::Writer w(out);
  w.object();
  if (!f.token.none()) w.member("token", f.token.text());
  w.optional("address", f.address.text()).member("count", static_cast<std::int64_t>(f.count));
  write_place(w, f);
  w.member("advice", info(f.pattern).advice).end_object();
  return out;
}

}  // namespace jeton::watch
