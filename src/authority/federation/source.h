// Where an entity's metadata comes from, where it is fetched again and again.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "ground/instant.h"
#include "ground/result.h"

namespace jeton::federation {

// Metadata at an address. Other keys than those that are known are taken from there only under the signature of `certificate`, or of one of the
// entity's keys that are known already: who controls the address alone cannot become the entity.
struct Source {
  std::string url;  // https, or http on this machine; empty: the metadata was given as a file
  std::string certificate;  // PEM of who signs the document; empty: the entity itself does
  Instant fetched;  // when it was last fetched well
  std::string trouble;  // why the last attempt failed; empty where it did not
};

// https, or http on this machine by its literal address or as localhost.
bool secure_address(std::string_view url);

// Invalid: not an https address, or not one certificate.
Status check(const Source& source);
void write(json::Writer& w, const Source& source);
Source read_source(const json::Value& record);

}  // namespace jeton::federation
