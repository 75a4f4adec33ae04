#include "runtime/pid_file.hpp"

#include <cerrno>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "runtime/files.hpp"

namespace runtime {
namespace {

using testing::HasSubstr;

class PidFileTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/standfast-pid.XXXXXX";  // NOLINT: mkdtemp writes it
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
    path_ = directory_ + "/x.pid";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string directory_, path_;
};

TEST_F(PidFileTest, HoldsNumberAndNewlineAndVanishesWithItsOwner) {
  {
    auto file = PidFile::lock(path_);
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_TRUE(file->write(123456));
    ASSERT_TRUE(file->write(42));
    EXPECT_EQ(read_text_file(path_), "42\n");
    struct stat status{};
    ASSERT_EQ(::stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0644U);
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(PidFileTest, RefusesASecondDaemonAndNamesTheFirst) {
  auto first = PidFile::lock(path_);
  ASSERT_TRUE(first);
  ASSERT_TRUE(first->write(4711));
  const auto second = PidFile::lock(path_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EWOULDBLOCK);
  EXPECT_THAT(second.error().message, HasSubstr("4711"));
  EXPECT_EQ(running_pid(path_), 4711);
}

TEST_F(PidFileTest, TakesOverAStaleFile) {
  ASSERT_TRUE(write_file(path_, "999999\n", 0644));
  EXPECT_EQ(running_pid(path_), std::nullopt);
  EXPECT_TRUE(PidFile::lock(path_));
}

TEST_F(PidFileTest, StaysLockedAfterTheParentOfAForkHasGone) {
  auto file = PidFile::lock(path_);
  ASSERT_TRUE(file);
  const pid_t child = ::fork();
  if (child == 0) {
    file->abandon();
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(std::filesystem::exists(path_));
  EXPECT_FALSE(PidFile::lock(path_));
}

TEST_F(PidFileTest, RefusesASymbolicLink) {
  ASSERT_TRUE(write_file(directory_ + "/target", "precious\n"));
  std::filesystem::create_symlink(directory_ + "/target", path_);
  EXPECT_FALSE(PidFile::lock(path_));
  EXPECT_EQ(read_text_file(directory_ + "/target"), "precious\n");
}

TEST_F(PidFileTest, NamesThePathThatCannotBeWritten) {
  const auto file = PidFile::lock(directory_ + "/missing/x.pid");
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().message, HasSubstr(directory_ + "/missing/x.pid: No such file"));
}

TEST_F(PidFileTest, LeavesTheFileOfASuccessorAlone) {
  auto file = PidFile::lock(path_);
  ASSERT_TRUE(file);
  std::filesystem::remove(path_);
  auto successor = PidFile::lock(path_);
  ASSERT_TRUE(successor);
  ASSERT_TRUE(successor->write(7));
  file = std::unexpected(core::Error{});
  EXPECT_EQ(read_text_file(path_), "7\n");
}

TEST_F(PidFileTest, WritingReplacesAPlantedLinkAndNotItsTarget) {
  ASSERT_TRUE(write_file(directory_ + "/target", "precious\n"));
  std::filesystem::create_symlink(directory_ + "/target", directory_ + "/dump");
  ASSERT_TRUE(write_file(directory_ + "/dump", "data"));
  EXPECT_EQ(read_text_file(directory_ + "/dump"), "data");
  EXPECT_EQ(read_text_file(directory_ + "/target"), "precious\n");
  EXPECT_FALSE(std::filesystem::is_symlink(directory_ + "/dump"));
}

}  // namespace
}  // namespace runtime
