// What every store must do with records other than tokens.
#include "stores/ledger_suite.h"

namespace jeton::stores::suite {

using namespace ledger;

INSTANTIATE_TEST_SUITE_P(Every, LedgerSuite, ::testing::ValuesIn(every_store()), [](const auto& store) { return store.param.name; });

TEST_P(LedgerSuite, StartsEmpty) {
  EXPECT_EQ(ledger_->last_seq().value(), 0u);
  EXPECT_FALSE(ledger_->api(ApiId(ulid(1))).value());
  EXPECT_FALSE(ledger_->api_named("orders").value());
  EXPECT_TRUE(ledger_->keys().value().empty());
  EXPECT_TRUE(ledger_->feed(0, 10).value().empty());
  EXPECT_TRUE(ledger_->healthy());
}

TEST_P(LedgerSuite, AnApiComesBackAsItWas) {
  auto wanted = api(1);
  wanted.network.allow = {prefix4(10, 8)};
  wanted.network.deny = {prefix4(11, 32), {net::Address::v6({}), 0}};
  commit({Insert<Api>{wanted}});
  const auto got = ledger_->api(wanted.id).value().value();
  EXPECT_EQ(got.name, wanted.name);
  EXPECT_EQ(got.audience, wanted.audience);
  EXPECT_EQ(got.scopes, wanted.scopes);
  EXPECT_EQ(got.routes, wanted.routes);
  EXPECT_EQ(got.format, wanted.format);
  EXPECT_EQ(got.alg, wanted.alg);
  EXPECT_EQ(got.network, wanted.network);
  EXPECT_EQ(got.access_ttl, wanted.access_ttl);
  EXPECT_EQ(got.created, wanted.created);
  EXPECT_EQ(got.updated, wanted.updated);
  EXPECT_EQ(got.deleted, std::nullopt);
  EXPECT_EQ(got.version, 1u);
  EXPECT_EQ(ledger_->api_named(wanted.name).value().value().id, wanted.id);
}

TEST_P(LedgerSuite, PrincipalsDevicesAndClientsComeBackAsTheyWere) {
  const auto ann = principal(1);
  const auto laptop = device(1, ann.id);
  const auto shop = client(1);
  commit({Insert<Principal>{ann}, Insert<Device>{laptop}, Insert<Client>{shop}});
  const auto got = ledger_->principal(ann.id).value().value();
  EXPECT_EQ(got.name, ann.name);
  EXPECT_EQ(got.email, ann.email);
  EXPECT_EQ(got.metadata, ann.metadata);
  EXPECT_EQ(got.standing, Standing::Active);
  EXPECT_EQ(ledger_->device(laptop.id).value().value().principal, ann.id);
  const auto app = ledger_->client(shop.id).value().value();
  EXPECT_EQ(app.redirects, shop.redirects);
  EXPECT_EQ(app.type, ClientType::Web);
  ASSERT_EQ(app.secrets.size(), 2u);
  EXPECT_EQ(app.secrets[0].hash, shop.secrets[0].hash);
  EXPECT_EQ(app.secrets[0].hint, "abcd");
  EXPECT_EQ(app.secrets[0].ends, std::nullopt);
  EXPECT_EQ(app.secrets[1].pepper, 2u);
  EXPECT_EQ(app.secrets[1].created, at(1));
  EXPECT_EQ(app.secrets[1].ends, at(9));
}

TEST_P(LedgerSuite, KeysRulesAlertsAndEventsComeBackAsTheyWere) {
  auto wanted = key(1);
  wanted.activated = at(3);
  commit({Insert<SigningKey>{wanted}, Insert<Rule>{rule(1)}, Insert<Alert>{alert(1)}, Insert<AuditEvent>{event(1)}});
  const auto k = ledger_->key(wanted.id).value().value();
  EXPECT_EQ(k.kid, wanted.kid);
  EXPECT_TRUE(k.api.none());
  EXPECT_EQ(k.public_jwk, wanted.public_jwk);
  EXPECT_EQ(k.sealed_private, wanted.sealed_private);
  EXPECT_EQ(k.activated, wanted.activated);
  EXPECT_EQ(k.retired, std::nullopt);
  const auto r = ledger_->rule(RuleId(ulid(1))).value().value();
  EXPECT_TRUE(r.observe);
  EXPECT_EQ(r.network, rule(1).network);
  const auto a = ledger_->alert(AlertId(ulid(1))).value().value();
  EXPECT_EQ(a.evidence, alert(1).evidence);
  EXPECT_EQ(a.severity, Severity::Critical);
  EXPECT_EQ(a.count, 3u);
  EXPECT_TRUE(a.family.none());
  EXPECT_EQ(a.last, at(2));
  const auto events = ledger_->audit({}).value();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].actor, "uid:0");
  EXPECT_EQ(events[0].detail, R"({"a":1})");
  EXPECT_EQ(events[0].address, event(1).address);
  EXPECT_EQ(events[0].at, event(1).at);
}

