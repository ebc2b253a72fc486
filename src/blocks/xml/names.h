// The names that W3C gave: namespaces and algorithms of XML Signature and XML Encryption.
#pragma once

#include <string_view>

namespace jeton::xml {

inline constexpr std::string_view kDs = "http://www.w3.org/2000/09/xmldsig#";
inline constexpr std::string_view kEnveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
inline constexpr std::string_view kExclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
inline constexpr std::string_view kXenc = "http://www.w3.org/2001/04/xmlenc#";
inline constexpr std::string_view kXenc11 = "http://www.w3.org/2009/xmlenc11#";
inline constexpr std::string_view kSha1 = "http://www.w3.org/2000/09/xmldsig#sha1";   // for OAEP masks only
inline constexpr std::string_view kSha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
inline constexpr std::string_view kSha384 = "http://www.w3.org/2001/04/xmldsig-more#sha384";
inline constexpr std::string_view kSha512 = "http://www.w3.org/2001/04/xmlenc#sha512";

}  // namespace jeton::xml
