// One line of JSON an event. Ids only: no function here takes a secret, a header or a body.
#pragma once

#include <chrono>
#include <string_view>

namespace jeton::log {

void start(std::string_view level);
void stop();

void info(std::string_view event, std::string_view detail = {});
void warn(std::string_view event, std::string_view detail = {});
void error(std::string_view event, std::string_view detail = {});

struct RequestLine {
  std::string_view method, path, request_id, trace_id, peer;
  int status;
  std::chrono::nanoseconds took;
};
void request(const RequestLine& line);

}  // namespace jeton::log
