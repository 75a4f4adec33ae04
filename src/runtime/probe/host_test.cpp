// Probes against real servers on the loopback, well-behaved and hostile ones.
#include "runtime/probe/host.hpp"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <sys/resource.h>
#include <sys/socket.h>

#include "runtime/probe/servers_for_test.hpp"

namespace runtime {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;
using namespace testing_servers;

std::string words_of(const check::ProbeResult& result) {
  return result ? result->detail : check::to_string(result.error());
}

struct Question : check::Config {
  check::Target target;
};

struct Host {
  explicit Host(check::TlsConfig tls = {}, ProbeScripts* scripts = nullptr)
      : host(
            io, [this](ProbeId id, check::ProbeResult&& result) { results.emplace(id, std::move(result)); },
            std::move(tls), scripts, 1) {}

  void start(ProbeId id, const Question& question, std::uint32_t part = 0) {
    host.start(id, std::make_shared<const check::Config>(question), question.target, part);
  }
  check::ProbeResult ask(const Question& question, std::uint32_t part = 0) {
    io.restart();
    start(1, question, part);
    while (!results.contains(1) && io.run_one_for(10s) != 0) {
    }
    auto result = results.extract(1);
    if (result.empty()) return std::unexpected(check::ProbeError{check::Stage::setup, "no result came"});
    return std::move(result.mapped());
  }
  std::string words(const Question& question) { return words_of(ask(question)); }

  boost::asio::io_context io{1};
  std::map<ProbeId, check::ProbeResult> results;
  ProbeHost host;
};

Question config_of(check::Probe probe, std::uint16_t port) {
  Question config;
  config.probe = std::move(probe);
  config.target.address = net::IpAddress::v4(127, 0, 0, 1);
  config.target.port = port;
  config.timing.connect_timeout = 300ms;
  return config;
}

check::Http page(std::string path = "/") {
  check::Http http;
  http.urls.emplace_back().path = std::move(path);
  return http;
}

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

TEST(TcpProbe, ConnectsAndThatIsAll) {
  Server server(says(""));
  EXPECT_EQ(Host().words(config_of(check::Tcp{}, server.port())), "connected");
}

TEST(TcpProbe, TellsWhyItCouldNot) {
  EXPECT_EQ(Host().words(config_of(check::Tcp{}, free_port())), "connect: Connection refused");
  Question elsewhere = config_of(check::Tcp{}, 80);
  elsewhere.target.from = check::LocalEnd{.address = net::IpAddress::v4(192, 0, 2, 77)};
  EXPECT_EQ(Host().words(elsewhere),
            "not asked: cannot use local address 192.0.2.77 port 0: Cannot assign requested address");
  Question by = config_of(check::Tcp{}, 80);
  by.target.from = check::LocalEnd{.interface = "nosuch0"};
  EXPECT_THAT(Host().words(by), HasSubstr("cannot use interface nosuch0: No such device"));
}

TEST(TcpProbe, WaitsNoLongerThanItsTimeout) {
  FullServer server;  // does not accept, and its queue is full
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(Host().words(config_of(check::Tcp{}, server.port())), "not done within 0.3 s: no connection");
  EXPECT_GE(std::chrono::steady_clock::now() - before, 290ms);
}

TEST(TcpProbe, LeavesFromTheAddressAndPortItIsTold) {
  Server server(says(""));
  Question config = config_of(check::Tcp{}, server.port());
  config.target.from = check::LocalEnd{.address = net::IpAddress::v4(127, 0, 0, 9), .port = free_port()};
  EXPECT_EQ(Host().words(config), "connected");
  EXPECT_EQ(server.last_peer(), "127.0.0.9:" + std::to_string(config.target.from->port));
}

TEST(TcpProbe, WithoutDescriptorsItSaysNothingOfTheServer) {
  Server server(says(""));
  Host host;
  ASSERT_TRUE(host.ask(config_of(check::Tcp{}, server.port()))) << "the loop has what it needs itself";
  ASSERT_NE(server.last_peer(), "") << "nor does the server begin anything from here on";
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto result = host.ask(config_of(check::Tcp{}, server.port()));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), (check::ProbeError{check::Stage::local, "Too many open files"}))
      << words_of(result);
}

TEST(ProbeHost, CancelledNothingIsHeardOfIt) {
  Server server(says_nothing());
  Host host;
  host.start(7, config_of(page(), server.port()));
  host.io.run_for(20ms);
  host.host.cancel(7);
  EXPECT_EQ(host.host.running(), 0U);
  host.io.run_for(400ms);
  EXPECT_TRUE(host.results.empty());
}

TEST(ProbeHost, EndsWithProbesUnderWay) {
  Server server(says_nothing());
  for (int i = 0; i < 3; ++i) {
    Host host;
    for (ProbeId id = 0; id < 20; ++id) host.start(id, config_of(page(), server.port()));
    if (i > 0) host.io.run_for(5ms * i);
  }
}

