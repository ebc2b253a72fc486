#include "program/cli/offline/watch.h"

#include "authority/watch/detect/detector.h"
#include "authority/watch/detect/evidence.h"
#include "authority/watch/detect/trace.h"
#include "blocks/json/writer.h"
#include "program/cli/input.h"
#include "program/cli/output.h"

namespace jeton::cli {
namespace {

std::string_view severity_name(ledger::Severity severity) {
  switch (severity) {
    case ledger::Severity::Info: return "info";
    case ledger::Severity::Warning: return "warning";
    case ledger::Severity::Critical: return "critical";
  }
  return "";
}

int show_items(const Arguments& given, std::string items, std::span<const Column> columns) {
  const auto list = json::parse("{\"items\":[" + items + "],\"next\":null}", {.size = 1 << 28, .members = SIZE_MAX});
  return list ? show_list(given, *list, columns) : fail(kNo, "the findings are too many to print");
}

void write(json::Writer& w, const watch::Finding& f, const watch::Trace& trace) {
  const auto& rule = watch::info(f.pattern);
  const auto name = [&](const Ulid& id) {
    const auto at = trace.names.find(id);
    return at == trace.names.end() ? std::string() : at->second;
  };
  w.object().member("at", to_rfc3339(f.at)).member("rule", rule.name).member("severity", severity_name(watch::severity(f)));
  w.optional("token", name(f.token.ulid())).optional("principal", name(f.principal.ulid())).optional("address", f.address.text());
  w.member("count", static_cast<std::int64_t>(f.count));
  watch::write_place(w, f);
  w.member("advice", rule.advice).end_object();
}

// Whether the trace raises what its own `expect` line says.
int compare(const Arguments& given, const std::vector<std::string>& raised, const watch::Trace& trace) {
  if (raised == trace.expected) {
    remark(given, "The trace raises exactly what it expects.");
    return kYes;
  }
  std::string wanted, got;
  for (const auto& label : trace.expected) wanted += "\n  expected " + printable(label);
  for (const auto& label : raised) got += "\n  raised   " + printable(label);
  return fail(kNo, "the trace does not raise what it expects" + wanted + got);
}

int replay(const Arguments& given) {
  const auto text = read_text(std::string(*given.get("FILE")), std::size_t{1} << 30);
  if (!text) return fail(kUsage, text.error());
  const auto trace = watch::parse_trace(*text);
  if (!trace) {
    const auto& e = trace.error();
    return fail(kUsage,
                "line " + std::to_string(e.line) + ": " + std::string(e.failure.detail().empty() ? e.failure.name() : e.failure.detail()),
                "A trace is one JSON object a line; see docs/formats/watch-trace.md.");
  }
  watch::Detector detector;
  std::vector<watch::Finding> found;
  for (const auto& o : trace->observations) detector.see(o, found);
  std::string items;
  std::vector<std::string> labels;
  for (const auto& f : found) {
    std::string one;
    json::Writer w(one);
    write(w, f, *trace);
    items += (items.empty() ? "" : ",") + one;
    labels.push_back(watch::label_of(f, *trace));
  }
  static constexpr Column kColumns[] = {{"AT", "at"},       {"RULE", "rule"},           {"SEVERITY", "severity"},
                                        {"TOKEN", "token"}, {"PRINCIPAL", "principal"}, {"ADDRESS", "address"},
                                        {"COUNT", "count"}};
  const int shown = show_items(given, items, kColumns);
  return shown == kYes && trace->expects ? compare(given, labels, *trace) : shown;
}

int rules(const Arguments& given) {
  std::string items;
  for (const auto& p : watch::patterns()) {
    std::string one;
    json::Writer(one)
        .object()
        .member("rule", p.name)
        .member("severity", severity_name(p.severity))
        .member("when", p.when)
        .member("advice", p.advice)
        .end_object();
    items += (items.empty() ? "" : ",") + one;
  }
  static constexpr Column kColumns[] = {{"RULE", "rule"}, {"SEVERITY", "severity"}, {"WHEN", "when"}};
  return show_items(given, items, kColumns);
}

constexpr Operand kReplayOperands[] = {{"FILE", "the trace; - for standard input"}};

constexpr Command kCommands[] = {
    {"watch replay",
     "Run a recorded or made trace through the watch's rules",
     "jeton watch replay tests/traces/shared.trace",
     kReplayOperands,
     {},
     replay,
     "Prints every alert the trace would raise, in order. The clock is the trace's. Where the trace has an \"expect\" line, the exit status is 1 if it "
     "raises anything else."},
    {"watch rules", "List the watch's rules and their thresholds", "jeton watch rules", {}, {}, rules},
};

}  // namespace

std::span<const Command> trace_commands() { return kCommands; }

}  // namespace jeton::cli