TEST_P(LedgerSuite, AUserAndAServiceOfTheSameNumberAreTwo) {
  const auto user = principal(7, PrincipalKind::User);
  const auto service = principal(7, PrincipalKind::Service);
  commit({Insert<Principal>{user}, Insert<Principal>{service}});
  EXPECT_EQ(ledger_->principal(user.id).value().value().id, user.id);
  EXPECT_EQ(ledger_->principal_named(PrincipalKind::Service, service.name).value().value().id, service.id);
  EXPECT_EQ(ledger_->principals(PrincipalKind::User, {}).value().size(), 1u);
  EXPECT_FALSE(ledger_->principal(PrincipalId(PrincipalKind::User, ulid(8))).value());
}

TEST_P(LedgerSuite, UsersAreFoundByTheirAddress) {
  std::vector<Principal> made;
  for (std::uint64_t n = 1; n <= 6; ++n) made.push_back(principal(n));
  made[0].email = "Ada@Example.com", made[1].email = "ada@example.com", made[2].email = "ada@example.org", made[3].email = "";
  made[4].email = "ada@example.com", made[4].standing = Standing::Deleted;
  made[5].email = "ADA@example.com", made[5].standing = Standing::Disabled;
  auto service = principal(7, PrincipalKind::Service);
  service.email = "ada@example.com";
  std::vector<Change> changes{Insert<Principal>{service}};
  for (const auto& p : made) changes.emplace_back(Insert<Principal>{p});
  commit(std::move(changes));
  const auto found = [this](std::string_view email, std::size_t limit = 10) {
    std::vector<PrincipalId> out;
    const auto users = ledger_->users_at(email, limit).value();
    for (const auto& p : users) out.push_back(p.id);
    return out;
  };
  EXPECT_EQ(found("aDa@example.COM"), (std::vector{made[0].id, made[1].id, made[5].id}));
  EXPECT_EQ(found("ada@example.com", 2), (std::vector{made[0].id, made[1].id}));
  EXPECT_EQ(found("ada@example.org"), (std::vector{made[2].id}));
  for (const auto* none : {"", "ada@example.co", "ada@example.com ", "%", "_da@example.org", "Äda@example.com"})
    EXPECT_TRUE(found(none).empty());
  auto moved = ledger_->principal(made[2].id).value().value();
  moved.email = "eve@example.org";
  commit({Update<Principal>{moved}});
  EXPECT_TRUE(found("ada@example.org").empty());
  EXPECT_EQ(found("eve@example.org"), (std::vector{made[2].id}));
}

