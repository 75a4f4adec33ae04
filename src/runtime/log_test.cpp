#include "runtime/log.hpp"

#include <fcntl.h>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "runtime/fd.hpp"
#include "runtime/files.hpp"

namespace runtime {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Something else stands for stderr while this lives.
class ReplacedStderr {
 public:
  explicit ReplacedStderr(int replacement) : saved_(::dup(STDERR_FILENO)) {
    ::dup2(replacement, STDERR_FILENO);
  }
  ~ReplacedStderr() { ::dup2(saved_.get(), STDERR_FILENO); }
  ReplacedStderr(const ReplacedStderr&) = delete;
  ReplacedStderr& operator=(const ReplacedStderr&) = delete;

 private:
  Fd saved_;
};

std::pair<Fd, Fd> pipe_ends() {
  int ends[2] = {-1, -1};  // NOLINT: as the kernel wants it
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

std::string all_of(int fd) {
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  std::string text;
  std::string buffer(65536, '\0');
  for (ssize_t got = 0; (got = ::read(fd, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer, 0, static_cast<std::size_t>(got));
  }
  return text;
}

const LogSettings console_only{.console = true, .syslog = false, .file = {}, .suffix = {}};

TEST(Log, NamesWhoSpeaksAndHowLoud) {
  auto [reader, writer] = pipe_ends();
  const ReplacedStderr replaced(writer.get());
  auto settings = console_only;
  settings.suffix = "_blue";
  Log log(settings, "Standfast", false, 42);
  log.warning("{} lines", 3);
  log.debug("too much detail");
  const auto text = all_of(reader.get());
  EXPECT_THAT(text, HasSubstr("Standfast_blue[42] warning: 3 lines\n"));
  EXPECT_THAT(text, Not(HasSubstr("detail")));
}

// A terminal that was stopped or a collector that hangs: the line is lost and counted, its writer goes on.
TEST(Log, DoesNotWaitForAReaderThatDoesNotRead) {
  auto [reader, writer] = pipe_ends();
  const ReplacedStderr replaced(writer.get());
  Log log(console_only, "Standfast");
  const std::string line(1000, 'x');
  for (int i = 0; i < 1000; ++i) log.info("{}", line);
  EXPECT_GT(log.dropped(), 500U);
  all_of(reader.get());
  log.info("room again");
  const auto text = all_of(reader.get());
  EXPECT_THAT(text, HasSubstr("room again"));
  EXPECT_THAT(text, HasSubstr("log lines were lost"));
}

TEST(Log, CutsALineThatIsTooLong) {
  auto [reader, writer] = pipe_ends();
  const ReplacedStderr replaced(writer.get());
  Log log(console_only, "Standfast");
  log.info("{}", std::string(50'000, 'x'));
  EXPECT_LT(all_of(reader.get()).size(), 9000U);
}

TEST(Log, WritesAFileAndSaysOnceThatItCannot) {
  char name[] = "/tmp/standfast-log.XXXXXX";  // NOLINT: mkdtemp writes it
  ASSERT_NE(::mkdtemp(name), nullptr);
  auto settings = console_only;
  settings.console = false;
  settings.file = std::string(name) + "/log";
  settings.flush = true;
  Log log(settings, "Standfast", true, 7);
  log.error("written");
  EXPECT_THAT(read_text_file(settings.file).value_or(""), HasSubstr("Standfast[7] error: written\n"));

  auto [reader, writer] = pipe_ends();
  const ReplacedStderr replaced(writer.get());
  settings.console = true;
  settings.file = std::string(name) + "/log/is/no/directory";
  Log refused(settings, "Standfast", true);
  EXPECT_THAT(all_of(reader.get()), HasSubstr("the log file cannot be opened"));
  std::filesystem::remove_all(name);
}

TEST(Log, SurvivesAFullDisk) {
  auto settings = console_only;
  settings.console = false;
  settings.file = "/dev/full";
  settings.flush = true;
  Log log(settings, "Standfast", true);
  log.info("nowhere to go");
  EXPECT_EQ(log.dropped(), 1U);
}

}  // namespace
}  // namespace runtime
