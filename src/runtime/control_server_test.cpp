#include "runtime/control_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>

#include "runtime/control_client.hpp"
#include "runtime/fd.hpp"

namespace runtime {
namespace {

using namespace std::chrono_literals;  // NOLINT: tests read better with literals
using testing::HasSubstr;

/// A server in this thread, its clients in others.
class ControlServerTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/standfast-control.XXXXXX";  // NOLINT: mkdtemp writes it
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
    path_ = directory_ + "/run/control.sock";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void open(ControlServer::Handler handler, ControlLimits limits = {}) {
    auto server = ControlServer::open(io_, path_, std::move(handler), limits);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }

  template <class Client>
  void while_serving(Client client) {
    std::thread thread([&] {
      client();
      io_.stop();
    });
    io_.run_for(30s);
    thread.join();
  }

  Fd connection() const {
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path_.c_str());
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);  // NOLINT: socket API
    timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return socket;
  }

  static std::string read_to_end(const Fd& socket) {
    std::string text;
    char buffer[4096];  // NOLINT: a read buffer
    for (ssize_t got = 0; (got = ::recv(socket.get(), buffer, sizeof buffer, 0)) > 0;)
      text.append(buffer, static_cast<std::size_t>(got));
    return text;
  }

  static ControlServer::Handler echo() {
    return [](ControlRequest request, const ControlServer::Respond& respond) {
      respond({200, request.method + " " + request.path + "?" + request.query + " " + request.accept,
               "text/plain"});
    };
  }

  std::string directory_, path_;
  boost::asio::io_context io_{1};
  std::unique_ptr<ControlServer> server_;
};

TEST_F(ControlServerTest, CarriesRequestAndReply) {
  open(echo());
  while_serving([&] {
    const auto answer = ask_daemon(path_, "GET", "/v1/x?a=b", "text/plain");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200U);
    EXPECT_EQ(answer->body, "GET /v1/x?a=b text/plain");
  });
}

TEST_F(ControlServerTest, IsForRootAloneAndLeavesNothingBehind) {
  open(echo());
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(ControlServerTest, ReplacesAStaleSocketButNotALivingOne) {
  open(echo());
  boost::asio::io_context other;
  EXPECT_FALSE(ControlServer::open(other, path_, echo())) << "somebody answers there";
  // As a killed daemon leaves it: bound, nobody listens.
  const Fd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, (directory_ + "/stale").c_str());
  ASSERT_EQ(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
            0);  // NOLINT: socket API
  EXPECT_TRUE(ControlServer::open(other, directory_ + "/stale", echo()));
}

TEST_F(ControlServerTest, AnswersLaterWhenTheHandlerDoes) {
  boost::asio::steady_timer timer(io_);
  open([&](const ControlRequest&, const ControlServer::Respond& respond) {
    timer.expires_after(20ms);
    timer.async_wait([respond](auto) { respond({202, "later", "text/plain"}); });
  });
  while_serving([&] {
    const auto answer = ask_daemon(path_, "POST", "/v1/x");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, "later");
  });
}

TEST_F(ControlServerTest, DoesNotWaitForEverForAnAnswer) {
  ControlServer::Respond kept;
  open([&](const ControlRequest&, const ControlServer::Respond& respond) { kept = respond; },
       {.answer = 50ms});
  while_serving([&] {
    const auto answer = ask_daemon(path_, "GET", "/v1/x");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 504U);
  });
  kept({});  // too late, and harmless
}

TEST_F(ControlServerTest, IsNotHeldUpBySilentClients) {
  open(echo(), {.connections = 3, .idle = 100ms});
  while_serving([&] {
    std::vector<Fd> silent;
    for (int i = 0; i < 3; ++i) silent.push_back(connection());
    ::send(silent[0].get(), "GET /v1/", 8, 0);
    for (const auto& one : silent) EXPECT_EQ(read_to_end(one), "");  // each is closed in its time
    EXPECT_TRUE(ask_daemon(path_, "GET", "/v1/x"));
  });
}

TEST_F(ControlServerTest, IsNotHeldUpByAClientThatDoesNotRead) {
  open([](const ControlRequest&,
          const ControlServer::Respond& respond) { respond({200, std::string(8 << 20, 'x'), "text/plain"}); },
       {.idle = 200ms});
  while_serving([&] {
    const Fd greedy = connection();
    ::send(greedy.get(), "GET / HTTP/1.1\r\n\r\n", 18, 0);
    const auto answer = ask_daemon(path_, "GET", "/v1/x");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body.size(), std::size_t{8} << 20);
    pollfd closed{.fd = greedy.get(), .events = POLLRDHUP, .revents = 0};
    ASSERT_EQ(::poll(&closed, 1, 20'000), 1) << "the server gives up";
    EXPECT_LT(read_to_end(greedy).size(), std::size_t{8} << 20);
  });
}

TEST_F(ControlServerTest, RefusesGarbageAndLongBodies) {
  open(echo());
  while_serving([&] {
    const Fd garbage = connection();
    ::send(garbage.get(), "\x16\x03\x01 not http\r\n\r\n", 16, 0);
    EXPECT_EQ(read_to_end(garbage), "");
    const Fd long_one = connection();
    const std::string head = "POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n";
    ::send(long_one.get(), head.data(), head.size(), 0);
    EXPECT_THAT(read_to_end(long_one), HasSubstr("413"));
    EXPECT_TRUE(ask_daemon(path_, "GET", "/v1/x"));
  });
}

TEST_F(ControlServerTest, NamesWhatIsWrongWithThePath) {
  const auto server = ControlServer::open(io_, "/proc/nothing/here.sock", echo());
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, HasSubstr("/proc/nothing"));
}

TEST(ControlClient, SaysThatNoDaemonRuns) {
  const auto answer = ask_daemon("/nonexistent/control.sock", "GET", "/v1/status");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("is it running?"));
}

}  // namespace
}  // namespace runtime
