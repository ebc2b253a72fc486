#include "program/cli/parser.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "blocks/http/form.h"

namespace jeton::cli {
namespace {

using Words = std::span<const char* const>;

std::unexpected<UsageError> wrong(std::string text) { return std::unexpected(std::move(text)); }

// Of what was typed, only words that look like commands or options are repeated.
bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 24 && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos;
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0u);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t corner = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j)
      corner = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, corner + (a[i - 1] == b[j - 1] ? 0u : 1u)}));
  }
  return row[b.size()];
}

std::string did_you_mean(std::string_view typed, const std::vector<std::string_view>& names) {
  const auto near = nearest(typed, names);
  return near.empty() ? std::string() : "; did you mean " + std::string(near) + "?";
}

// One pass over the words, holding each against the table.
class Reading {
 public:
  Reading(Words words, std::span<const Command* const> commands) : words_(words), commands_(commands) {}

  std::expected<Parsed, UsageError> run() {
    bool options_end = false;
    for (; at_ < words_.size(); ++at_) {
      const std::string_view word = words_[at_];
      if (!options_end && !http::well_formed_utf8(word)) return wrong("a word of the command line is not UTF-8 text" + see());
      if (!options_end && word == "--") {
        options_end = true;
      } else if (!options_end && word.size() > 1 && word[0] == '-') {
        if (auto done = option(word); !done) return std::unexpected(done.error());
      } else if (!options_end && operands_.empty() && extends(word)) {
        parsed_.path += (parsed_.path.empty() ? "" : " ") + std::string(word);
        parsed_.command = exact(parsed_.path);
      } else if (parsed_.command == nullptr) {
        return no_command(word);
      } else {
        // Right behind the values of "--scope SCOPE…" a word may be one more of them.
        operands_.push_back({word, options_end ? nullptr : row_});
        continue;
      }
      if (word.size() < 2 || word[0] != '-') row_ = nullptr;
    }
    return finish();
  }

 private:
  // Whether the word leads from the path so far to a command.
  bool extends(std::string_view word) const {
    const std::string longer = parsed_.path.empty() ? std::string(word) : parsed_.path + " " + std::string(word);
    return std::any_of(commands_.begin(), commands_.end(), [&](const Command* c) {
      return c->path.starts_with(longer) && (c->path.size() == longer.size() || c->path[longer.size()] == ' ');
    });
  }

  const Command* exact(std::string_view path) const {
    for (const auto* c : commands_)
      if (c->path == path) return c;
    return nullptr;
  }

  std::unexpected<UsageError> no_command(std::string_view word) const {
    const std::string prefix = parsed_.path.empty() ? "" : parsed_.path + " ";
    std::vector<std::string_view> next;
    for (const auto* c : commands_)
      if (c->path.starts_with(prefix)) {
        const auto rest = c->path.substr(prefix.size());
        next.push_back(rest.substr(0, rest.find(' ')));
      }
    const std::string called = is_word(word) ? " \"" + prefix + std::string(word) + "\"" : std::string(" of that name");
    return wrong("there is no command" + called + did_you_mean(word, next) + "\nSee jeton " + prefix + "--help.");
  }

  std::vector<std::string_view> option_names() const {
    std::vector<std::string_view> names;
    if (parsed_.command != nullptr)
      for (const auto& o : parsed_.command->options) names.push_back(o.name);
    for (const auto& o : options_of_all()) {
      names.push_back(o.name);
      if (const auto other = other_spelling(o.name); !other.empty()) names.push_back(other);
    }
    return names;
  }

  const Option* find(std::string_view name) const {
    if (parsed_.command != nullptr)
      for (const auto& o : parsed_.command->options)
        if (o.name == name) return &o;
    for (const auto& o : options_of_all())
      if (o.name == name || (!other_spelling(o.name).empty() && other_spelling(o.name) == name)) return &o;
    return nullptr;
  }

  std::expected<void, UsageError> option(std::string_view word) {
    auto name = word.substr(0, word.find('='));
    std::optional<std::string_view> value;
    if (name.size() < word.size()) value = word.substr(name.size() + 1);
    if (!word.starts_with("--") && word.size() > 2 && word.starts_with("-o")) {
      name = "-o";
      value = word.substr(word[2] == '=' ? 3 : 2);
    }
    const auto* option = find(name);
    if (option == nullptr) {
      const bool speakable = is_word(name);
      return wrong("there is no option" + (speakable ? " " + std::string(name) : " of that name") +
                   (parsed_.path.empty() ? "" : " of " + parsed_.path) + did_you_mean(name, option_names()) + see());
    }
    if (option->name == "--help") {
      parsed_.help = true;
      return {};
    }
    if (option->value.empty()) {
      if (value) return wrong(std::string(option->name) + " takes no value" + see());
      parsed_.given.mark(option->name);
      row_ = nullptr;
      return {};
    }
    if (!value) {
      const bool there = at_ + 1 < words_.size() && !std::string_view(words_[at_ + 1]).starts_with("--");
      if (!there)
        return wrong(std::string(option->name) + " needs a value: " + std::string(option->name) + " " + std::string(option->value) + see());
      value = words_[++at_];
    }
    return take(*option, *value);
  }

