// Addresses that accept nothing: blocked before they are there, and as long as they are.
#include "engine/failover_fixture.hpp"

namespace engine {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

InstanceConfig silent_router() {
  InstanceConfig config = router();
  config.vrrp.accept = false;
  return config;
}

std::vector<std::string> firewall_words(const Actions& actions) {
  std::vector<std::string> found;
  for (const auto& word : words(actions)) {
    if (word.starts_with("block") || word.starts_with("unblock") ||
        word.find("firewall") != std::string::npos)
      found.push_back(word);
  }
  return found;
}

std::size_t place_of(const Actions& actions, std::string_view word) {
  const auto all = words(actions);
  return static_cast<std::size_t>(std::ranges::find(all, word) - all.begin());
}

TEST(Firewall, NobodyWhoAcceptsPacketsHasATable) {
  Node node(testing::node({router()}));
  EXPECT_THAT(firewall_words(node.start()), IsEmpty());
  EXPECT_THAT(firewall_words(node.run(8s)), IsEmpty());
  EXPECT_THAT(firewall_words(node.stop()), IsEmpty());
}

TEST(Firewall, AMastersAddressesAreBlockedBeforeTheyAreThereAndUntilTheyAreGone) {
  Node node(testing::node({silent_router()}));
  EXPECT_THAT(firewall_words(node.start()), ElementsAre("build firewall standfast"));
  const Actions mastering = node.run(5s);
  EXPECT_THAT(firewall_words(mastering), ElementsAre("block 10.9.0.100"));
  EXPECT_LT(place_of(mastering, "block 10.9.0.100"), place_of(mastering, "add 10.9.0.100/24"));
  const Actions yielding = node.hear(200);
  EXPECT_THAT(firewall_words(yielding), ElementsAre("unblock 10.9.0.100"));
  EXPECT_LT(place_of(yielding, "remove 10.9.0.100/24"), place_of(yielding, "unblock 10.9.0.100"));
  EXPECT_THAT(firewall_words(node.stop()), ElementsAre("remove firewall standfast"));
}

TEST(Firewall, TheOwnerAcceptsWhateverIsWritten) {
  InstanceConfig owner = silent_router();
  owner.vrrp.priority = 255;
  Node node(testing::node({owner}));
  EXPECT_THAT(firewall_words(node.start()), IsEmpty());
}

TEST(Firewall, AnAddressOfTwoRoutersIsBlockedAsLongAsOneNeedsIt) {
  InstanceConfig second = silent_router();
  second.vrrp.name = "VJ";
  second.vrrp.vrid = 52;
  Node node(testing::node({silent_router(), second}));
  node.start();
  EXPECT_THAT(firewall_words(node.run(5s)), ElementsAre("block 10.9.0.100"));
  vrrp::Config other = second.vrrp;
  EXPECT_THAT(firewall_words(node.hear(200, "10.9.0.2", other)), IsEmpty());
  EXPECT_THAT(firewall_words(node.hear(200)), ElementsAre("unblock 10.9.0.100"));
}

TEST(Firewall, ATableThatSomebodyTouchedIsPutBackAtOnceButNotWithoutEnd) {
  Node node(testing::node({silent_router()}));
  node.start();
  node.run(8s);
  EXPECT_THAT(firewall_words(node.tell(event::FirewallTouched{})),
              ElementsAre("notice firewall_touched", "build firewall standfast 10.9.0.100"));
  EXPECT_THAT(firewall_words(node.tell(event::FirewallTouched{})), IsEmpty());
  EXPECT_THAT(firewall_words(node.run(99ms)), IsEmpty());
  EXPECT_THAT(firewall_words(node.run(2ms)), ElementsAre("build firewall standfast 10.9.0.100"));
}

TEST(Firewall, AKernelThatRefusesIsAskedAgainAndSaidOnce) {
  Node node(testing::node({silent_router()}));
  node.start();
  node.run(8s);
  const event::FirewallRefused refused{{95, "Operation not supported"}};
  EXPECT_THAT(firewall_words(node.tell(refused)), ElementsAre("notice firewall_refused"));
  EXPECT_THAT(firewall_words(node.run(10s)), ElementsAre("build firewall standfast 10.9.0.100"));
  EXPECT_THAT(firewall_words(node.tell(refused)), IsEmpty());
}

TEST(Firewall, AReloadBlocksAndUnblocksWithoutTouchingTheAddresses) {
  Node node(testing::node({router()}));
  node.start();
  node.run(8s);
  const Actions blocked = node.reload(testing::node({silent_router()}));
  EXPECT_THAT(firewall_words(blocked), ElementsAre("build firewall standfast", "block 10.9.0.100"));
  EXPECT_THAT(only(words(blocked), "remove 1"), IsEmpty());
  EXPECT_THAT(firewall_words(node.reload(testing::node({silent_router()}))), IsEmpty());
  EXPECT_THAT(firewall_words(node.reload(testing::node({router()}))),
              ElementsAre("remove firewall standfast"));
}

TEST(Firewall, AWorkerThatResumesBuildsWhatItsMastersNeed) {
  Node before(testing::node({silent_router()}));
  before.start();
  before.run(8s);
  EXPECT_EQ(before.snapshot().firewall, "standfast");
  Node after(testing::node({silent_router()}), before.snapshot(), before.now);
  after.now = before.now + 100ms;
  after.addresses = before.addresses;
  EXPECT_THAT(firewall_words(after.start()), ElementsAre("build firewall standfast 10.9.0.100"));
}

TEST(Firewall, AWorkerThatNeedsNoneRemovesWhatItFinds) {
  Node before(testing::node({silent_router()}));
  before.start();
  Node after(testing::node({router()}), before.snapshot(), before.now);
  after.now = before.now + 100ms;
  EXPECT_THAT(firewall_words(after.start()), ElementsAre("remove firewall standfast"));
}

TEST(Firewall, AnotherTableTakesThePlaceOfTheOneBefore) {
  Node node(testing::node({silent_router()}));
  node.start();
  node.run(8s);
  FailoverConfig other = testing::node({silent_router()});
  other.firewall.name = "mine";
  EXPECT_THAT(firewall_words(node.reload(other)),
              ElementsAre("remove firewall standfast", "build firewall mine 10.9.0.100"));
}

}  // namespace
}  // namespace engine
