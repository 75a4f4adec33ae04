#include "runtime/host_world.hpp"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "runtime/files.hpp"

namespace runtime {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class HostWorldTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/standfast-world.XXXXXX";  // NOLINT: mkdtemp writes it
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string directory_;
  HostWorld world_;
};

TEST_F(HostWorldTest, ReadsFilesAndRefusesWhatWouldNotEnd) {
  ASSERT_TRUE(write_file(directory_ + "/a.conf", "text\n"));
  EXPECT_EQ(world_.read_file(directory_ + "/a.conf"), "text\n");
  EXPECT_FALSE(world_.read_file(directory_));
  EXPECT_FALSE(world_.read_file(directory_ + "/missing"));
  EXPECT_FALSE(world_.read_file("/dev/zero"));
}

TEST_F(HostWorldTest, ExpandsPatternsAndBraces) {
  for (const auto* name : {"/b.conf", "/a.conf", "/c.txt"}) ASSERT_TRUE(write_file(directory_ + name, ""));
  EXPECT_THAT(world_.glob(directory_ + "/*.conf"),
              ElementsAre(directory_ + "/a.conf", directory_ + "/b.conf"));
  EXPECT_THAT(world_.glob(directory_ + "/{c.txt,a.conf}"),
              ElementsAre(directory_ + "/c.txt", directory_ + "/a.conf"));
  EXPECT_THAT(world_.glob(directory_ + "/*.none"), IsEmpty());
}

TEST_F(HostWorldTest, TellsLinksFromTheirTargets) {
  ASSERT_TRUE(write_file(directory_ + "/script", "", 0750));
  std::filesystem::create_symlink("script", directory_ + "/link");
  using Kind = config::FileStatus::Kind;
  EXPECT_EQ(world_.status(directory_ + "/link", false)->kind, Kind::symlink);
  const auto target = world_.status(directory_ + "/link", true);
  EXPECT_EQ(target->kind, Kind::regular);
  EXPECT_EQ(target->mode, 0750U);
  EXPECT_EQ(target->uid, ::geteuid());
  EXPECT_EQ(world_.real_path(directory_ + "/./link"), directory_ + "/script");
  EXPECT_EQ(world_.status(directory_ + "/missing", true), std::nullopt);
}

TEST_F(HostWorldTest, KnowsUsersGroupsInterfacesAndPrograms) {
  EXPECT_EQ(world_.user("root")->uid, 0U);
  EXPECT_EQ(world_.user("no such user"), std::nullopt);
  EXPECT_EQ(world_.group("root"), 0U);
  EXPECT_EQ(world_.interface_kind("lo"), "loopback");
  EXPECT_EQ(world_.interface_kind("nosuchif0"), std::nullopt);
  EXPECT_EQ(world_.interface_kind("a name much longer than any interface"), std::nullopt);
  EXPECT_NE(world_.find_executable("sh"), std::nullopt);
  EXPECT_EQ(world_.find_executable("no-such-program-here"), std::nullopt);
}

TEST_F(HostWorldTest, KeepsOneSeedForItsWholeLife) { EXPECT_EQ(world_.random_seed(), world_.random_seed()); }

}  // namespace
}  // namespace runtime
