#include "notify/fifo_backlog.hpp"

#include <gmock/gmock.h>
#include <vector>

namespace notify {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> all(FifoBacklog& backlog) {
  std::vector<std::string> lines;
  while (!backlog.empty()) lines.push_back(backlog.take());
  return lines;
}

TEST(FifoBacklog, KeepsEveryLineInOrderBelowItsBound) {
  FifoBacklog backlog(100);
  EXPECT_EQ(backlog.add("A", "A MASTER", true), 0U);
  EXPECT_EQ(backlog.add("A", "A BACKUP", true), 0U);
  EXPECT_EQ(backlog.add("B", "B MASTER", true), 0U);
  EXPECT_THAT(all(backlog), ElementsAre("A MASTER", "A BACKUP", "B MASTER"));
}

TEST(FifoBacklog, PastItsBoundKeepsTheNewestStateOfEach) {
  FifoBacklog backlog(30);
  backlog.add("A", "A MASTER", true);
  backlog.add("B", "B MASTER", true);
  backlog.add("A", "A RX_LOWER", false);
  EXPECT_EQ(backlog.add("A", "A BACKUP", true), 2U);
  EXPECT_THAT(all(backlog), ElementsAre("B MASTER", "A BACKUP"));
}

TEST(FifoBacklog, GrowsWithTheNumberOfSubjectsOnly) {
  FifoBacklog backlog(10);
  for (int round = 0; round < 100; ++round) {
    for (const char* name : {"A", "B", "C", "D"}) backlog.add(name, std::string(name) + " MASTER", true);
  }
  EXPECT_LE(backlog.size(), 8U);
  EXPECT_EQ(all(backlog).back(), "D MASTER");
}

}  // namespace
}  // namespace notify
