#include "blocks/http/trace.h"

#include <gtest/gtest.h>

#include <array>

namespace jeton::http {
namespace {

std::string_view trace_of(std::string_view value) {
  const std::array<Field, 1> fields{{{"traceparent", value}}};
  Request request;
  request.fields = fields;
  return trace_id(request);
}

TEST(TraceContext, OnlyWellFormedParentsAreTaken) {
  EXPECT_EQ(trace_of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), "4bf92f3577b34da6a3ce929d0e0e4736");
  for (const auto bad :
       {"", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e473\"-00f067aa0ba902b7-01"})
    EXPECT_EQ(trace_of(bad), "") << bad;
}

}  // namespace
}  // namespace jeton::http