  std::expected<void, UsageError> take(const Option& option, std::string_view value) {
    const auto allowed = choices(option.value);
    if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), value) == allowed.end())
      return wrong(std::string(option.name) + " takes one of " + std::string(option.value) + did_you_mean(value, allowed) + see());
    row_ = option.value.ends_with("…") ? &option : nullptr;
    const bool once = option.count == Count::Maybe || option.count == Count::Once;
    if (once && parsed_.given.has(option.name)) return wrong(std::string(option.name) + " stands twice" + see());
    parsed_.given.add(option.name, std::string(value));
    return {};
  }

  // Words the command has no room for go to the option they stand behind, the first of them first.
  void give_back() {
    std::size_t room = 0;
    for (const auto& o : parsed_.command->operands) room += o.count == Count::Many || o.count == Count::OneOrMore ? operands_.size() : 1;
    for (auto at = operands_.begin(); operands_.size() > room && at != operands_.end();) {
      if (at->behind == nullptr) {
        ++at;
        continue;
      }
      parsed_.given.add(at->behind->name, std::string(at->text));
      at = operands_.erase(at);
    }
  }

  std::string see() const { return "\nSee jeton " + parsed_.path + (parsed_.path.empty() ? "" : " ") + "--help."; }

  // Operands in their order; then whatever is missing.
  std::expected<Parsed, UsageError> finish() {
    if (parsed_.command == nullptr || parsed_.help) return std::move(parsed_);
    give_back();
    std::size_t next = 0;
    for (const auto& operand : parsed_.command->operands) {
      const bool many = operand.count == Count::Many || operand.count == Count::OneOrMore;
      const bool needed = operand.count == Count::Once || operand.count == Count::OneOrMore;
      if (needed && next == operands_.size())
        return wrong(std::string(operand.name) + " is missing: " + std::string(operand.meaning) + see());
      for (std::size_t taken = 0; next < operands_.size() && (many || taken == 0); ++taken)
        parsed_.given.add(operand.name, std::string(operands_[next++].text));
    }
    if (next < operands_.size())
      return wrong("there is a word too many after " + parsed_.path +
                   "; a secret is never an argument, and text with spaces stands in quotes" + see());
    for (const auto& option : parsed_.command->options) {
      const bool needed = option.count == Count::Once || option.count == Count::OneOrMore;
      if (needed && !parsed_.given.has(option.name))
        return wrong(std::string(option.name) + " " + std::string(option.value) + " is missing: " + std::string(option.meaning) + see());
    }
    return std::move(parsed_);
  }

  Words words_;
  std::span<const Command* const> commands_;
  std::size_t at_ = 0;
  Parsed parsed_;
  struct Word {
    std::string_view text;
    const Option* behind;   // the option of many values it stands right behind, or null
  };
  std::vector<Word> operands_;
  const Option* row_ = nullptr;
};

}  // namespace

std::expected<Parsed, UsageError> parse(Words words, std::span<const Command* const> commands) { return Reading(words, commands).run(); }

std::expected<Parsed, UsageError> parse(Words words) { return parse(words, commands()); }

std::vector<std::string_view> choices(std::string_view value) {
  std::vector<std::string_view> list;
  if (value.find('|') == std::string_view::npos) return list;
  while (!value.empty()) {
    const auto one = value.substr(0, value.find('|'));
    value.remove_prefix(std::min(one.size() + 1, value.size()));
    if (one.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_+") != std::string_view::npos) return {};
    list.push_back(one);
  }
  return list;
}

std::string_view nearest(std::string_view typed, std::span<const std::string_view> names) {
  std::string_view best;
  std::size_t least = std::max<std::size_t>(1, std::min<std::size_t>(3, typed.size() / 3)) + 1;
  if (typed.size() > 40) return best;
  for (const auto name : names) {
    const auto d = distance(typed, name);
    if (d < least) least = d, best = name;
  }
  return best;
}

}  // namespace jeton::cli
