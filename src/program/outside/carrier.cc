#include "program/outside/carrier.h"

#include "authority/keys/master_source.h"
#include "authority/signals/set.h"
#include "blocks/json/value.h"
#include "ground/secret_pass.h"
#include "program/fetch/mail.h"

namespace jeton::outside {
namespace {

// Standard Webhooks asks for 15 to 30 seconds.
constexpr Seconds kPatience{15};
constexpr std::size_t kMostAnswer = 64 * 1024;

}  // namespace

notify::Outcome CurlCarrier::post(const Post& post) {
  fetch::Request request;
  request.method = "POST";
  request.url = post.url;
  request.fields = {"Content-Type: application/json", "webhook-id: " + post.id, "webhook-timestamp: " + post.timestamp,
                    "webhook-signature: " + post.signature};
  request.body = post.body;
  request.timeout = kPatience;
  request.most = kMostAnswer;
  request.guard = &guard_;
  const auto response = fetch::send(request);
  // What it says is of no matter, so neither is its size.
  if (!response && response.error() == fetch::Trouble::TooLarge) return {false, 0, fetch::text(response.error())};
  if (!response) return {false, 0, fetch::text(response.error())};
  const bool good = response->status >= 200 && response->status < 300;
  const bool redirect = response->status >= 300 && response->status < 400;
  return {good, response->status,
          good       ? std::string_view()
          : redirect ? "it redirects, and redirects are not followed"
                     : "it answered with an error"};
}

// [RFC8935 §2.2, §2.3] 202 is yes; 400 says in `err` why not; all else is no answer
notify::Outcome CurlCarrier::push(const signals::Push& push) {
  fetch::Request request;
  request.method = "POST";
  request.url = push.url;
  request.fields = {"Content-Type: application/secevent+jwt", "Accept: application/json"};
  if (!push.authorization.empty())
    request.fields.push_back("Authorization: " + std::string(as_text(push.authorization.read(program::Pass::key()))));
  request.body = push.set;
  request.timeout = kPatience;
  request.most = kMostAnswer;
  request.guard = &guard_;
  const auto response = fetch::send(request);
  if (!response) return {false, 0, fetch::text(response.error())};
  if (response->status == 202) return {true, 202, {}};
  if (response->status == 400) {
    const auto body = json::parse(response->body);
    const auto err = body ? body->string_at("err") : std::nullopt;
    if (err) return {false, 400, signals::meaning(*err), !signals::may_pass(*err)};
  }
  const bool redirect = response->status >= 300 && response->status < 400;
  return {false, response->status,
          redirect                 ? "it redirects, and redirects are not followed"
          : response->status < 300 ? "it answered, but not with 202"
                                   : "it answered with an error"};
}

notify::Outcome CurlCarrier::mail(std::string_view recipient, const std::string& message) {
  fetch::Letter letter{.url = mail_.url, .from = mail_.from, .recipient = std::string(recipient), .message = message};
  if (!mail_.credentials.empty()) {
    const auto secret = keys::read_secret(mail_.credentials);
    if (!secret) return {false, 0, "smtp.credentials cannot be read"};
    auto text = as_text(secret->read(program::Pass::key()));
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return {false, 0, "smtp.credentials holds no user:password"};
    letter.user = text.substr(0, colon);
    letter.password = Secret::copy_of(as_bytes(text.substr(colon + 1)));
  }
  const auto sent = fetch::send(letter);
  return sent ? notify::Outcome{true, 250, {}} : notify::Outcome{false, 0, fetch::text(sent.error())};
}

}  // namespace jeton::outside
