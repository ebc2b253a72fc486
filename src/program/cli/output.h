// What a command says: answers on standard output in the form that was asked for, everything else on standard error.
#pragma once

#include <cstdio>
#include <string>

#include "blocks/json/value.h"
#include "program/cli/command.h"
#include "program/cli/help.h"

namespace jeton::cli {

enum class Format : std::uint8_t { Table, Json, Yaml, Id };

// --quiet is Id where -o says nothing.
Format format_of(const Arguments& given);
bool quiet(const Arguments& given);

// Off for pipes and files, with NO_COLOR set, and for TERM=dumb.
Colour colour_of(std::FILE* stream);

// "jeton: WHAT" and what to do next on a line of its own, on standard error. Answers the code, so that a command ends with
// `return fail(kNotFound, "there is no such token", "jeton token list names those there are")`.
int fail(Exit code, std::string_view what, std::string_view next = {});
// A line on standard error, unless --quiet.
void remark(const Arguments& given, std::string_view text);
// To standard output, as it is.
void print(std::string_view text);

struct Column {
  std::string_view title;    // "LAST USED"
  std::string_view member;   // of the item: "last_used"
};

// One thing. A table is its members, one a line; id is its `id`.
int show(const Arguments& given, const json::Value& thing);
// {"items":[…],"next":…}. A table has the columns; with id, one id a line.
int show_list(const Arguments& given, const json::Value& list, std::span<const Column> columns);

// The forms themselves; each ends with a newline.
std::string json_text(const json::Value& value);
// On one line, without its end.
std::string json_line(const json::Value& value);
std::string yaml_text(const json::Value& value);
std::string table_text(const json::Value& list, std::span<const Column> columns, Colour colour);
// Text from elsewhere made fit for a terminal: control characters are spelled out.
std::string printable(std::string_view text);

}  // namespace jeton::cli
