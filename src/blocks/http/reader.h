// One HTTP/1.1 request off the wire (RFC 9112): Boost.Beast's parser, and what it leaves to us.
#pragma once

#include <boost/beast/http/basic_parser.hpp>

#include <array>
#include <string>

#include "blocks/http/message.h"

namespace jeton::http {

inline constexpr std::size_t kMostHead = 16 * 1024, kMostFields = 64;

// Reads one request. The head is parsed where it stands: its memory must stay until the request was answered. Refuses what two
// servers could frame differently: both lengths, obs-fold, a transfer coding other than chunked, one in HTTP/1.0, no Host or two,
// two Authorization fields, a target in absolute form for another host. Allocates nothing for a request without a body. One thread.
class RequestReader final : private boost::beast::http::basic_parser<true> {
 public:
  explicit RequestReader(std::size_t most_body);

  // Octets of the head at the front of `data`, its empty line included; 0 where it is not all there.
  static std::size_t head_size(std::string_view data);
  // Takes a whole head. False where it is refused: `refusal` is the status to answer with.
  bool read_head(std::string_view head);
  // Takes some of the body and says how much. After that `complete` or `refusal` may be set.
  std::size_t read_body(std::string_view data);

  bool complete() const { return is_done(); }
  int refusal() const { return refusal_; }
  bool keep_alive() const { return basic_parser::keep_alive(); }
  bool expects_continue() const { return expects_continue_; }
  // The request as far as it was read; views into the head and this reader.
  Request request() const;

 private:
  using error_code = boost::beast::error_code;
  using string_view = boost::beast::string_view;
  void on_request_impl(boost::beast::http::verb, string_view method, string_view target, int version, error_code& ec) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(boost::beast::http::field, string_view name, string_view value, error_code& ec) override;
  void on_header_impl(error_code& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& ec) override;
  std::size_t on_body_impl(string_view body, error_code& ec) override;
  void on_chunk_header_impl(std::uint64_t, string_view extensions, error_code& ec) override;
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code& ec) override;
  void on_finish_impl(error_code&) override {}
  bool refuse_with(int status, error_code& ec);
  int status_of(const error_code& ec) const;

  std::string_view head_, method_, target_, authority_;
  // Not made empty first: two thousand octets a request, of which a few hundred are used.
  union {
    std::array<Field, kMostFields> fields_;
  };
  std::size_t field_count_ = 0;
  std::string body_;
  int version_ = 11, refusal_ = 0;
  bool expects_continue_ = false;
};

// Appends the response as it goes on the wire. `close`: this is the connection's last.
enum class After : bool { KeepAlive, Close };
void append(std::string& out, const Request& request, const Response& response, After after);

}  // namespace jeton::http
