#include "protocols/pages/html.h"

#include <optional>

#include "blocks/json/text.h"
#include "protocols/pages/texts.h"

namespace jeton::protocols::pages {
namespace {

// What stands for a character in text and attributes; nothing where it stands for itself. Control characters are left out.
std::optional<std::string_view> escaped(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: break;
  }
  if (static_cast<unsigned char>(c) < 0x20 && c != '\n') return "";
  return std::nullopt;
}

}  // namespace

Html& Html::text(std::string_view any) {
  std::size_t from = 0;
  for (std::size_t i = 0; i < any.size(); ++i) {
    const auto instead = escaped(any[i]);
    if (!instead) continue;
    out_.append(any.substr(from, i - from)).append(*instead);
    from = i + 1;
  }
  out_.append(any.substr(from));
  return *this;
}

Html& Html::element(std::string_view tag, std::string_view inner) {
  raw("<").raw(tag).raw(">").text(inner);
  return raw("</").raw(tag.substr(0, tag.find(' '))).raw(">\n");
}

Html& Html::field(const Field& f) {
  raw("<p><label for=\"").raw(f.name).raw("\">").text(f.label).raw("</label>\n<input id=\"").raw(f.name).raw("\" name=\"").raw(f.name);
  raw("\" type=\"").raw(f.type).raw("\" autocomplete=\"").raw(f.autocomplete).raw("\"");
  if (!f.inputmode.empty()) raw(" inputmode=\"").raw(f.inputmode).raw("\"");
  if (!f.value.empty()) raw(" value=\"").text(f.value).raw("\"");
  if (!f.hint.empty()) raw(" aria-describedby=\"").raw(f.name).raw("-hint\"");
  raw(" autocapitalize=\"none\" spellcheck=\"false\" required>");
  if (!f.hint.empty()) raw("<span class=\"hint\" id=\"").raw(f.name).raw("-hint\">").text(f.hint).raw("</span>");
  return raw("</p>\n");
}

Html& Html::hidden(std::string_view name, std::string_view value) {
  return raw("<input type=\"hidden\" name=\"").raw(name).raw("\" value=\"").text(value).raw("\">\n");
}

Html& Html::button(std::string_view label, Look look, std::string_view name, std::string_view value) {
  raw("<button type=\"submit\"").raw(look == Look::Main ? "" : look == Look::Plain ? " class=\"plain\"" : " class=\"danger\"");
  if (!name.empty()) raw(" name=\"").raw(name).raw("\" value=\"").text(value).raw("\"");
  return raw(">").text(label).raw("</button>\n");
}

// Nothing is left out: what a person agrees to is what the application gets.
Html& Html::details(const json::Array& objects) {
  if (objects.empty()) return *this;
  element("p", texts::kInDetail).raw("<ul class=\"list\">\n");
  for (const auto& object : objects) {
    raw("<li><strong>").text(object.string_at("type").value_or("")).raw("</strong>");
    for (const auto& [name, value] : *object.object()) {
      if (name == "type") continue;
      raw("<br>").text(name).raw(": <code>").text(value.string() ? std::string(*value.string()) : json::text_of(value)).raw("</code>");
    }
    raw("</li>\n");
  }
  return raw("</ul>\n");
}

Html& Html::form(std::string_view action) { return raw("<form method=\"post\" action=\"").text(action).raw("\">\n"); }
Html& Html::link(std::string_view to, std::string_view label) { return raw("<a href=\"").text(to).raw("\">").text(label).raw("</a>"); }
Html& Html::notice(std::string_view what) { return raw("<p class=\"notice\" role=\"alert\">").text(what).raw("</p>\n"); }
Html& Html::done(std::string_view what) { return raw("<p class=\"done\" role=\"status\">").text(what).raw("</p>\n"); }

void write(const Page& page, http::Response& response) {
  response.status = page.status;
  response.field("Content-Type", "text/html; charset=utf-8");
  response.field("Cache-Control", "no-store");
  // Nothing inline, nothing from elsewhere, in no frame.
  std::string policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
  if (!page.form_action.empty()) policy.append(" ").append(page.form_action);
  if (!page.script.empty()) policy += "; script-src 'self'";
  response.field("Content-Security-Policy", policy);
  response.field("X-Content-Type-Options", "nosniff");
  response.field("X-Frame-Options", "DENY");
  response.field("Referrer-Policy", "same-origin");
  Html h;
  h.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n");
  h.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<title>").text(page.title).raw(" · ").raw(texts::kProduct).raw("</title>\n");
  h.raw("<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n<main>\n<h1>").text(page.title).raw("</h1>\n").raw(page.body);
  h.raw("</main>\n");
  if (!page.script.empty()) h.raw("<script src=\"").raw(page.script).raw("\"></script>\n");
  h.raw("</body>\n</html>\n");
  response.body = h.take();
}

void style(http::Response& response) {
  response.field("Content-Type", "text/css; charset=utf-8");
  response.field("Cache-Control", "public, max-age=3600");
  response.field("X-Content-Type-Options", "nosniff");
  response.body =
      ":root{color-scheme:light dark;--ink:#1a1a1a;--paper:#fff;--edge:#767676;--soft:#f2f2f2;--main:#0b57d0;--on-main:#fff;--danger:#b3261e}\n"
      "@media (prefers-color-scheme:dark){:root{--ink:#eee;--paper:#161616;--edge:#8f8f8f;--soft:#262626;--main:#a8c7fa;--on-main:#062e6f;--danger:#f2b8b5}}\n"
      "*{box-sizing:border-box}\n"
      "body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}\n"
      "main{max-width:40rem;margin:0 auto;padding:1.5rem 1rem 3rem;overflow-wrap:anywhere}\n"
      "h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.15rem;margin:2rem 0 .5rem}\n"
      "label{display:block;font-weight:600}\n"
      "input{width:100%;padding:.6rem;font:inherit;color:inherit;background:var(--paper);border:1px solid var(--edge);border-radius:.3rem}\n"
      "button{min-height:2.75rem;padding:.5rem 1.25rem;margin:.25rem .5rem .25rem 0;font:inherit;font-weight:600;border:1px solid var(--main);border-radius:.3rem;"
      "background:var(--main);color:var(--on-main);cursor:pointer}\n"
      "button.plain{background:none;color:var(--main)}button.danger{background:none;color:var(--danger);border-color:var(--danger)}\n"
      "a{color:var(--main)}:focus-visible{outline:3px solid var(--main);outline-offset:2px}\n"
      ".hint{display:block;font-size:.9rem}.notice,.done{padding:.75rem;border-left:.3rem solid var(--danger);background:var(--soft)}.done{border-color:var(--main)}\n"
      "ul.list{list-style:none;padding:0}ul.list>li{padding:.75rem 0;border-top:1px solid var(--edge)}code{background:var(--soft);padding:.1rem .3rem}\n"
      "form.inline{display:inline}\n";
}

}  // namespace jeton::protocols::pages
