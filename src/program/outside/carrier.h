// Carries webhooks, security event tokens and mail by libcurl.
#pragma once

#include "authority/notify/outbox.h"

namespace jeton::outside {

struct MailServer {
  std::string url, from, credentials;   // credentials: "file:PATH" or "credential:NAME", or empty
};

// Any thread.
class CurlCarrier final : public notify::Carrier {
 public:
  CurlCarrier(MailServer mail, net::Guard guard) : mail_(std::move(mail)), guard_(std::move(guard)) {}
  notify::Outcome post(const Post& post) override;
  notify::Outcome push(const signals::Push& push) override;
  notify::Outcome mail(std::string_view recipient, const std::string& message) override;

 private:
  const MailServer mail_;
  const net::Guard guard_;
};

}  // namespace jeton::outside
