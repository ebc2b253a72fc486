#include "program/serve/serve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <map>
#include <thread>

#include "authority/federation/fetched.h"
#include "authority/keys/resealing.h"
#include "authority/policy/settings.h"
#include "authority/watch/hashes.h"
#include "ground/secret_pass.h"
#include "program/log/log.h"
#include "program/outside/outside.h"
#include "program/serve/algorithms.h"
#include "program/serve/atlas.h"
#include "program/serve/building.h"
#include "program/serve/certificates.h"
#include "program/serve/config_record.h"
#include "program/serve/data_folder.h"
#include "program/serve/front.h"
#include "program/serve/memory.h"
#include "program/serve/self.h"

namespace jeton::serve {
namespace {

constexpr int kOk = 0, kFailed = 1, kUsage = 2;

Instant clock_now() {
  return Instant::from_millis(std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch()).count());
}

int complain(const std::string& what) {
  std::fprintf(stderr, "jeton: %s\n", what.c_str());
  return kUsage;
}

int failed(const std::string& what) {
  log::stop();
  complain(what);
  return kFailed;
}

// "127.0.0.1:8420", with http:// or https:// before it or as `standard` says.
std::optional<server::Listen> parse_listen(std::string text, server::Speaks standard) {
  auto speaks = standard;
  for (const auto& [scheme, means] :
       {std::pair<std::string_view, server::Speaks>{"http://", server::Speaks::Plain}, {"https://", server::Speaks::Tls}})
    if (text.starts_with(scheme)) {
      speaks = means;
      text.erase(0, scheme.size());
    }
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon + 1 == text.size() || text.size() - colon > 6) return std::nullopt;
  auto host = text.substr(0, colon);
  // An IPv6 address stands in brackets, and nothing else does: ::1:80 would be an address itself.
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  if (brackets != (host.find(':') != std::string::npos)) return std::nullopt;
  const auto address = net::Address::parse(host == "localhost" ? "127.0.0.1" : host);
  unsigned port = 0;
  for (const char c : text.substr(colon + 1)) {
    if (c < '0' || c > '9') return std::nullopt;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  if (!address || port > 65535) return std::nullopt;
  return server::Listen{*address, static_cast<std::uint16_t>(port), speaks};
}

net::PrefixSet proxies_of(const config::Config& c) {
  std::vector<net::Prefix> proxies;
  for (const auto& text : c.list("trusted_proxies")) proxies.push_back(*net::Prefix::parse(text));
  return net::PrefixSet(std::move(proxies));
}

std::expected<server::Options, std::string> server_options(const config::Config& c, const std::string& data) {
  server::Options o;
  o.tls = {c.text("tls_certificate"), c.text("tls_key"), c.text("tls_client_ca")};
  if (o.tls.certificate.empty() != o.tls.key.empty()) return std::unexpected("tls_certificate and tls_key are needed together");
  if (c.flag("proxy_protocol")) o.preamble_from = proxies_of(c);
  for (const auto& text : c.list("listen")) {
    const auto listen = parse_listen(text, o.tls.key.empty() ? server::Speaks::Plain : server::Speaks::Tls);
    if (listen && listen->speaks == server::Speaks::Tls && o.tls.key.empty())
      return std::unexpected("listen: \"" + text + "\" needs tls_certificate and tls_key");
    if (!listen) return std::unexpected("listen: \"" + text + "\" is not an address and port such as 127.0.0.1:8420");
    o.tcp.push_back(*listen);
  }
  if (!data.empty()) o.unix_path = data + "/admin.sock";
  o.threads = static_cast<unsigned>(c.number("threads"));
  o.workers = static_cast<unsigned>(std::max<std::size_t>(1, c.number("workers")));
  o.connections = c.number("max_connections");
  o.most_body = c.number("max_body");
  o.head_timeout = c.duration("timeout.head");
  o.body_timeout = c.duration("timeout.body");
  o.idle_timeout = c.duration("timeout.idle");
  o.write_timeout = c.duration("timeout.write");
  o.drain_timeout = c.duration("timeout.drain");
  return o;
}

notify::Rules notify_rules(const config::Config& c, const std::string& issuer) {
  notify::Rules rules{.guard = net::Guard(c.list("outbound.allow")),
                      .mail_from = c.text("smtp.url").empty() ? std::string() : c.text("smtp.from"),
                      .issuer = issuer};
  for (const auto& text : c.list("webhook.retries")) rules.retries.push_back(*parse_duration(text));
  return rules;
}

// What is wrong, or the keys.
std::expected<leaks::PartnerKeys, std::string> leak_keys(const config::Config& c) {
  const auto& path = c.text("leaks.github_keys");
  if (path.empty()) return leaks::PartnerKeys();
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  if (!in.good() && text.empty()) return std::unexpected("leaks.github_keys: " + path + " cannot be read");
  auto keys = leaks::PartnerKeys::parse(text);
  if (!keys) return std::unexpected("leaks.github_keys: " + path + " holds no public keys as GitHub serves them");
  return *std::move(keys);
}

protocols::Facts facts_of(const config::Config& c, std::string issuer) {
  auto rules = notify_rules(c, issuer);
  signals::Rules signals{
      .issuer = issuer, .guard = rules.guard, .most_waiting = c.number("signals.waiting"), .hold = c.duration("signals.hold")};
  return {std::move(issuer),
          proxies_of(c),
          {c.text("identity.token_id"), c.text("identity.kind"), c.text("identity.subject"), c.text("identity.client"),
           c.text("identity.device"), c.text("identity.scope")},
          {},
          {},
          std::move(rules),
          std::move(signals),
          c.text("mtls_address")};
}

// Rotates, seals anew and destroys what is due.
Status tend_keys(Building& building, Instant now) {
  auto& rooms = building.rooms();
  const audit::Actor system{.name = "system", .address = {}, .request_id = {}};
  const audit::Doing doing{system, now};
  TRY(const auto settings, policy::read_settings(rooms.ledger));
  // One that cannot go on, because its token is away, holds nothing else up.
  const auto signing = rooms.signing_keys.tend({.rotation = settings.key_rotation}, doing);
  TRY_VOID(rooms.decryption.tend(doing));
  TRY(const auto data_keys, rooms.data_keys.list());
  if (std::ranges::none_of(data_keys, [](const auto& k) { return k.state == keys::DataKeyState::Retired; })) return signing;
  TRY(const bool resealed, keys::reseal(rooms.ledger, building.keychain().sealer(), rooms.entropy));
  if (!resealed) return fault(Fault::StoreCorrupt);
  TRY_VOID(rooms.data_keys.destroy_unused(doing));
  return signing;
}

// Destroys peppers that nothing is hashed under. Counting reads every token, so it is done seldom, and where there is one to destroy.
Status tend_peppers(Building& building, Instant now) {
  auto& rooms = building.rooms();
  const audit::Actor system{.name = "system", .address = {}, .request_id = {}};
  TRY(const auto idle, rooms.pepper_lives.idle(now));
  if (idle.empty()) return {};
  TRY(const auto counts, watch::count_hashes(rooms.ledger, now));
  return rooms.pepper_lives.destroy_unused(watch::needed(counts), {system, now});
}

// Metadata of others, from where it is kept.
Status refresh_metadata(Building& building, Self& self, Seconds every, Instant now) {
  auto& rooms = building.rooms();
  const audit::Actor system{.name = "system", .address = {}, .request_id = {}};
  const auto fetch = [&self](const std::string& url) { return self.fetch(url, federation::kMostFetched); };
  return federation::refresh(rooms.ledger, rooms.entropy, fetch, every, {system, now});
}

Sizes sizes_of(const config::Config& c) {
  return {c.number("cached_jwts"),
          {static_cast<std::uint32_t>(c.number("password.passes")), static_cast<std::uint32_t>(c.number("password.memory"))},
          c.number("workers")};
}

// What runs beside requests: loading, upkeep, last uses. Started and stopped by the one that serves.
class Beside {
 public:
  Beside(Building& building, Self& self, Certificates& certificates, Atlas& atlas, Seconds refresh)
      : building_(building), self_(self), certificates_(certificates), atlas_(atlas), refresh_(refresh) {
    loading_ = std::thread([this, &self] {
      if (building_.load_tokens()) return log::info("tokens.loaded");
      self.found_unreadable();
      log::error("tokens.load", "the ledger could not be read to its end; tokens are looked up one by one");
    });
    upkeep_ = std::thread([this] { run(); });
    fetching_ = std::thread([this] { fetch(); });
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    wake_.notify_all();
    upkeep_.join();
    loading_.join();
    fetching_.join();
    // What was seen and not written yet: first uses, alerts, last uses.
    auto& upkeep = building_.rooms().upkeep;
    if (!upkeep.act_on_events(clock_now()) || !upkeep.write_uses()) log::warn("upkeep.stop", "last uses or events were not written");
  }

