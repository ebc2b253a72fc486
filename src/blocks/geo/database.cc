#include "blocks/geo/database.h"

#include <maxminddb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace jeton::geo {
namespace {

// A value under a path of names, of the type wanted; nothing otherwise.
template <class... Names>
bool value(MMDB_entry_s* entry, MMDB_entry_data_s& data, std::uint32_t type, Names... names) {
  return MMDB_get_value(entry, &data, names..., nullptr) == MMDB_SUCCESS && data.has_data && data.type == type;
}

bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }

void read(MMDB_entry_s* entry, Place& place) {
  MMDB_entry_data_s data;
  if (place.country[0] == 0 && value(entry, data, MMDB_DATA_TYPE_UTF8_STRING, "country", "iso_code") && data.data_size == 2 &&
      is_capital(data.utf8_string[0]) && is_capital(data.utf8_string[1]))
    place.country = {data.utf8_string[0], data.utf8_string[1]};
  if (place.asn == 0 && value(entry, data, MMDB_DATA_TYPE_UINT32, "autonomous_system_number")) place.asn = data.uint32;
  MMDB_entry_data_s longitude;
  if (!place.located && value(entry, data, MMDB_DATA_TYPE_DOUBLE, "location", "latitude") &&
      value(entry, longitude, MMDB_DATA_TYPE_DOUBLE, "location", "longitude")) {
    place.located = true;
    place.latitude = static_cast<float>(data.double_value), place.longitude = static_cast<float>(longitude.double_value);
  }
}

}  // namespace

struct Database::File {
  MMDB_s db{};
  bool open = false;
  ~File() {
    if (open) MMDB_close(&db);
  }
};

Database::Database() = default;
Database::~Database() = default;

Result<std::unique_ptr<const Database>> Database::open(const std::vector<std::string>& paths) {
  std::unique_ptr<Database> all(new Database);
  for (const auto& path : paths) {
    auto file = std::make_unique<File>();
    file->open = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &file->db) == MMDB_SUCCESS;
    if (!file->open) return refuse(Refusal::Invalid, "geo_database: a file is missing, or not a database in MaxMind's format");
    all->files_.push_back(std::move(file));
  }
  return std::unique_ptr<const Database>(std::move(all));
}

Place Database::at(const net::Address& a) const {
  Place place;
  if (a.is_none()) return place;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET, v6.sin6_family = AF_INET6;
  std::memcpy(&v4.sin_addr, a.octets().data() + 12, 4);
  std::memcpy(&v6.sin6_addr, a.octets().data(), 16);
  const auto* address = a.is_v4() ? reinterpret_cast<const sockaddr*>(&v4) : reinterpret_cast<const sockaddr*>(&v6);
  for (const auto& file : files_) {
    if (!a.is_v4() && file->db.metadata.ip_version == 4) continue;
    int error = 0;
    auto found = MMDB_lookup_sockaddr(&file->db, address, &error);
    if (error == MMDB_SUCCESS && found.found_entry) read(&found.entry, place);
  }
  return place;
}

}  // namespace jeton::geo
