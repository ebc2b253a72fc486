// What a vault holds: items with named fields, and how a reference names one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ground/instant.h"
#include "ground/result.h"
#include "ground/secret.h"

namespace jeton::vault {

inline constexpr std::string_view kDefaultField = "token";
inline constexpr std::size_t kLargestValue = 1 << 20;   // octets

struct Field {
  std::string name;
  Secret value;
};

struct Item {
  std::string name;
  std::vector<Field> fields;   // sorted by name
  Instant updated;
};

// Which field of which item: "github", "github/user" or "jeton://vault/github/user". Names begin with a letter or digit and go
// on with those and . _ @ -, at most 64 characters.
struct Reference {
  std::string item;
  std::string field{kDefaultField};
  bool whole = true;           // no field was named
  // Malformed where it is not of one of these forms.
  static Result<Reference> parse(std::string_view text);
};

// Whether the text is a reference wherever it stands: "jeton://…".
bool is_url(std::string_view text);
bool good_name(std::string_view name);

class Contents {
 public:
  // Malformed where the octets are not a vault's plain text.
  static Result<Contents> parse(const Secret& plain);
  Secret render() const;

  const std::vector<Item>& items() const { return items_; }
  // Null where there is no such item or field.
  const Item* find(std::string_view item) const;
  const Secret* find(const Reference& ref) const;
  // Adds the field or replaces its value. TooLarge: a value over 1 MiB, over 10,000 items or 100 fields in one.
  Status put(const Reference& ref, Secret value, Instant now);
  // Takes the field away, or the item where no field was named; an item without fields is gone. False: there was none.
  bool remove(const Reference& ref, Instant now);

 private:
  std::vector<Item> items_;    // sorted by name
};

}  // namespace jeton::vault