 private:
  // A thread of its own: others take their time to answer.
  void fetch() {
    std::unique_lock lock(mutex_);
    const auto pause = std::clamp<Seconds>(refresh_ / 2, Seconds(1), Seconds(60));
    while (!wake_.wait_for(lock, pause, [this] { return stopped_; })) {
      lock.unlock();
      if (!refresh_metadata(building_, self_, refresh_, clock_now()))
        log::warn("upkeep.metadata", "what was fetched was not written; it is tried again");
      lock.lock();
    }
  }

  void run() {
    std::unique_lock lock(mutex_);
    for (unsigned tick = 1; !wake_.wait_for(lock, std::chrono::seconds(1), [this] { return stopped_; }); ++tick) {
      lock.unlock();
      round(tick);
      lock.lock();
    }
  }

  // One line a rule at most, every ten seconds.
  void log_observed() {
    for (const auto& [rule, count] : building_.rooms().verifier.observed())
      if (auto& told = observed_[rule]; count > told) {
        log::info("rule.observed", rule.text() + " would have refused " + std::to_string(count - told) + " calls");
        told = count;
      }
  }

  // Some thousands of rows a second while there are more: what comes faster than it goes would fill memory and disk.
  void purge(Instant now) {
    constexpr int kSteps = 10;
    purging_ = true;
    for (int step = 0; purging_ && step < kSteps; ++step) {
      const auto more = building_.rooms().upkeep.purge(now);
      if (!more) log::warn("upkeep.purge", "old rows were not removed");
      purging_ = more.value_or(false);
    }
  }

