#include "runtime/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include "runtime/files.hpp"
#include "runtime/service_manager.hpp"

namespace runtime {
namespace {

using testing::HasSubstr;

ExitStatus wait_for(const Child& child) {
  pollfd ended{child.pidfd.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&ended, 1, 20'000), 1);
  return reap(child).value_or(ExitStatus{-2, 0});
}

TEST(Process, GivesTheChildItsDescriptorsAtFixedNumbersAndNoOthers) {
  // The sources deliberately have the numbers of each other's targets.
  auto pair = socket_pair(SOCK_STREAM);
  ASSERT_TRUE(pair);
  const std::string word = "handed over";
  auto memory = sealed_memory("test", [&](const core::ArchiveWriter::Put& put) {
    put({reinterpret_cast<const std::uint8_t*>(word.data()), word.size()});  // NOLINT: octets
  });
  ASSERT_TRUE(memory);
  const auto child = spawn("/bin/sh", {"sh", "-c", "exec >&3; ls /proc/$$/fd; cat /proc/self/fd/4"},
                           {{pair->second.get(), 3}, {memory->get(), 4}});
  ASSERT_TRUE(child) << child.error().message;
  EXPECT_EQ(wait_for(*child), (ExitStatus{0, 0}));
  pair->second.reset();
  std::string said;
  char buffer[256];  // NOLINT: a read buffer
  for (ssize_t got = 0; (got = ::read(pair->first.get(), buffer, sizeof buffer)) > 0;)
    said.append(buffer, got);
  EXPECT_EQ(said, "0\n1\n2\n3\n4\nhanded over");
}

TEST(Process, TellsHowAChildEnded) {
  const auto failed = spawn("/bin/sh", {"sh", "-c", "exit 4"}, {});
  ASSERT_TRUE(failed);
  EXPECT_EQ(wait_for(*failed), (ExitStatus{4, 0}));
  const auto killed = spawn("/bin/sleep", {"sleep", "600"}, {});
  ASSERT_TRUE(killed);
  EXPECT_FALSE(reap(*killed)) << "it still runs";
  EXPECT_TRUE(killed->send_signal(SIGKILL));
  EXPECT_EQ(wait_for(*killed), (ExitStatus{-1, SIGKILL}));
}

TEST(Process, StartsChildrenWithDefaultSignalsWhateverWeIgnore) {
  const auto before = ::signal(SIGUSR1, SIG_IGN);
  const auto child = spawn("/bin/sh", {"sh", "-c", "kill -USR1 $$; exit 0"}, {});
  ::signal(SIGUSR1, before);
  ASSERT_TRUE(child);
  EXPECT_EQ(wait_for(*child), (ExitStatus{-1, SIGUSR1}));
}

TEST(Process, NamesAProgramThatIsNotThere) {
  const auto child = spawn("/nonexistent/program", {"program"}, {});
  ASSERT_FALSE(child);
  EXPECT_THAT(child.error().message, HasSubstr("/nonexistent/program: No such file"));
}

TEST(SealedMemory, ReadsBackAndCannotBeChanged) {
  const std::vector<std::uint32_t> value(20000, 7);  // more than a piece
  auto memory = sealed_archive("test", value);
  ASSERT_TRUE(memory);
  EXPECT_EQ(read_memory(memory->get()), core::to_bytes(value));
  EXPECT_EQ(::write(memory->get(), "x", 1), -1);
}

TEST(ServiceManager, SpeaksToTheSocketTheEnvironmentNames) {
  const Fd manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr address{.sa_family = AF_UNIX, .sa_data = {}};
  ASSERT_EQ(::bind(manager.get(), &address, sizeof address.sa_family),
            0);         // the kernel picks an abstract name
  char name[128] = {};  // NOLINT: sockaddr
  socklen_t length = sizeof name;
  ASSERT_EQ(::getsockname(manager.get(), reinterpret_cast<sockaddr*>(name), &length),
            0);  // NOLINT: socket API
  const std::string path = "@" + std::string(name + 3, length - 3);

  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  ::setenv("WATCHDOG_USEC", "3000000", 1);
  auto service = ServiceManager::from_environment();
  EXPECT_TRUE(service.present());
  EXPECT_EQ(service.watchdog_interval(), std::chrono::milliseconds(1500));
  EXPECT_EQ(::getenv("NOTIFY_SOCKET"), nullptr) << "children must not speak for us";

  const auto next = [&] {
    char text[256];  // NOLINT: a read buffer
    const ssize_t got = ::recv(manager.get(), text, sizeof text, MSG_DONTWAIT);
    return got < 0 ? std::string("nothing") : std::string(text, got);
  };
  service.ready(17);
  EXPECT_EQ(next(), "READY=1\nMAINPID=17");
  service.reloading(std::chrono::microseconds(5));
  EXPECT_EQ(next(), "RELOADING=1\nMONOTONIC_USEC=5");
  service.status("two\nlines");
  EXPECT_EQ(next(), "STATUS=two lines");
  service.alive();
  EXPECT_EQ(next(), "WATCHDOG=1");
}

TEST(ServiceManager, IsSilentWhenNobodyListens) {
  ServiceManager none("/nonexistent/socket");
  EXPECT_FALSE(none.present());
  none.ready(1);
  none.stopping();
}

}  // namespace
}  // namespace runtime