TEST_P(LedgerSuite, WhatEndsWithinATimeIsFoundInTheTailAndBehindIt) {
  // More than once what is entered at a time, and some that are not.
  for (std::uint64_t n = 1; n <= 5000; n += 1000) {
    std::vector<Change> changes;
    for (std::uint64_t i = n; i < n + 1000; ++i) {
      auto t = suite::token(i);
      t.kind = i % 2 == 0 ? opaque::Kind::Pat : opaque::Kind::Rt;
      t.expires = at(static_cast<std::int64_t>(10'000 + i));
      changes.emplace_back(Insert<Token>{std::move(t)});
    }
    commit(std::move(changes));
  }
  commit({end(TokensOf(TokenId(ulid(4996))))});
  TokenFilter f{.kind = opaque::Kind::Pat, .show = TokenFilter::Show::Live, .expires_before = at(14'999), .expires_from = at(14'990)};
  const auto found = [&](const PageOf<TokenId>& page) {
    std::vector<TokenId> out;
    const auto some = ledger_->tokens(f, page, at(0)).value();
    for (const auto& t : some) out.push_back(t.id);
    return out;
  };
  const auto id = [](std::uint64_t n) { return TokenId(ulid(n)); };
  EXPECT_EQ(found({.before = std::nullopt, .limit = 10}), (std::vector{id(4998), id(4994), id(4992), id(4990)}));
  EXPECT_EQ(found({.before = std::nullopt, .limit = 2}), (std::vector{id(4998), id(4994)}));
  EXPECT_EQ(found({.before = id(4994), .limit = 10}), (std::vector{id(4992), id(4990)}));
  f.expires_from = at(10'002), f.expires_before = at(10'005);
  EXPECT_EQ(found({.before = std::nullopt, .limit = 10}), (std::vector{id(4), id(2)}));
}

TEST_P(LedgerSuite, AClientsOwnGrantsAreFoundAmongAllOfItsTokens) {
  const auto grant = [](std::uint64_t n, PrincipalKind kind, opaque::Kind what, std::uint64_t client) {
    auto t = suite::token(n);
    t.kind = what;
    t.principal = PrincipalId(kind, ulid(50));
    t.client = ClientId(ulid(client));
    return t;
  };
  auto ended = grant(5, PrincipalKind::Service, opaque::Kind::Rt, 1);
  commit({Insert<Token>{grant(1, PrincipalKind::User, opaque::Kind::Rt, 1)},
          Insert<Token>{grant(2, PrincipalKind::Service, opaque::Kind::Rt, 1)},
          Insert<Token>{grant(3, PrincipalKind::Service, opaque::Kind::At, 1)},
          Insert<Token>{grant(4, PrincipalKind::Service, opaque::Kind::Rt, 2)}, Insert<Token>{ended},
          Insert<Token>{grant(6, PrincipalKind::Service, opaque::Kind::Rt, 1)}});
  commit({end(TokensOf(ended.id))});
  std::vector<TokenId> found;
  const auto grants = ledger_->own_grants(ClientId(ulid(1))).value();
  for (const auto& t : grants) found.push_back(t.id);
  EXPECT_EQ(found, (std::vector{TokenId(ulid(2)), TokenId(ulid(6))}));
  EXPECT_TRUE(ledger_->own_grants(ClientId()).value().empty());
}

TEST_P(LedgerSuite, NamesAreUniqueWhileTheirHolderLives) {
  auto a = api(1);
  commit({Insert<Api>{a}});
  auto same_name = api(2);
  same_name.name = a.name;
  EXPECT_TRUE(refused({Insert<Api>{same_name}}));
  auto same_audience = api(2);
  same_audience.audience = a.audience;
  EXPECT_TRUE(refused({Insert<Api>{same_audience}}));
  EXPECT_TRUE(refused({Insert<Api>{a}}));
  a.deleted = at(9);
  commit({Update<Api>{a}});
  EXPECT_FALSE(ledger_->api_named(a.name).value());
  EXPECT_TRUE(ledger_->api(a.id).value());
  commit({Insert<Api>{same_name}});
  EXPECT_EQ(ledger_->api_named(a.name).value().value().id, same_name.id);
  // The deleted one cannot come back under the name another has now.
  a.deleted.reset();
  a.version = 2;
  EXPECT_TRUE(refused({Update<Api>{a}}));
}

TEST_P(LedgerSuite, PrincipalAndClientNamesAreFreeOnceDeleted) {
  auto ann = principal(1);
  auto shop = client(1);
  commit({Insert<Principal>{ann}, Insert<Client>{shop}});
  auto second = principal(2);
  second.name = ann.name;
  auto other = client(2);
  other.name = shop.name;
  EXPECT_TRUE(refused({Insert<Principal>{second}}));
  EXPECT_TRUE(refused({Insert<Client>{other}}));
  ann.standing = Standing::Disabled;
  shop.standing = Standing::Disabled;
  commit({Update<Principal>{ann}, Update<Client>{shop}});
  EXPECT_TRUE(refused({Insert<Principal>{second}}));
  EXPECT_TRUE(refused({Insert<Client>{other}}));
  ann.standing = Standing::Deleted;
  shop.standing = Standing::Deleted;
  ann.version = shop.version = 2;
  commit({Update<Principal>{ann}, Update<Client>{shop}});
  EXPECT_FALSE(ledger_->principal_named(PrincipalKind::User, ann.name).value());
  commit({Insert<Principal>{second}, Insert<Client>{other}});
}

TEST_P(LedgerSuite, DeviceNamesAreUniqueWithinTheirPrincipal) {
  const auto ann = principal(1).id, bob = principal(2).id;
  auto first = device(1, ann);
  commit({Insert<Device>{first}});
  auto second = device(2, ann);
  second.name = first.name;
  EXPECT_TRUE(refused({Insert<Device>{second}}));
  auto of_bob = device(3, bob);
  of_bob.name = first.name;
  commit({Insert<Device>{of_bob}});
  first.revoked = at(4);
  commit({Update<Device>{first}});
  commit({Insert<Device>{second}});
  EXPECT_EQ(ledger_->devices(ann, {}).value().size(), 2u);
  EXPECT_EQ(ledger_->devices(std::nullopt, {}).value().size(), 3u);
}

TEST_P(LedgerSuite, KidsAreUnique) {
  commit({Insert<SigningKey>{key(1)}});
  auto other = key(2);
  other.kid = key(1).kid;
  EXPECT_TRUE(refused({Insert<SigningKey>{other}}));
}

TEST_P(LedgerSuite, AnUpdateNamesTheVersionItRead) {
  auto r = principal(1);
  commit({Insert<Principal>{r}});
  r.email = "new@example.com";
  commit({Update<Principal>{r}});
  EXPECT_EQ(ledger_->principal(r.id).value().value().version, 2u);
  r.email = "late@example.com";
  EXPECT_TRUE(refused({Update<Principal>{r}}));
  EXPECT_EQ(ledger_->principal(r.id).value().value().email, "new@example.com");
  r.version = 2;
  commit({Update<Principal>{r}});
  EXPECT_EQ(ledger_->principal(r.id).value().value().email, "late@example.com");
  EXPECT_TRUE(refused({Update<Principal>{principal(2)}}, Refusal::NotFound));
}

TEST_P(LedgerSuite, ARefusedBatchChangesNothing) {
  Notes notes;
  ledger_->follow(&notes);
  commit({Insert<Api>{api(1)}, Insert<Token>{suite::token(1)}, PutSetting{{"brand", "\"jtn\"", 0}}});
  const auto seq = ledger_->last_seq().value();
  const auto told = notes.all.size();
  auto renamed = api(1);
  renamed.name = "renamed";
  EXPECT_TRUE(
      refused({Insert<Principal>{principal(1)}, Update<Api>{renamed}, end(TokensOf{TokenId(ulid(1))}), PutSetting{{"brand", "\"x\"", 0}},
               RevokeJwt{{TokenId(ulid(9)), at(10), at(1)}}, Rehash{TokenId(ulid(1)), digest(1), digest(77), 2},
               Insert<AuditEvent>{event(1)}, Insert<SavedAnswer>{{digest(5), digest(6), {1}, at(600)}}, Insert<Api>{renamed}}));
  EXPECT_FALSE(ledger_->principal(principal(1).id).value());
  EXPECT_EQ(ledger_->api(api(1).id).value().value().name, api(1).name);
  EXPECT_TRUE(ledger_->api_named(api(1).name).value());
  EXPECT_FALSE(ledger_->api_named("renamed").value());
  EXPECT_FALSE(token(TokenId(ulid(1))).ended);
  EXPECT_TRUE(ledger_->token_by_hash(digest(1)).value());
  EXPECT_EQ(ledger_->setting("brand").value().value().value, "\"jtn\"");
  EXPECT_TRUE(ledger_->revoked_jwts(at(0)).value().empty());
  EXPECT_TRUE(ledger_->audit({}).value().empty());
  EXPECT_FALSE(ledger_->answer(digest(5), at(0)).value());
  EXPECT_EQ(ledger_->last_seq().value(), seq);
  EXPECT_EQ(notes.all.size(), told);
  // The twin: the same batch without its last change goes through, and `seq` has no gap.
  const auto done = commit({Insert<Principal>{principal(1)}, Update<Api>{renamed}, end(TokensOf{TokenId(ulid(1))})});
  EXPECT_EQ(done.seq, seq + 3);
}

TEST_P(LedgerSuite, ABatchSeesItsOwnEarlierChanges) {
  auto r = principal(1);
  auto changed = r;
  changed.email = "second";
  commit(
      {Insert<Principal>{r}, Update<Principal>{changed}, Insert<Token>{suite::token(1)}, end(TokensOf{r.id}, EndReason::PrincipalEnded)});
  EXPECT_EQ(ledger_->principal(r.id).value().value().version, 2u);
  EXPECT_EQ(token(TokenId(ulid(1))).end_reason, EndReason::PrincipalEnded);
}

TEST_P(LedgerSuite, AFollowerLearnsRecordsAsTheyStandAfterwards) {
  Notes notes;
  ledger_->follow(&notes);
  auto r = principal(1);
  auto changed = r;
  changed.standing = Standing::Disabled;
  commit({Insert<Principal>{r}});
  commit({Update<Principal>{changed}, Insert<AuditEvent>{event(1)}, PutSetting{{"a", "1", 0}}});
  ASSERT_EQ(notes.all.size(), 3u);
  EXPECT_EQ(std::get<Principal>(notes.all[0]).version, 1u);
  EXPECT_EQ(std::get<Principal>(notes.all[1]).standing, Standing::Disabled);
  EXPECT_EQ(std::get<Principal>(notes.all[1]).version, 2u);
  EXPECT_EQ(std::get<Setting>(notes.all[2]).version, 1u);
  EXPECT_EQ(notes.seqs, (std::vector<Seq>{1, 2}));
}

TEST_P(LedgerSuite, TheFeedNamesWhatVerifiersMustKnow) {
  commit({Insert<Api>{api(1)}, Insert<Principal>{principal(1)}, Insert<Device>{device(1, principal(1).id)}, Insert<Client>{client(1)},
          Insert<SigningKey>{key(1)}, Insert<Rule>{rule(1)}, Insert<Token>{suite::token(1)}});
  const auto done = commit({Insert<AuditEvent>{event(70)}, end(TokensOf{TokenId(ulid(1))}, EndReason::Leaked),
                            RevokeJwt{{TokenId(ulid(2)), at(90), at(60)}}, RuleId(ulid(1))});
  EXPECT_EQ(done.seq, 9u);
  EXPECT_EQ(ledger_->last_seq().value(), 9u);
  const auto feed = ledger_->feed(0, 100).value();
  ASSERT_EQ(feed.size(), 9u);
  const std::vector<std::string> kinds = {"api", "principal", "device", "client", "key", "rule", "token_ended", "jwt_revoked", "rule"};
  for (std::size_t i = 0; i < feed.size(); ++i) {
    EXPECT_EQ(feed[i].seq, i + 1);
    EXPECT_EQ(feed[i].kind, kinds[i]);
  }
  EXPECT_EQ(feed[6].subject, TokenId(ulid(1)).text());
  EXPECT_EQ(feed[6].reason, "leaked");
  EXPECT_EQ(feed[6].at, at(50));
  EXPECT_EQ(feed[8].reason, "deleted");
  EXPECT_EQ(feed[8].at, at(70));
  const auto later = ledger_->feed(6, 2).value();
  ASSERT_EQ(later.size(), 2u);
  EXPECT_EQ(later[0].seq, 7u);
  EXPECT_TRUE(ledger_->feed(9, 100).value().empty());
  EXPECT_TRUE(ledger_->feed(UINT64_MAX, 100).value().empty());
}

TEST_P(LedgerSuite, TheFeedTellsOfHoldsAndNamedNetworks) {
  auto t = suite::token(1);
  t.hold = Hold::None;
  commit({Insert<Token>{t}});
  const auto hold = [&](Hold to, std::uint64_t n) {
    t.hold = to;
    commit({Update<Token>{t}, Insert<AuditEvent>{event(n)}});
    ++t.version;
  };
  hold(Hold::Quarantined, 60);
  hold(Hold::Quarantined, 61);   // told once
  t.name = "another";
  hold(Hold::StepUp, 62);
  hold(Hold::None, 63);
  commit({PutSetting{{"network.office", "0 0 10.0.0.0/8", 0}}, PutSetting{{"policy.brand", "acme", 0}}, Insert<AuditEvent>{event(64)}});
  commit({PutSetting{{"network.office", "", 0}}, Insert<AuditEvent>{event(65)}});
  const auto feed = ledger_->feed(0, 100).value();
  const std::vector<std::array<std::string, 3>> expected = {{"token_held", t.id.text(), "quarantined"},
                                                            {"token_held", t.id.text(), "step_up"},
                                                            {"token_held", t.id.text(), "released"},
                                                            {"network", "@office", "active"},
                                                            {"network", "@office", "deleted"}};
  ASSERT_EQ(feed.size(), expected.size());
  for (std::size_t i = 0; i < feed.size(); ++i) EXPECT_EQ((std::array{feed[i].kind, feed[i].subject, feed[i].reason}), expected[i]);
  EXPECT_EQ(feed[0].at, at(60));
  EXPECT_EQ(feed[4].at, at(65));
  // What was refused told nobody.
  auto stale = t;
  stale.version = 1;
  stale.hold = Hold::Quarantined;
  EXPECT_FALSE(ledger_->commit({Update<Token>{stale}}));
  EXPECT_EQ(ledger_->last_seq().value(), 5u);
}

TEST_P(LedgerSuite, ListsArePagedNewestFirst) {
  for (std::uint64_t n = 1; n <= 5; ++n)
    commit({Insert<Api>{api(n)}, Insert<Principal>{principal(n)}, Insert<Principal>{principal(n, PrincipalKind::Service)},
            Insert<Client>{client(n)}, Insert<Alert>{alert(n)}, Insert<AuditEvent>{event(n)}});
  auto page = ledger_->apis({std::nullopt, 2}).value();
  ASSERT_EQ(page.size(), 2u);
  EXPECT_EQ(page[0].id, api(5).id);
  page = ledger_->apis({page[1].id, 10}).value();
  ASSERT_EQ(page.size(), 3u);
  EXPECT_EQ(page[0].id, api(3).id);
  EXPECT_TRUE(ledger_->apis({api(1).id, 10}).value().empty());
  for (const auto kind : {PrincipalKind::User, PrincipalKind::Service}) {
    const auto people = ledger_->principals(kind, {principal(4, kind).id, 10}).value();
    ASSERT_EQ(people.size(), 3u);
    EXPECT_EQ(people[0].id, principal(3, kind).id);
    EXPECT_EQ(ledger_->principals(kind, {}).value().size(), 5u);
  }
  EXPECT_EQ(ledger_->clients({client(3).id, 1}).value().at(0).id, client(2).id);
  EXPECT_EQ(ledger_->alerts({alert(3).id, 1}).value().at(0).id, alert(2).id);
  EXPECT_EQ(ledger_->audit({event(3).id, 1}).value().at(0).id, event(2).id);
}

TEST_P(LedgerSuite, KeysAndRulesComeOldestFirst) {
  commit({Insert<SigningKey>{key(2)}, Insert<SigningKey>{key(1)}, Insert<Rule>{rule(2)}, Insert<Rule>{rule(1)}});
  EXPECT_EQ(ledger_->keys().value().at(0).id, key(1).id);
  EXPECT_EQ(ledger_->rules().value().at(0).id, rule(1).id);
  commit({RuleId(ulid(1))});
  EXPECT_EQ(ledger_->rules().value().size(), 1u);
  EXPECT_TRUE(refused({RuleId(ulid(1))}, Refusal::NotFound));
}

TEST_P(LedgerSuite, DeletedApisAreNotListed) {
  auto gone = api(1);
  commit({Insert<Api>{gone}, Insert<Api>{api(2)}});
  gone.deleted = at(3);
  commit({Update<Api>{gone}});
  const auto left = ledger_->apis({}).value();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].id, api(2).id);
}