  void round(unsigned tick) {
    auto& upkeep = building_.rooms().upkeep;
    const auto now = clock_now();
    if (!upkeep.act_on_events(now)) log::warn("upkeep.events", "not written; it is tried again");
    certificates_.reload_changed();
    if (tick % 5 == 0 && !upkeep.write_uses()) log::warn("upkeep.uses", "last uses were not written");
    for (const auto& key : building_.rooms().signing_keys.ring()->entries()) key.verify.quicken();
    if (tick % 60 == 2 || purging_) purge(now);
    if (!building_.rooms().selftests.step(now)) log::warn("upkeep.selftests", "what failed was not written; it is tried again");
    if (tick % 2 == 0 && !atlas_.refresh()) log::warn("geo.reload", "the geo_database could not be read; the one read before stays");
    if (tick % 10 == 0) log_observed();
    if (tick % 3600 == 30) self_.count(now);
    // Kept where logs are kept, it tells of a tail that was cut off together with the file beside the database.
    if (tick % 3600 == 5) log::info("audit.checkpoint", building_.chain().latest());
    if (tick % 600 == 60 && !tend_peppers(building_, now))
      log::warn("upkeep.peppers", "peppers that nothing needs were not destroyed; it is tried again");
    if (tick % 30 == 0 && !tend_keys(building_, now)) log::warn("upkeep.keys", "what is due for keys was not done; it is tried again");
  }

