#include "vrrp/state.hpp"

#include <gmock/gmock.h>
#include <set>
#include <string>

namespace vrrp {
namespace {

TEST(VrrpState, HasAWordAndAnIdentifierOfItsOwnForEveryReason) {
  std::set<std::string_view> ids, texts;
  constexpr int reasons = static_cast<int>(Reason::reconfigured) + 1;
  for (int i = 0; i < reasons; ++i) {
    ids.insert(reason_id(static_cast<Reason>(i)));
    texts.insert(reason_text(static_cast<Reason>(i)));
  }
  EXPECT_EQ(ids.size(), reasons);
  EXPECT_EQ(texts.size(), reasons);
}

TEST(VrrpState, IsCalledAsScriptsAndDumpsHaveAlwaysCalledIt) {
  EXPECT_EQ(state_word(State::initialize), "INIT");
  EXPECT_EQ(state_word(State::backup), "BACKUP");
  EXPECT_EQ(state_word(State::master), "MASTER");
  EXPECT_EQ(state_word(State::fault), "FAULT");
}

TEST(VrrpState, NamesTheObjectOfEveryFault) {
  for (const auto kind : {FaultKind::interface_missing, FaultKind::interface_down,
                          FaultKind::no_source_address, FaultKind::source_address_missing,
                          FaultKind::address_not_installed, FaultKind::tracker, FaultKind::cannot_listen}) {
    EXPECT_THAT(fault_text({kind, "the object"}), ::testing::HasSubstr("the object"));
  }
  EXPECT_EQ(fault_text({FaultKind::no_unicast_peer, {}}), "no unicast peer is configured");
  EXPECT_THAT(fault_text({FaultKind::no_source_address, {}}),
              ::testing::HasSubstr("no source address is configured"));
}

}  // namespace
}  // namespace vrrp
