// How listings are answered: by what is entered, not by looking at every token.
#include "stores/sqlite/token_list.h"

#include <gtest/gtest.h>

#include "stores/ledger_suite.h"
#include "stores/sqlite/ledger.h"

namespace jeton::sqlite {
namespace {

using namespace ledger;
using namespace stores::suite;

class TokenList : public ::testing::Test {
 protected:
  TokenList() {
    EXPECT_TRUE(open(path()));
    db_ = *Connection::open(path(), Mode::Read);
  }
  std::string path() const { return folder_.file("ledger.db"); }
  // How the database would answer.
  std::string plan(const TokenFilter& filter, Tailed tailed = Tailed::No) {
    const PageOf<TokenId> page{.before = std::nullopt, .limit = 100};
    auto s = *db_->once("EXPLAIN QUERY PLAN " + query_of({filter, page, at(0), tailed}));
    std::string out;
    while (*s.step()) out += std::string(reinterpret_cast<const char*>(sqlite3_column_text(s.row(), 3))) + "\n";
    return out;
  }

  Folder folder_;
  std::unique_ptr<Connection> db_;
};

TEST_F(TokenList, WhatEndsWithinATimeIsFoundByItsEnd) {
  TokenFilter filter;
  filter.expires_from = at(10), filter.expires_before = at(20);
  const auto by_end = plan(filter);
  EXPECT_NE(by_end.find("SEARCH token_ends USING PRIMARY KEY (expires>? AND expires<?)"), std::string::npos) << by_end;
  EXPECT_EQ(by_end.find("SCAN tokens"), std::string::npos) << by_end;
  filter.kind = opaque::Kind::Pat;
  EXPECT_EQ(plan(filter).find("SCAN tokens"), std::string::npos);
  // The twins: without a time nothing else is there to find them by, and what may not be entered is looked for among all.
  EXPECT_NE(plan({}).find("SCAN tokens"), std::string::npos);
  EXPECT_NE(plan(filter, Tailed::Perhaps).find("SCAN tokens"), std::string::npos);
}

TEST_F(TokenList, APrincipalsAreFoundInTheirOrder) {
  TokenFilter filter;
  filter.principal = PrincipalId(PrincipalKind::User, ulid(2));
  const auto by_principal = plan(filter);
  EXPECT_NE(by_principal.find("SEARCH token_principals USING PRIMARY KEY (principal=?)"), std::string::npos) << by_principal;
  EXPECT_EQ(by_principal.find("SCAN"), std::string::npos) << by_principal;
  EXPECT_EQ(by_principal.find("TEMP B-TREE"), std::string::npos) << by_principal;
}

}  // namespace
}  // namespace jeton::sqlite
