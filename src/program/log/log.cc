// spdlog is seen here alone.
#include "program/log/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "blocks/json/writer.h"

namespace jeton::log {
namespace {

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance;
  return instance;
}

// "%v" holds the members that follow level and time.
constexpr auto kPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

void write(spdlog::level::level_enum level, std::string_view event, std::string_view detail) {
  if (!logger() || !logger()->should_log(level)) return;
  std::string out;
  json::Writer w(out);
  w.object().member("event", event);
  if (!detail.empty()) w.member("detail", detail);
  logger()->log(level, "{}", std::string_view(out).substr(1));
}

}  // namespace

void start(std::string_view level) {
  // 0.4 KiB a line, all of it taken at once.
  spdlog::init_thread_pool(1024, 1);
  logger() = std::make_shared<spdlog::async_logger>("jeton", std::make_shared<spdlog::sinks::stderr_sink_mt>(), spdlog::thread_pool(),
                                                    spdlog::async_overflow_policy::overrun_oldest);
  logger()->set_pattern(kPattern, spdlog::pattern_time_type::utc);
  logger()->set_level(spdlog::level::from_str(std::string(level == "error" ? "err" : level)));
  logger()->flush_on(spdlog::level::warn);
}

void stop() {
  logger().reset();
  spdlog::shutdown();
}

void info(std::string_view event, std::string_view detail) { write(spdlog::level::info, event, detail); }
void warn(std::string_view event, std::string_view detail) { write(spdlog::level::warn, event, detail); }
void error(std::string_view event, std::string_view detail) { write(spdlog::level::err, event, detail); }

void request(const RequestLine& line) {
  if (!logger() || !logger()->should_log(spdlog::level::info)) return;
  std::string out;
  json::Writer w(out);
  w.object().member("event", "request").member("method", line.method).member("path", line.path).member("status", line.status);
  w.member("us", line.took.count() / 1000).member("request_id", line.request_id).member("peer", line.peer);
  if (!line.trace_id.empty()) w.member("trace_id", line.trace_id);
  logger()->log(spdlog::level::info, "{}", std::string_view(out).substr(1));
}

}  // namespace jeton::log
