// The names that SAML 2.0 gave.
#pragma once

#include <string_view>

namespace jeton::saml {

inline constexpr std::string_view kProtocol = "urn:oasis:names:tc:SAML:2.0:protocol";
inline constexpr std::string_view kAssertion = "urn:oasis:names:tc:SAML:2.0:assertion";
inline constexpr std::string_view kMetadata = "urn:oasis:names:tc:SAML:2.0:metadata";
inline constexpr std::string_view kAlgorithmSupport = "urn:oasis:names:tc:SAML:metadata:algsupport";

inline constexpr std::string_view kBearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
inline constexpr std::string_view kSuccess = "urn:oasis:names:tc:SAML:2.0:status:Success";
inline constexpr std::string_view kRequester = "urn:oasis:names:tc:SAML:2.0:status:Requester";
inline constexpr std::string_view kResponder = "urn:oasis:names:tc:SAML:2.0:status:Responder";
inline constexpr std::string_view kNoPassive = "urn:oasis:names:tc:SAML:2.0:status:NoPassive";
inline constexpr std::string_view kPartialLogout = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout";
inline constexpr std::string_view kEntityFormat = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
inline constexpr std::string_view kPersistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
inline constexpr std::string_view kTransient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
inline constexpr std::string_view kEmail = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
inline constexpr std::string_view kUnspecified = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
inline constexpr std::string_view kBasicName = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic";
inline constexpr std::string_view kPasswordTransport = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";

inline constexpr std::string_view kHttpPost = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
inline constexpr std::string_view kHttpRedirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";

}  // namespace jeton::saml