TEST_P(LedgerSuite, ABackupNeedsAFile) {
  commit({Insert<Token>{suite::token(1)}});
  const auto done = ledger_->backup(folder_.file("copy"));
  EXPECT_EQ(done.has_value(), GetParam().keeps == Store::Keeps::Files);
  EXPECT_TRUE(done || done.error().is(Refusal::Unsupported));
}

TEST_P(LedgerSuite, SettingsCountTheirVersions) {
  commit({PutSetting{{"b", "1", 0}}, PutSetting{{"a", "[]", 0}}});
  commit({PutSetting{{"b", "2", 0}}});
  EXPECT_EQ(ledger_->setting("b").value().value().version, 2u);
  EXPECT_TRUE(refused({PutSetting{{"b", "3", 1}}}));
  EXPECT_TRUE(refused({PutSetting{{"new", "3", 1}}}));
  commit({PutSetting{{"b", "3", 2}}});
  const auto all = ledger_->settings().value();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "a");
  EXPECT_EQ(all[1].value, "3");
  EXPECT_FALSE(ledger_->setting("none").value());
}

TEST_P(LedgerSuite, AnAnswerIsKeptUntilItExpires) {
  const SavedAnswer first{digest(1), digest(2), {1, 2, 3}, at(600)};
  commit({Insert<SavedAnswer>{first}, Insert<AuditEvent>{event(1)}});
  const auto got = ledger_->answer(digest(1), at(599)).value().value();
  EXPECT_EQ(got.request, first.request);
  EXPECT_EQ(got.sealed, first.sealed);
  EXPECT_FALSE(ledger_->answer(digest(1), at(600)).value());
  const SavedAnswer second{digest(1), digest(3), {9}, at(1300)};
  EXPECT_TRUE(refused({Insert<SavedAnswer>{second}, Insert<AuditEvent>{event(599)}}));
  commit({Insert<SavedAnswer>{second}, Insert<AuditEvent>{event(700)}});
  EXPECT_EQ(ledger_->answer(digest(1), at(700)).value().value().request, digest(3));
}

}  // namespace jeton::stores::suite
