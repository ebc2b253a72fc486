// The one strict JSON reader (RFC 8259): a cursor that walks a text once and proves its grammar.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "blocks/json/short_list.h"
#include "ground/result.h"

namespace jeton::json {

struct Limits {
  std::size_t size = 1 << 20;     // octets of text
  unsigned depth = 64;            // arrays and objects inside each other
  std::size_t members = 1024;     // of one object
};

enum class Kind : std::uint8_t { Null, False, True, Number, String, Array, Object };

// A value as it stands in the text. Views into the text.
struct Item {
  Kind kind = Kind::Null;
  bool escaped = false;          // a string with a backslash in it
  std::string_view raw;          // the whole value; a string with its quotes

  // A string's characters where they stand plain in the text; nothing for other kinds and for escaped ones.
  std::optional<std::string_view> plain() const {
    if (kind != Kind::String || escaped) return std::nullopt;
    return raw.substr(1, raw.size() - 2);
  }
  // A string's characters, unescaped into `scratch` where need be.
  std::optional<std::string_view> text(std::string& scratch) const;
  // A number without fraction or exponent, in 64 bits.
  std::optional<std::int64_t> integer() const;
  // The same, fractions and exponents rounded down, within ±2^53.
  std::optional<std::int64_t> floor() const;
};

// Octets of the well-formed UTF-8 sequence at the front (RFC 3629 §4), or 0.
std::size_t utf8_sequence(std::string_view text);

// Characters of a string without its quotes; the escapes are known to be good.
void unescape(std::string_view inner, std::string& out);

// Walks one text. Refuses: not UTF-8, a byte order mark, duplicate member names at any depth, lone surrogates, control
// characters in strings, numbers outside the grammar, anything after the value. One thread; no heap for usual texts.
class Scanner {
 public:
  Scanner(std::string_view text, const Limits& limits);

  // Reads one value, whatever it is, and moves past it.
  Result<Item> value();
  // For callers that walk in: after `{` or `[`, whether another member or element follows. Refuses bad punctuation.
  Status enter(char open);
  Result<bool> another(char close);
  // The name of the member at the cursor, with its colon. Unescaped; the view lives until the object ends.
  Result<std::string_view> name();
  // Those two and the value in one step, for walks over whole objects: both are set where a member follows. What is wrong: failure().
  enum class Step : std::uint8_t { Member, End, Wrong };
  Step member(std::string_view& name, Item& item);
  const Failure& failure() const { return wrong_; }
  void leave();
  // The kind of what follows.
  Result<Kind> peek();
  // After the last value: only white space is left.
  Status end();

 private:
  struct Frame {
    std::uint32_t names;   // where this object's names begin
    bool first = true;
    std::uint64_t seen = 0;   // a bit for each name by its mark: where it is not set, the name is new
  };
  void space();
  bool characters(bool& escaped);   // past a string's characters and its end; what is wrong is in wrong_
  // Each false where the text is wrong, and wrong_ says how: a Result for each of the many steps costs more than the step.
  bool step(Frame& frame, char close, bool& more);
  bool take_name(Frame& frame, std::string_view& name);
  bool take(Item& item);
  bool string(Item& item);
  bool number(Item& item);
  bool word(std::string_view spelled, Kind kind, Item& item);
  bool nested(char open);
  bool utf8();
  bool escape(bool& escaped);
  bool note_name(Frame& frame, std::string_view name);
  [[gnu::cold]] bool wrong(std::string_view what, Refusal why = Refusal::Malformed);

  std::string_view text_;
  std::size_t at_ = 0;
  Limits limits_;
  Failure wrong_ = Failure(Refusal::Malformed);
  ShortList<Frame, 24> frames_;
  ShortList<std::string_view, 40> names_;
  std::vector<std::unique_ptr<std::string>> unescaped_;
};

// Calls each(name, item) for every member of the object that `text` is; each returns a Status. Allocates nothing for texts
// of usual shape.
template <class Each>
Status each_member(std::string_view text, const Limits& limits, Each&& each) {
  Scanner scanner(text, limits);
  TRY_VOID(scanner.enter('{'));
  std::string_view name;
  Item item;
  for (;;) {
    const auto step = scanner.member(name, item);
    if (step == Scanner::Step::Wrong) return std::unexpected(scanner.failure());
    if (step == Scanner::Step::End) break;
    TRY_VOID(each(name, item));
  }
  scanner.leave();
  return scanner.end();
}

}  // namespace jeton::json
