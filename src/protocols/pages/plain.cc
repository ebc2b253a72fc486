// Pages that say one thing.
#include "protocols/oauth/authorization.h"
#include "protocols/pages/html.h"
#include "protocols/pages/pages.h"
#include "protocols/pages/texts.h"

namespace jeton::protocols::pages {

void error_page(http::Response& response, int status, std::string_view text, std::string_view detail) {
  response.clear();
  Html h;
  h.notice(text);
  if (!detail.empty()) h.raw("<p><code>").text(detail).raw("</code></p>\n");
  write({.title = texts::kErrorTitle, .body = h.take(), .status = status}, response);
}

void unavailable(http::Response& response) {
  error_page(response, 503, texts::kUnavailable);
  response.field("Retry-After", "1");
}

void message_page(http::Response& response, std::string_view title, std::string_view text, std::string_view link,
                  std::string_view link_text) {
  Html h;
  h.done(text);
  if (!link.empty()) h.raw("<p>").link(link, link_text).raw("</p>\n");
  write({.title = title, .body = h.take()}, response);
}

void form_post(std::string_view action, const std::vector<std::pair<std::string_view, std::string>>& parameters, http::Response& response) {
  Html h;
  h.element("p", texts::kSend).form(action);
  for (const auto& [name, value] : parameters) h.hidden(name, value);
  h.button(texts::kContinue).raw("</form>\n");
  const auto origin = oauth::origin_of(action);
  write({.title = texts::kSendTitle, .body = h.take(), .form_action = origin, .script = "/form-post.js"}, response);
}

std::string time_text(Instant t) {
  auto text = to_rfc3339(t);
  if (text.size() < 17) return text;
  text[10] = ' ';
  return text.substr(0, 16) + " UTC";
}

}  // namespace jeton::protocols::pages
