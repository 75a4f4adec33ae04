#include "config/script_security.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/memory_world.hpp"

namespace config {
namespace {

using Kind = ScriptProblem::Kind;
using testing::HasSubstr;

class ScriptSecurity : public testing::Test {
 protected:
  std::optional<ScriptProblem> inspect(const std::string& path, std::uint32_t uid = 0) const {
    return inspect_script(world_, path, uid, uid, {});
  }

  MemoryWorld world_;
};

TEST_F(ScriptSecurity, IsContentWithRootsOwnScript) {
  world_.write("/usr/local/bin/check", "", 0755);
  EXPECT_EQ(inspect("/usr/local/bin/check"), std::nullopt);
}

TEST_F(ScriptSecurity, LooksAtTheRealPathBehindSymbolicLinks) {
  world_.write("/usr/bin/true", "", 0755);
  world_.link("/bin", "usr/bin");
  EXPECT_EQ(inspect("/bin/true"), std::nullopt);
  world_.make_directory("/home/me", 0777);
  world_.write("/home/me/true", "", 0755);
  world_.link("/usr/bin/mine", "/home/me/true");
  EXPECT_THAT(inspect("/usr/bin/mine")->message,
              HasSubstr("/home/me is writable by everybody (mode 0777, bit 0002)"));
}

TEST_F(ScriptSecurity, NamesTheComponentThatIsMissing) {
  world_.write("/opt/a/b/script", "", 0755);
  EXPECT_EQ(inspect("/opt/a/x/script")->kind, Kind::missing);
  EXPECT_THAT(inspect("/opt/a/x/script")->message, HasSubstr("/opt/a/x does not exist"));
  EXPECT_THAT(inspect("/opt/a/b/other")->message, HasSubstr("script /opt/a/b/other does not exist"));
}

TEST_F(ScriptSecurity, NamesTheBitThatLetsAGroupWrite) {
  world_.write("/opt/script", "", 0775);
  const auto problem = inspect("/opt/script");
  EXPECT_EQ(problem->kind, Kind::unsafe);
  EXPECT_THAT(problem->message, HasSubstr("/opt/script is writable by its group (mode 0775, bit 0020)"));
}

TEST_F(ScriptSecurity, NamesTheOwnerWhoIsNotRoot) {
  world_.write("/opt/script", "", 0755);
  world_.files["/opt/script"].status.uid = 1000;
  EXPECT_THAT(inspect("/opt/script")->message, HasSubstr("belongs to user 1000"));
}

TEST_F(ScriptSecurity, DoesNotMindWhatRunsAsSomebodyElse) {
  world_.write("/opt/script", "", 0777);
  EXPECT_EQ(inspect("/opt/script", 998), std::nullopt);
}

TEST_F(ScriptSecurity, WantsAPlainFileThatMayBeRun) {
  world_.write("/opt/script", "", 0644);
  EXPECT_EQ(inspect("/opt/script")->kind, Kind::not_executable);
  EXPECT_EQ(inspect("/opt")->kind, Kind::not_executable);
  world_.write("/opt/private", "", 0700);
  EXPECT_EQ(inspect("/opt/private", 998)->kind, Kind::not_executable);
}

TEST_F(ScriptSecurity, SaysWhichDirectoryAUserCannotPass) {
  world_.write("/root/script", "", 0755);
  world_.make_directory("/root", 0700);
  EXPECT_THAT(inspect("/root/script", 998)->message, HasSubstr("no search permission on /root"));
}

}  // namespace
}  // namespace config