TEST(ProbeHost, NobodyIsCalledFromWithinStart) {
  Host host;
  host.start(1, config_of(check::Tcp{}, free_port()));
  EXPECT_TRUE(host.results.empty());
  Question nobody = config_of(check::File{}, 1);
  host.start(2, nobody);
  EXPECT_TRUE(host.results.empty());
  host.io.run_for(50ms);
  EXPECT_EQ(host.results.size(), 2U);
}

TEST(HttpProbe, FetchesAPage) {
  Server server(says(ok));
  EXPECT_EQ(Host().words(config_of(page("/status"), server.port())), "HTTP status 200");
  EXPECT_EQ(server.last_request(), "GET /status HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 127.0.0.1:" +
                                       std::to_string(server.port()) + "\r\n\r\n");
}

TEST(HttpProbe, ShowsItsCredentials) {
  Server server(says(ok));
  check::Http http = page();
  http.credentials = {"Aladdin", "open sesame", {}};
  EXPECT_EQ(Host().words(config_of(http, server.port())), "HTTP status 200");
  EXPECT_THAT(server.last_request(), HasSubstr("\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
  http.credentials = {{}, {}, "file:/nowhere/token"};
  EXPECT_THAT(Host().words(config_of(http, server.port())), StartsWith("not asked: "));
}

TEST(HttpProbe, JudgesDigestAndRegexOfTheBody) {
  Server server(says(ok));
  check::Http http = page();
  http.urls[0].digest = "5d41402abc4b2a76b9719d911017c592";
  http.urls[0].regex.emplace().pattern = "^hel+o$";
  EXPECT_EQ(Host().words(config_of(http, server.port())), "HTTP status 200");
  http.urls[0].regex->pattern = "bye";
  EXPECT_EQ(Host().words(config_of(http, server.port())), "the body of / does not match the regex");
}

TEST(HttpProbe, ASilentServerEndsAtTheDeadline) {
  Server server(says_nothing());
  EXPECT_EQ(Host().words(config_of(page(), server.port())), "not done within 0.3 s: nothing came");
}

TEST(HttpProbe, ADrippingServerEndsAtTheDeadlineOfTheWholeCheck) {
  Server server(drips("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 20ms));
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(Host().words(config_of(page(), server.port())),
            "not done within 0.3 s: its head was not complete");
  EXPECT_LT(std::chrono::steady_clock::now() - before, 600ms);
}

TEST(HttpProbe, MayTakeLongerThanTheConnectionIfToldSo) {
  Server server(says_after(400ms, ok));
  Question config = config_of(page(), server.port());
  config.timing.check_timeout = 3s;
  EXPECT_EQ(Host().words(config), "HTTP status 200");
}

TEST(HttpProbe, AnEndlessBodyCostsTimeButNoMemory) {
  Server server(says_without_end("HTTP/1.1 200 OK\r\n\r\n"));
  Host host;
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  check::Http http = page();
  http.urls[0].regex.emplace().pattern = "needle";
  http.urls[0].digest = std::string(32, '0');
  EXPECT_THAT(host.words(config_of(http, server.port())), HasSubstr("octets of its body had come"));
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 16 * 1024) << "KiB";
}

TEST(HttpProbe, AnEndlessBodyDoesNotKeepTheLoopFromOthers) {
  Server endless(says_without_end("HTTP/1.1 200 OK\r\n\r\n"));
  Server quick(says(ok));
  Host host;
  host.start(9, config_of(page(), endless.port()));
  EXPECT_EQ(host.words(config_of(page(), quick.port())), "HTTP status 200");
  EXPECT_FALSE(host.results.contains(9));
}

TEST(HttpProbe, RefusesWhatIsNoHttpWithWords) {
  const auto said = [](const std::string& response) {
    Server server(says(response));
    return Host().words(config_of(page(), server.port()));
  };
  EXPECT_EQ(said(""), "it closes the connection without an answer");
  EXPECT_EQ(said("HTTP/1.1 200 OK\r\nX: " + std::string(65536, 'x') + "\r\n\r\n"),
            "a line of its head is longer than 16384 octets");
  EXPECT_EQ(said("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"),
            "it closes the connection after 5 of 10 octets of its body");
  EXPECT_EQ(said("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
            "the size of a chunk of its body is 'xyz'");
  EXPECT_EQ(said("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"),
            "HTTP status 302, expected 200-299");
}

TEST(SmtpProbe, HoldsItsDialogue) {
  Server server(converses({"220 mx ESMTP\r\n", "250 hello\r\n", "221 bye\r\n"}));
  EXPECT_EQ(Host().words(config_of(check::Smtp{"probe.example.com"}, server.port())), "greets with 250");
  Server silent(says_nothing());
  EXPECT_EQ(Host().words(config_of(check::Smtp{}, silent.port())), "not done within 0.3 s: no banner came");
}

TEST(RedisProbe, HoldsItsDialogue) {
  Server server(converses({"", "+OK\r\n", "+PONG\r\n", "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"}));
  check::Redis redis{{}, "secret", check::RedisRole::master};
  EXPECT_EQ(Host().words(config_of(redis, server.port())), "PONG, role master");
}

TEST(UdpProbe, SilenceIsWellUnlessAReplyIsRequired) {
  DatagramServer server([](const std::string&) { return std::string(); });
  EXPECT_EQ(Host().words(config_of(check::Udp{}, server.port())), "nobody complains");
  check::Udp wants;
  wants.require_reply = true;
  EXPECT_EQ(Host().words(config_of(wants, server.port())), "not done within 0.3 s: no answer");
  EXPECT_EQ(Host().words(config_of(check::Udp{}, free_port(SOCK_DGRAM))), "receive: Connection refused");
}

TEST(UdpProbe, ComparesTheReply) {
  DatagramServer server([](const std::string&) { return std::string("pong"); });
  check::Udp udp;
  udp.require_reply = true;
  udp.reply = {{'p', 0xff}, {'i', 0xff}};
  EXPECT_EQ(Host().words(config_of(udp, server.port())), "octet 2 of its reply is 6f, expected 69");
  udp.reply[1].mask = 0;
  EXPECT_EQ(Host().words(config_of(udp, server.port())), "a reply of 4 octets");
}

TEST(DnsProbe, AsksAndTakesOnlyItsOwnAnswer) {
  DatagramServer server([](std::string query) {
    query[2] = static_cast<char>(0x81);
    query[3] = static_cast<char>(0x80);
    return query;
  });
  EXPECT_EQ(Host().words(config_of(check::Dns{1, "www.example.com"}, server.port())), "0 answers");
  DatagramServer liar([](std::string query) {
    query[0] = static_cast<char>(query[0] + 1);
    query[2] = static_cast<char>(0x81);
    return query;
  });
  EXPECT_EQ(Host().words(config_of(check::Dns{}, liar.port())), "not done within 0.3 s: no answer");
}

TEST(PingProbe, IsAnsweredByThisMachine) {
  for (const char* address : {"127.0.0.1", "::1"}) {
    Question config = config_of(check::Ping{}, 0);
    config.target.address = *net::IpAddress::parse(address);
    const std::string said = Host().words(config);
    if (said.find("CAP_NET_RAW") != said.npos) GTEST_SKIP() << said;
    if (std::string_view(address) == "::1" && said.find("Cannot assign") != said.npos)
      GTEST_SKIP() << "no IPv6 here";
    EXPECT_EQ(said, "echo reply") << address;
  }
}

struct Scripts : ProbeScripts {
  void run(ProbeId id) override { calls.push_back("run " + std::to_string(id)); }
  void end(ProbeId id, bool kill) override {
    calls.push_back((kill ? "kill " : "end ") + std::to_string(id));
  }
  std::vector<std::string> calls;
};

TEST(MiscProbe, TheExitStatusDecides) {
  EXPECT_EQ(words_of(judge_script({.exit_status = 0, .signal = 0, .error = {}}, false)), "exit 0");
  EXPECT_EQ(words_of(judge_script({.exit_status = 3, .signal = 0, .error = {}}, false)), "exit 3");
  EXPECT_FALSE(judge_script({.exit_status = 3, .signal = 0, .error = {}}, false));
  const auto weighed = judge_script({.exit_status = 255, .signal = 0, .error = {}}, true);
  ASSERT_TRUE(weighed);
  EXPECT_EQ(weighed->weight, 253U);
  EXPECT_FALSE(judge_script({.exit_status = 1, .signal = 0, .error = {}}, true));
  EXPECT_EQ(judge_script({.exit_status = 0, .signal = 0, .error = {}}, true)->weight, std::nullopt);
  EXPECT_EQ(words_of(judge_script({.exit_status = -1, .signal = 11, .error = {}}, true)),
            "ended by signal 11");
  EXPECT_EQ(words_of(judge_script({.exit_status = -1, .signal = 0, .error = "cannot be started: no"}, true)),
            "cannot be started: no");
}

TEST(MiscProbe, AScriptThatHangsIsEnded) {
  Scripts scripts;
  Host host({}, &scripts);
  Question config = config_of(check::Misc{50ms, false}, 0);
  host.start(1, config);
  EXPECT_THAT(scripts.calls, testing::ElementsAre("run 1"));
  host.io.run_for(100ms);
  EXPECT_THAT(scripts.calls, testing::ElementsAre("run 1", "end 1"));
  EXPECT_TRUE(host.results.empty()) << "how it ended is known when it has";
  host.host.script_ended(1, {.exit_status = -1, .signal = 15, .error = {}});
  host.io.run_for(20ms);
  ASSERT_TRUE(host.results.contains(1));
  EXPECT_EQ(words_of(host.results.at(1)), "the script did not end within 0.05 s");
}

TEST(MiscProbe, ACancelledScriptIsEndedAndNotHeardOf) {
  Scripts scripts;
  Host host({}, &scripts);
  host.start(1, config_of(check::Misc{5s, false}, 0));
  host.host.cancel(1);
  EXPECT_THAT(scripts.calls, testing::ElementsAre("run 1", "end 1"));
  host.host.script_ended(1, {.exit_status = 0, .signal = 0, .error = {}});
  host.io.run_for(20ms);
  EXPECT_TRUE(host.results.empty());
  EXPECT_EQ(host.host.running(), 0U);
}

}  // namespace
}  // namespace runtime