  Building& building_;
  Self& self_;
  Certificates& certificates_;
  Atlas& atlas_;
  std::map<RuleId, std::uint64_t> observed_;
  bool purging_ = false;   // there was more to remove than was removed
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  const Seconds refresh_;
  std::thread loading_, upkeep_, fetching_;
};

void block_signals(sigset_t& set) {
  sigemptyset(&set);
  for (const int s : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, s);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

bool has_terminal() {
  const int fd = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

// SIGHUP means: read your certificates again. It is also what a terminal sends when it goes; a server in its foreground goes too.
void wait_for_end(const sigset_t& set, Certificates& certificates) {
  const bool had_terminal = has_terminal();
  for (int signal = 0;;) {
    ::sigwait(&set, &signal);
    if (signal != SIGHUP || (had_terminal && !has_terminal())) return;
    certificates.reload();
  }
}

Logged logged_of(const std::string& word) { return word == "all" ? Logged::All : word == "none" ? Logged::None : Logged::Errors; }

// `at` is where it listens; tokens name the issuer, which may be the address of a proxy in front.
void greet(const std::string& at, const std::string& issuer, const std::string& data, bool first_start) {
  std::printf("jeton serves on %s%s%s, data in %s\n", at.c_str(), at == issuer ? "" : " as ", at == issuer ? "" : issuer.c_str(),
              data.c_str());
  if (first_start || ::isatty(STDOUT_FILENO))
    std::printf(
        "Next, in another terminal:\n"
        "  jeton api create orders --audience https://orders.example.com --scope orders:read --scope orders:write\n"
        "  jeton user create ada\n"
        "  jeton token create --user ada --api orders --scope orders:read\n");
  std::fflush(stdout);
}

std::string address_of(const server::Listen& listen, std::uint16_t port) {
  const auto& a = listen.address;
  return (listen.speaks == server::Speaks::Tls ? "https://" : "http://") + (a.is_v4() ? a.text() : "[" + a.text() + "]") + ":" +
         std::to_string(port);
}

std::string wrong_place_of(const Places& places) {
  constexpr std::string_view kFile = "sqlite:";
  return places.store.starts_with(kFile) ? wrong_place(places.store.substr(kFile.size())) : std::string();
}

void tell_of_folder(FolderState found, const std::string& data) {
  const auto look = look_at_folder(data);
  if (look.state == FolderState::Open || look.state == FolderState::Lent) return log::warn("data.folder", look.what + ": " + look.next);
  if (found == FolderState::Open) log::warn("data.folder", data + " could be entered by others; its mode is 0700 now");
}

void tell_of_keys(Building& building) {
  for (const auto& key : building.rooms().signing_keys.ring()->entries())
    if (!key.trouble.empty())
      log::error("keys.silent", key.id.text() + " signs nothing until its token is there: " + std::string(key.trouble));
}

void watch_or_not(Building& building, const config::Config& config) {
  if (config.flag("watch")) return;
  building.rooms().verifier.uses().set(verify::Watching::Off);
  log::warn("watch.off", "nothing is kept of how tokens are used: no alerts, no counts by day, no last use");
}

void tell_of_audit(Building& building, const config::Config& config) {
  if (building.audit_found() == audit::Found::Broken)
    log::error("audit.broken", "the audit is not the one that was left; the checkpoint was set aside: run jeton audit verify");
  if (!record_config(config, building.rooms(), clock_now()))
    log::warn("audit.config", "what changed in the configuration was not put on record");
  log::info("audit.checkpoint", building.chain().latest());
}

void record_stop(Building& building) {
  auto& rooms = building.rooms();
  const audit::Actor system{.name = "system", .address = {}, .request_id = {}};
  auto event = audit::event({system, clock_now()}, "server.stop", "", rooms.entropy);
  if (!event || !rooms.ledger.commit({*std::move(event)})) log::warn("audit.stop", "the stop was not put on record");
  log::info("audit.checkpoint", building.chain().latest());
}

int serve(const config::Config& config, const std::string& data, const Places& places, bool first_start,
          const std::function<void(Building&, const std::string&)>& ready) {
  sigset_t signals;
  block_signals(signals);
  const auto folder = prepare_folder(data);
  if (!folder) return failed(folder.error());
  if (const auto wrong = wrong_place_of(places); !wrong.empty()) return failed(wrong);
  auto options = server_options(config, data);
  if (!options) return complain(options.error());
  auto given_keys = leak_keys(config);
  if (!given_keys) return complain(given_keys.error());
  if (!config.text("smtp.url").empty() && config.text("smtp.from").empty())
    return complain("smtp.from: the address mail comes from is expected beside smtp.url");
  log::start(config.text("log.level"));
  metrics::Metrics metrics;
  outside::Outbound outbound(net::Guard(config.list("outbound.allow")), clock_now);
  Self self(metrics, outbound);
  server::ForwardedCertificates forwarded(config.text("client_certificate_header"), proxies_of(config));
  Front front(metrics, logged_of(config.text("log.requests")), forwarded);
  server::Server server(*options, front, clock_now);
  Certificates certificates(server, options->tls, forwarded);
  // The issuer names the port, and a free one is known only after listening.
  const auto ports = server.listen();
  const auto trusted = certificates.trust();
  if (!ports || !trusted) return failed(std::string((ports ? trusted.error() : ports.error()).detail()));
  const std::string at = options->tcp.empty() ? "http://localhost" : address_of(options->tcp[0], (*ports)[0]);
  const std::string issuer = config.text("issuer").empty() ? at : config.text("issuer");
  auto facts = facts_of(config, issuer);
  facts.leak_keys = *std::move(given_keys);
  facts.signals.tell = [&server](const StreamId& id) { server.tell(id.text()); };
  auto building = Building::open(places, std::move(facts), sizes_of(config), self, clock_now());
  if (!building) {
    const auto& e = building.error();
    if (e.is(Fault::SelfTest)) {
      log::stop();
      complain("these algorithms failed their self-tests: " + out_of_service() +
               "; the server does not start. Run jeton selftest; "
               "where it fails again, the machine or its libraries cannot be trusted.");
      return 70;
    }
    return failed(std::string(e.detail().empty() ? e.name() : e.detail()));
  }
  Atlas atlas((*building)->rooms().verifier, config.list("geo_database"));
  if (const auto read = atlas.refresh(); !read) {
    log::stop();
    return complain(std::string(read.error().detail()));
  }
  watch_or_not(**building, config);
  self.set(building->get(), &server);
  front.set(&(*building)->protocols());
  const auto started = server.start();
  if (!started) return failed(std::string(started.error().detail()));
  tell_of_audit(**building, config);
  tell_of_keys(**building);
  tell_of_folder(*folder, data);
  Beside beside(**building, self, certificates, atlas, config.duration("saml.metadata_refresh"));
  outside::Notices notices((*building)->rooms(), outbound, clock_now);
  outside::Outside outside(config, **building, clock_now);
  self.set(&outside);
  log::info("started");
  if (ready) ready(**building, issuer);
  else greet(at, issuer, data, first_start);
  give_back_memory();
  wait_for_end(signals, certificates);
  log::info("stopping");
  server.stop();
  notices.stop();
  self.set(static_cast<outside::Outside*>(nullptr));
  outside.stop();
  beside.stop();
  record_stop(**building);
  log::info("stopped");
  log::stop();
  return kOk;
}

}  // namespace

int run(const config::Config& config, const std::string& data) {
  forbid_core_dumps();
  lock_memory();
  Places places{config.text("store"), data + "/master.key", data + "/peppers", config.text("master_key")};
  if (places.store.empty()) places.store = "sqlite:" + data + "/jeton.db";
  struct stat status{};
  const bool first_start = ::stat(places.master_key.c_str(), &status) != 0;
  return serve(config, data, places, first_start, {});
}

int run_try(const config::Config& config) {
  forbid_core_dumps();
  char folder[] = "/tmp/jeton-try-XXXXXX";
  if (::mkdtemp(folder) == nullptr) return complain("a temporary folder cannot be made");
  config::Config mine = config;
  if (mine.all().find("listen")->second.origin == "default") (void)mine.set("listen", {"127.0.0.1:0"}, "try");
  const int status = serve(mine, folder, {"memory:", {}, {}, {}}, true, [&](Building& b, const std::string& address) {
    const audit::Actor me{.name = "system", .address = {}, .request_id = {}};
    const audit::Doing doing{me, clock_now()};
    ledger::Api api;
    api.name = "sample";
    api.audience = "https://sample.example.com";
    api.scopes = {"sample:read", "sample:write"};
    api.routes = {"GET /items/** sample:read", "POST /items sample:write"};
    auto& rooms = b.rooms();
    const auto made_api = rooms.apis.create(api, doing);
    ledger::Principal ada;
    ada.name = "ada";
    const auto made_user = rooms.principals.create(PrincipalKind::User, ada, doing);
    if (!made_api || !made_user) return;
    personal::Draft draft;
    draft.principal = *made_user;
    draft.api = *made_api;
    draft.scopes = {"sample:read"};
    draft.name = "try";
    const auto born = rooms.tokens.create(std::move(draft), doing);
    if (!born) return;
    std::printf(
        "jeton tries on %s, everything in memory, gone on Ctrl-C.\n"
        "The API \"sample\" needs sample:read for GET /items/**; ada has a token with it. Ask whether it may come in:\n"
        "  curl -i -H 'Authorization: Bearer %s' -H 'X-Forwarded-Method: GET' -H 'X-Forwarded-Uri: /items/1' '%s/verify?api=sample'\n"
        "The command line speaks to it with:\n  export JETON_DATA=%s\n",
        address.c_str(), std::string(as_text(born->text.read(program::Pass::key()))).c_str(), address.c_str(), folder);
    std::fflush(stdout);
  });
  ::rmdir(folder);
  return status;
}

}  // namespace jeton::serve
