#include "program/scan/literals.h"

#include <dlfcn.h>
#include <hs/hs.h>

#include <algorithm>

namespace jeton::scan {
namespace {

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::size_t pair_of(char a, char b) {
  return static_cast<std::size_t>(static_cast<unsigned char>(small(a))) << 8 | static_cast<unsigned char>(small(b));
}

bool same(std::string_view literal, std::string_view text, bool any_case) {
  if (!any_case) return text.starts_with(literal);
  if (text.size() < literal.size()) return false;
  for (std::size_t i = 0; i < literal.size(); ++i)
    if (small(literal[i]) != small(text[i])) return false;
  return true;
}

// Hyperscan's functions, loaded when a scan begins: the other commands do not pay for its five megabytes.
struct Library {
  decltype(&hs_valid_platform) valid_platform = nullptr;
  decltype(&hs_compile_lit_multi) compile = nullptr;
  decltype(&hs_free_compile_error) free_error = nullptr;
  decltype(&hs_free_database) free_database = nullptr;
  decltype(&hs_alloc_scratch) alloc_scratch = nullptr;
  decltype(&hs_free_scratch) free_scratch = nullptr;
  decltype(&hs_scan) scan = nullptr;

  bool load() {
    void* const handle = ::dlopen("libhs.so.5", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == nullptr) return false;
    return find(handle, "hs_valid_platform", valid_platform) && find(handle, "hs_compile_lit_multi", compile) &&
           find(handle, "hs_free_compile_error", free_error) && find(handle, "hs_free_database", free_database) &&
           find(handle, "hs_alloc_scratch", alloc_scratch) && find(handle, "hs_free_scratch", free_scratch) &&
           find(handle, "hs_scan", scan) && valid_platform() == HS_SUCCESS;
  }
  template <class F>
  static bool find(void* handle, const char* name, F& to) {
    to = reinterpret_cast<F>(::dlsym(handle, name));
    return to != nullptr;
  }
};

}  // namespace

struct Literals::Fast {
  Library library;
  hs_database_t* database = nullptr;
  ~Fast() {
    if (database != nullptr) library.free_database(database);
  }

  bool compile(const std::vector<One>& all) {
    std::vector<const char*> texts;
    std::vector<unsigned> flags, ids;
    std::vector<std::size_t> sizes;
    for (const auto& one : all) {
      texts.push_back(one.text.data());
      sizes.push_back(one.text.size());
      flags.push_back(one.any_case ? HS_FLAG_CASELESS : 0);
      ids.push_back(static_cast<unsigned>(ids.size()));
    }
    hs_compile_error_t* error = nullptr;
    if (library.compile(texts.data(), flags.data(), ids.data(), sizes.data(), static_cast<unsigned>(all.size()), HS_MODE_BLOCK, nullptr,
                        &database, &error) == HS_SUCCESS)
      return true;
    library.free_error(error);
    return false;
  }
};

Literals::Literals(Engine engine) : first_(65536) {
  lists_.emplace_back();
  const auto table = rules();
  for (std::size_t rule = 0; rule < table.size(); ++rule)
    for (auto left = table[rule].literals; !left.empty();) {
      const auto one = left.substr(0, left.find('|'));
      left.remove_prefix(std::min(one.size() + 1, left.size()));
      auto& place = first_[pair_of(one[0], one[1])];
      if (place == 0) {
        place = static_cast<std::uint16_t>(lists_.size());
        lists_.emplace_back();
      }
      lists_[place].push_back(static_cast<std::uint16_t>(all_.size()));
      all_.push_back({one, static_cast<std::uint16_t>(rule), table[rule].any_case});
    }
  if (engine == Engine::Plain) return;
  auto fast = std::make_unique<Fast>();
  if (fast->library.load() && fast->compile(all_)) fast_ = std::move(fast);
}

Literals::~Literals() = default;

void Literals::plain(std::string_view text, std::vector<Hit>& hits) const {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const auto place = first_[pair_of(text[i], text[i + 1])];
    if (place == 0) continue;
    for (const auto index : lists_[place]) {
      const auto& one = all_[index];
      if (same(one.text, text.substr(i), one.any_case))
        hits.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i + one.text.size()), one.rule});
    }
  }
}

LiteralSearch::LiteralSearch(const Literals& literals) : literals_(literals) {
  if (!literals_.fast_) return;
  hs_scratch_t* scratch = nullptr;
  if (literals_.fast_->library.alloc_scratch(literals_.fast_->database, &scratch) == HS_SUCCESS) scratch_ = scratch;
}

LiteralSearch::~LiteralSearch() {
  if (scratch_ != nullptr) literals_.fast_->library.free_scratch(static_cast<hs_scratch_t*>(scratch_));
}

void LiteralSearch::find(std::string_view text, std::vector<Hit>& hits) {
  hits.clear();
  struct Context {
    const std::vector<Literals::One>& all;
    std::vector<Hit>& hits;
  } context{literals_.all_, hits};
  const auto note = [](unsigned id, unsigned long long, unsigned long long to, unsigned, void* at) {
    auto& c = *static_cast<Context*>(at);
    const auto& one = c.all[id];
    const auto end = static_cast<std::uint32_t>(to);
    c.hits.push_back({end - static_cast<std::uint32_t>(one.text.size()), end, one.rule});
    return 0;
  };
  if (scratch_ != nullptr && literals_.fast_->library.scan(literals_.fast_->database, text.data(), static_cast<unsigned>(text.size()), 0,
                                                           static_cast<hs_scratch_t*>(scratch_), note, &context) == HS_SUCCESS)
    return;
  hits.clear();
  literals_.plain(text, hits);
}

}  // namespace jeton::scan
