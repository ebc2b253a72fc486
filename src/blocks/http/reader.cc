#include "blocks/http/reader.h"

#include <charconv>
#include <memory>

namespace jeton::http {
namespace {

namespace beast = boost::beast::http;

std::string_view view(boost::beast::string_view s) { return {s.data(), s.size()}; }

constexpr auto kHostCharacters = [] {
  std::array<bool, 256> good{};
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:[]~%"))
    good[static_cast<unsigned char>(c)] = true;
  return good;
}();

// uri-host [":" port], without user names and paths (RFC 9110 §7.2).
bool good_host(std::string_view host) {
  bool good = host.size() <= 255;
  for (const char c : host) good &= kHostCharacters[static_cast<unsigned char>(c)];
  return good;
}

bool good_target(std::string_view target) {
  if (!target.starts_with('/')) return false;
  for (const char c : target)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '#') return false;
  return target.size() <= 8192;
}

// [RFC9112 §3.2.2] A server takes the absolute form too. Its authority, or nothing where it is none.
std::string_view authority_of(std::string_view target) {
  const auto scheme = target.starts_with("http://") ? 7u : target.starts_with("https://") ? 8u : 0u;
  return scheme == 0 ? std::string_view() : target.substr(scheme, target.find('/', scheme) - scheme);
}

}  // namespace

RequestReader::RequestReader(std::size_t most_body) {
  header_limit(kMostHead);
  body_limit(most_body);
  eager(true);
}

std::size_t RequestReader::head_size(std::string_view data) {
  const auto end = data.find("\r\n\r\n");
  return end == std::string_view::npos ? 0 : end + 4;
}

bool RequestReader::refuse_with(int status, error_code& ec) {
  if (refusal_ == 0) refusal_ = status;
  ec = beast::error::bad_value;
  return false;
}

int RequestReader::status_of(const error_code& ec) const {
  if (ec == beast::error::header_limit) return 431;
  if (ec == beast::error::body_limit) return 413;
  if (ec == beast::error::bad_version) return 505;
  return 400;
}

bool RequestReader::read_head(std::string_view head) {
  head_ = head;
  error_code ec;
  put(boost::asio::const_buffer(head.data(), head.size()), ec);
  if (ec == beast::error::need_more) ec = {};
  if (!ec && !is_header_done()) ec = beast::error::bad_value;
  if (ec && refusal_ == 0) refusal_ = status_of(ec);
  return refusal_ == 0;
}

std::size_t RequestReader::read_body(std::string_view data) {
  std::size_t taken = 0;
  while (taken < data.size() && !is_done()) {
    error_code ec;
    const auto n = put(boost::asio::const_buffer(data.data() + taken, data.size() - taken), ec);
    taken += n;
    if (ec == beast::error::need_more) break;
    if (ec) {
      if (refusal_ == 0) refusal_ = status_of(ec);
      break;
    }
    if (n == 0) break;
  }
  return taken;
}

void RequestReader::on_request_impl(beast::verb, string_view method, string_view target, int version, error_code& ec) {
  method_ = view(method);
  target_ = view(target);
  version_ = version;
  if (!target_.starts_with('/') && target_ != "*") {
    authority_ = authority_of(target_);
    if (!authority_.empty()) target_.remove_prefix(static_cast<std::size_t>(authority_.data() + authority_.size() - target_.data()));
    if (target_.empty()) target_ = "/";
  }
  if (!good_target(target_) && !(method_ == "OPTIONS" && target_ == "*")) refuse_with(400, ec);
}

void RequestReader::on_field_impl(beast::field, string_view name, string_view value, error_code& ec) {
  // Fields behind a chunked body mean nothing to us (RFC 9110 §6.5.1).
  if (is_header_done()) return;
  // Beast unfolds a folded value into memory of its own; folding is refused (RFC 9112 §5.2).
  if (!value.empty() && (value.data() < head_.data() || value.data() >= head_.data() + head_.size())) return void(refuse_with(400, ec));
  if (field_count_ == fields_.size()) return void(refuse_with(431, ec));
  std::construct_at(fields_.data() + field_count_++, view(name), view(value));
}

void RequestReader::on_header_impl(error_code& ec) {
  std::size_t hosts = 0, codings = 0, lengths = 0, credentials = 0;
  for (const auto& f : std::span(fields_).first(field_count_)) {
    switch (f.name.size()) {
      case 4:
        if (!iequals(f.name, "host")) break;
        ++hosts;
        // [RFC9112 §3.2] A client says the same in both; where they differ, another server may have believed the other one.
        if (!good_host(f.value) || (!authority_.empty() && !iequals(f.value, authority_))) return void(refuse_with(400, ec));
        break;
      case 6:
        // [RFC9110 §10.1.1] of HTTP/1.0 it is ignored: such a client waits for the answer itself
        if (iequals(f.name, "expect")) expects_continue_ = version_ > 10 && iequals(f.value, "100-continue");
        break;
      case 13: credentials += iequals(f.name, "authorization"); break;
      case 14:
        if (!iequals(f.name, "content-length")) break;
        ++lengths;
        // [RFC9112 §6.3] Beast takes a list of equal lengths; some servers take its first, others its last.
        if (f.value.find_first_not_of("0123456789") != std::string_view::npos) return void(refuse_with(400, ec));
        break;
      case 17:
        if (!iequals(f.name, "transfer-encoding")) break;
        ++codings;
        // [RFC9112 §6.1] a coding that is not understood is not to be guessed at
        if (!iequals(f.value, "chunked")) return void(refuse_with(501, ec));
        break;
      default: break;
    }
  }
  const bool twice = hosts > 1 || lengths > 1 || codings > 1 || credentials > 1;
  if (twice || (hosts == 0 && version_ > 10) || (codings > 0 && version_ < 11)) refuse_with(400, ec);
}

void RequestReader::on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) {}

std::size_t RequestReader::on_body_impl(string_view body, error_code&) {
  body_.append(body.data(), body.size());
  return body.size();
}

void RequestReader::on_chunk_header_impl(std::uint64_t, string_view extensions, error_code& ec) {
  if (extensions.size() > 256) refuse_with(400, ec);
}

std::size_t RequestReader::on_chunk_body_impl(std::uint64_t, string_view body, error_code& ec) { return on_body_impl(body, ec); }

Request RequestReader::request() const {
  Request r;
  r.method = method_;
  r.target = target_;
  const auto mark = target_.find('?');
  r.path = target_.substr(0, mark);
  if (mark != std::string_view::npos) r.query = target_.substr(mark + 1);
  r.fields = std::span(fields_).first(field_count_);
  r.body = body_;
  return r;
}

void append(std::string& out, const Request& request, const Response& response, After after) {
  char number[24];
  const auto digits = [&](std::size_t n) {
    const auto [end, error] = std::to_chars(number, number + sizeof number, n);
    return std::string_view(number, static_cast<std::size_t>(end - number));
  };
  out.append("HTTP/1.1 ").append(digits(static_cast<std::size_t>(response.status))).append(" ").append(reason(response.status));
  out.append("\r\n").append(response.fields());
  if (response.status != 204) out.append("Content-Length: ").append(digits(response.body.size())).append("\r\n");
  if (after == After::Close) out.append("Connection: close\r\n");
  out.append("\r\n");
  if (request.method != "HEAD" && response.status != 204) out.append(response.body);
}

}  // namespace jeton::http
