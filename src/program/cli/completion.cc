#include "program/cli/completion.h"

#include <map>
#include <set>

#include "program/cli/parser.h"

namespace jeton::cli {
namespace {

struct Word {
  std::string_view text, meaning;
};

// Every noun and command with the words that may follow it: {"": token, …}, {"token": create, …}.
std::map<std::string, std::vector<Word>, std::less<>> steps() {
  std::map<std::string, std::vector<Word>, std::less<>> next;
  std::set<std::string> seen;
  for (const auto* c : commands()) {
    std::string path;
    for (auto left = c->path; !left.empty();) {
      const auto word = left.substr(0, left.find(' '));
      left.remove_prefix(std::min(word.size() + 1, left.size()));
      std::string longer = path.empty() ? std::string(word) : path + " " + std::string(word);
      if (seen.insert(longer).second) next[path].push_back({word, left.empty() ? c->summary : noun_meaning(longer)});
      path = std::move(longer);
    }
  }
  return next;
}

// Text between single quotes of any of the shells.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// In zsh's word:meaning pairs a colon in the word stands behind a backslash.
std::string pair(std::string_view word, std::string_view meaning) { return quoted(std::string(word) + ":" + std::string(meaning)); }

template <class Each>
void each_option(const Command& c, const Each& each) {
  for (const auto& o : c.options) each(o);
  for (const auto& o : options_of_all()) each(o);
}

bool takes_path(const Option& o) { return o.value.find("FILE") != std::string_view::npos || o.value.find("DIR") != std::string_view::npos; }

// The paths as patterns of a case: 'token'|'token create'|…
std::string path_patterns() {
  std::string out;
  for (const auto& [path, words] : steps())
    for (const auto& w : words)
      out += (out.empty() ? "" : "|") + quoted(path.empty() ? std::string(w.text) : path + " " + std::string(w.text));
  return out;
}

}  // namespace

std::string bash_completion() {
  std::string out =
      "# bash completion of jeton: source <(jeton completion bash)\n"
      "_jeton() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path='' words='' i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"${path:+$path }${COMP_WORDS[i]}\" in\n"
      "      " +
      path_patterns() +
      ")\n"
      "        path=\"${path:+$path }${COMP_WORDS[i]}\" ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"$path $prev\" in\n"
      "    *' --data') COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n"
      "    *' -o'|*' --output') COMPREPLY=($(compgen -W 'table json yaml id' -- \"$cur\")); return ;;\n";
  for (const auto* c : commands())
    for (const auto& o : c->options) {
      std::string list;
      for (const auto choice : choices(o.value)) list += (list.empty() ? "" : " ") + std::string(choice);
      const auto at = "    " + quoted(std::string(c->path) + " " + std::string(o.name)) + ") ";
      if (!list.empty()) out += at + "COMPREPLY=($(compgen -W " + quoted(list) + " -- \"$cur\")); return ;;\n";
      if (takes_path(o)) out += at + "COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n";
    }
  out += "  esac\n  case \"$path\" in\n";
  const auto next = steps();
  for (const auto& [path, words] : next) {
    std::string list;
    for (const auto& w : words) list += (list.empty() ? "" : " ") + std::string(w.text);
    if (find_command(path) == nullptr)
      out += "    " + quoted(path) + ") words=" + quoted(list + (path.empty() ? " --help --version" : " --help")) + " ;;\n";
  }
  for (const auto* c : commands()) {
    std::string list;
    each_option(*c, [&](const Option& o) { list += (list.empty() ? "" : " ") + std::string(o.name); });
    out += "    " + quoted(c->path) + ") words=" + quoted(list) + " ;;\n";
  }
  out +=
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
      "  [[ ${#COMPREPLY[@]} -eq 0 && $cur != -* ]] && COMPREPLY=($(compgen -f -- \"$cur\"))\n"
      "  return 0\n"
      "}\n"
      "complete -F _jeton jeton\n";
  return out;
}

std::string zsh_completion() {
  std::string out =
      "#compdef jeton\n"
      "# zsh completion of jeton: jeton completion zsh >~/.zfunc/_jeton, or source it after compinit\n"
      "_jeton() {\n"
      "  local path_='' i\n"
      "  local -a items\n"
      "  for ((i = 2; i < CURRENT; i++)); do\n"
      "    case \"${path_:+$path_ }${words[i]}\" in\n"
      "      " +
      path_patterns() +
      ")\n"
      "        path_=\"${path_:+$path_ }${words[i]}\" ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"$path_ ${words[CURRENT-1]}\" in\n"
      "    *' --data') _files -/; return ;;\n"
      "    *' -o'|*' --output') compadd table json yaml id; return ;;\n";
  for (const auto* c : commands())
    for (const auto& o : c->options) {
      const auto at = "    " + quoted(std::string(c->path) + " " + std::string(o.name)) + ") ";
      std::string list;
      for (const auto choice : choices(o.value)) list += " " + quoted(choice);
      if (!list.empty()) out += at + "compadd" + list + "; return ;;\n";
      if (takes_path(o)) out += at + "_files; return ;;\n";
    }
  out += "  esac\n  case \"$path_\" in\n";
  const auto next = steps();
  for (const auto& [path, words] : next) {
    if (find_command(path) != nullptr) continue;
    out += "    " + quoted(path) + ") items=(";
    for (const auto& w : words) out += "\n      " + pair(w.text, w.meaning);
    out += ") ;;\n";
  }
  for (const auto* c : commands()) {
    out += "    " + quoted(c->path) + ") items=(";
    each_option(*c, [&](const Option& o) { out += "\n      " + pair(o.name, o.meaning); });
    out += ") ;;\n";
  }
  out +=
      "  esac\n"
      "  _describe 'jeton' items || _files\n"
      "}\n"
      "if [ \"${funcstack[1]}\" = _jeton ]; then _jeton \"$@\"; else compdef _jeton jeton; fi\n";
  return out;
}

std::string fish_completion() {
  std::string out =
      "# fish completion of jeton: jeton completion fish | source\n"
      "function __jeton_path\n"
      "    set -l path ''\n"
      "    for word in (commandline -opc)[2..-1]\n"
      "        set -l longer (string trim -- \"$path $word\")\n"
      "        switch $longer\n"
      "            case";
  for (const auto& [path, words] : steps())
    for (const auto& w : words) out += " " + quoted(path.empty() ? std::string(w.text) : path + " " + std::string(w.text));
  out +=
      "\n                set path $longer\n"
      "        end\n"
      "    end\n"
      "    echo $path\n"
      "end\n"
      "function __jeton_at\n"
      "    test (__jeton_path) = \"$argv\"\n"
      "end\n"
      "complete -c jeton -f\n"
      "complete -c jeton -l help -s h -d 'print help and end'\n"
      "complete -c jeton -l version -n '__jeton_at \"\"' -d 'print the version and end'\n"
      "complete -c jeton -l data -x -a '(__fish_complete_directories)' -d 'the data folder'\n"
      "complete -c jeton -l server -x -d 'a server elsewhere'\n"
      "complete -c jeton -s o -l output -x -a 'table json yaml id' -d 'how the answer is written'\n"
      "complete -c jeton -l quiet -s q -d 'print the id or the token alone'\n";
  const auto next = steps();
  for (const auto& [path, words] : next)
    for (const auto& w : words)
      out += "complete -c jeton -n " + quoted("__jeton_at \"" + path + "\"") + " -a " + quoted(w.text) + " -d " + quoted(w.meaning) + "\n";
  for (const auto* c : commands())
    for (const auto& o : c->options) {
      if (!o.name.starts_with("--")) continue;
      std::string list;
      for (const auto choice : choices(o.value)) list += (list.empty() ? "" : " ") + std::string(choice);
      out += "complete -c jeton -n " + quoted("__jeton_at \"" + std::string(c->path) + "\"") + " -l " + std::string(o.name.substr(2));
      if (!o.value.empty()) out += takes_path(o) ? " -r -F" : " -x";
      if (!list.empty()) out += " -a " + quoted(list);
      out += " -d " + quoted(o.meaning) + "\n";
    }
  return out;
}

}  // namespace jeton::cli
