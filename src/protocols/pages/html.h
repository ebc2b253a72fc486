// HTML, put together so that text can never become markup.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "blocks/http/message.h"
#include "blocks/json/value.h"

namespace jeton::protocols::pages {

// Appends to one text. `raw` is for literals of this program; everything else goes through `text` or an attribute.
class Html {
 public:
  Html& raw(std::string_view literal) { return out_.append(literal), *this; }
  Html& text(std::string_view any);
  // <tag>text</tag>
  Html& element(std::string_view tag, std::string_view text);
  // A label above its field.
  struct Field {
    std::string_view label, name, type = "text", autocomplete = "off", value = {}, hint = {};
    std::string_view inputmode = {};
  };
  Html& field(const Field& field);
  Html& hidden(std::string_view name, std::string_view value);
  // A submit button; `name` and `value` where a form has more than one.
  enum class Look : std::uint8_t { Main, Plain, Danger };
  Html& button(std::string_view text, Look look = Look::Main, std::string_view name = {}, std::string_view value = {});
  Html& details(const json::Array& objects);   // authorization details, each with all that it says
  Html& form(std::string_view action);     // method post; ended by raw("</form>")
  Html& link(std::string_view to, std::string_view text);
  Html& notice(std::string_view text);     // what went wrong, read out at once
  Html& done(std::string_view text);       // what was done
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

// A whole page: 200, strict headers. `form_action`: origins that forms may lead to, beside this one.
struct Page {
  std::string_view title;
  std::string body;                        // Html
  std::string form_action = {};
  std::string_view script = {};            // a literal: "/form-post.js"
  int status = 200;
};
void write(const Page& page, http::Response& response);

// /style.css, /form-post.js and /passkey.js
void style(http::Response& response);
void form_post_script(http::Response& response);
void passkey_script(http::Response& response);

}  // namespace jeton::protocols::pages
