#include "check/http_dialogue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/http_request.hpp"

namespace check {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Target target_of(const char* address, std::uint16_t port) {
  Target target;
  target.address = *net::IpAddress::parse(address);
  target.port = port;
  return target;
}

Url page(std::string path = "/") {
  Url url;
  url.path = std::move(path);
  return url;
}

std::string words_of(const ProbeResult& result) {
  return result ? result->detail : to_string(result.error());
}

/// What is made of a response that comes in pieces of so many octets; the server closes after it.
std::string verdict(const std::string& response, const Url& url = page(), std::size_t piece = SIZE_MAX) {
  std::shared_ptr<const Pattern> pattern;
  if (url.regex) {
    auto compiled = Pattern::compile(*url.regex);
    if (!compiled) return compiled.error();
    pattern = *compiled;
  }
  HttpDialogue dialogue(url, pattern);
  for (std::size_t at = 0; at < response.size(); at += std::min(piece, response.size() - at)) {
    if (const auto result = dialogue.receive(std::string_view(response).substr(at, piece)))
      return words_of(*result);
  }
  return words_of(dialogue.closed());
}

TEST(HttpRequest, IsTheOneThatServersKnow) {
  Http http;
  const Url url = page("/status");
  EXPECT_EQ(http_request(http, url, target_of("10.0.0.1", 80), {}),
            "GET /status HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 10.0.0.1:80\r\n\r\n");
  http.protocol = HttpProtocol::v1_0_close;
  EXPECT_EQ(http_request(http, url, target_of("2001:db8::1", 8080), {}),
            "GET /status HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: "
            "[2001:db8::1]:8080\r\n\r\n");
  http.protocol = HttpProtocol::v1_1;
  Url named = url;
  named.virtual_host = "www.example.com";
  EXPECT_EQ(http_request(http, named, target_of("10.0.0.1", 80), {}),
            "GET /status HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: "
            "www.example.com\r\n\r\n");
}

TEST(HttpRequest, CarriesMethodHeadersCredentialsAndBody) {
  Http http;
  http.headers = {{"Accept", "text/plain"}, {"user-agent", "probe"}};
  Url url = page("/login");
  url.method = "POST";
  url.body = "a=1";
  url.headers = {{"X-Trace", "1 2"}};
  EXPECT_EQ(
      http_request(http, url, target_of("10.0.0.1", 80), basic_authorization("Aladdin", "open sesame")),
      "POST /login HTTP/1.0\r\nHost: 10.0.0.1:80\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"
      "Accept: text/plain\r\nuser-agent: probe\r\nX-Trace: 1 2\r\nContent-Length: 3\r\n\r\na=1");
}

TEST(HttpRequest, Base64PadsAsItMust) {
  EXPECT_EQ(basic_authorization("", ""), "Basic Og==");
  EXPECT_EQ(basic_authorization("a", ""), "Basic YTo=");
  EXPECT_EQ(basic_authorization("a", "b"), "Basic YTpi");
}

TEST(HttpDialogue, AcceptsTheStatusesItIsTold) {
  EXPECT_EQ(verdict("HTTP/1.0 200 OK\r\n\r\nhello"), "HTTP status 200");
  EXPECT_EQ(verdict("HTTP/1.1 204 No Content\r\n\r\n"), "HTTP status 204");
  EXPECT_EQ(verdict("HTTP/1.1 503 Sorry\r\n\r\n"), "HTTP status 503, expected 200-299");
  Url url = page();
  url.statuses = {{404, 404}, {500, 503}};
  EXPECT_EQ(verdict("HTTP/1.1 404\r\n\r\n", url), "HTTP status 404");
  EXPECT_EQ(verdict("HTTP/1.1 200 OK\r\n\r\n", url), "HTTP status 200, expected 404, 500-503");
}

TEST(HttpDialogue, ARedirectIsAStatusAndNotFollowed) {
  EXPECT_EQ(verdict("HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"),
            "HTTP status 301, expected 200-299");
}

TEST(HttpDialogue, PiecesOfAnySizeGiveTheSameVerdict) {
  const std::string response =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nTrailer: "
      "1\r\n\r\n";
  Url url = page();
  url.digest = "5d41402abc4b2a76b9719d911017c592";
  for (std::size_t piece = 1; piece < 20; ++piece)
    EXPECT_EQ(verdict(response, url, piece), "HTTP status 200") << piece;
}

TEST(HttpDialogue, DigestIsOfTheBodyUpToItsLength) {
  Url url = page();
  url.digest = "5d41402abc4b2a76b9719d911017c592";
  EXPECT_EQ(verdict("HTTP/1.0 200 OK\r\n\r\nhello", url), "HTTP status 200");
  EXPECT_EQ(verdict("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello and more", url), "HTTP status 200");
  EXPECT_EQ(verdict("HTTP/1.0 200 OK\r\n\r\nhullo", url),
            "the digest of / is 54bf43965e2bbaa20c22c22ca7b4e9c7, expected 5d41402abc4b2a76b9719d911017c592");
  EXPECT_EQ(verdict("HTTP/1.0 404 No\r\n\r\nhello", url), "HTTP status 404, expected 200-299")
      << "the status counts first";
}

TEST(HttpDialogue, EndsWithTheBodyNotWithTheConnection) {
  const Url url = page();
  HttpDialogue dialogue(url, nullptr);
  const auto result = dialogue.receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  ASSERT_TRUE(result);
  EXPECT_TRUE(*result);
}

TEST(HttpDialogue, AHeadRequestHasNoBody) {
  Url url = page();
  url.method = "HEAD";
  EXPECT_EQ(verdict("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", url), "HTTP status 200");
}

TEST(HttpDialogue, InterimResponsesAreSkippedButNotWithoutEnd) {
  EXPECT_EQ(verdict("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), "HTTP status 200");
  std::string endless;
  for (int i = 0; i < 20; ++i) endless += "HTTP/1.1 102 Processing\r\n\r\n";
  EXPECT_THAT(verdict(endless), HasSubstr("interim"));
}

TEST(HttpDialogue, SaysWhatIsWrongWithAResponse) {
  EXPECT_EQ(verdict(""), "it closes the connection without an answer");
  EXPECT_EQ(verdict("HTTP/1.1 200 OK\r\nA: b\r\n"), "it closes the connection before its head is complete");
  EXPECT_EQ(verdict("SSH-2.0-OpenSSH_9.2\r\n"), "it does not answer with HTTP but 'SSH-2.0-OpenSSH_9.2'");
  EXPECT_THAT(verdict("HTTP/1.1 2000 OK\r\n"), StartsWith("it does not answer with HTTP"));
  EXPECT_THAT(verdict("HTTP/1.1 20\r\n"), StartsWith("it does not answer with HTTP"));
  EXPECT_EQ(verdict("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"),
            "it closes the connection after 5 of 10 octets of its body");
  EXPECT_EQ(verdict("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), "its Content-Length is '-1'");
  EXPECT_EQ(verdict("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"),
            "its Content-Length is '99999999999999999999'");
  EXPECT_EQ(verdict("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
            "it has two Content-Lengths");
  EXPECT_EQ(verdict("HTTP/1.1 200 OK\r\nno header\r\n\r\n"), "a line of its head is no header: 'no header'");
  EXPECT_EQ(verdict("HTTP/1.1 200 OK\r\nX: " + std::string(65536, 'a') + "\r\n\r\n"),
            "a line of its head is longer than 16384 octets");
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 10000; ++i) many += "X: yyyyyyyyyy\r\n";
  EXPECT_EQ(verdict(many), "its head is longer than 65536 octets");
}

TEST(HttpDialogue, SaysWhatIsWrongWithChunks) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(verdict(head + "zz\r\n"), "the size of a chunk of its body is 'zz'");
  EXPECT_EQ(verdict(head + "\r\n"), "the size of a chunk of its body is ''");
  EXPECT_EQ(verdict(head + "ffffffffffffffff\r\n"), "the size of a chunk of its body is 'ffffffffffffffff'");
  EXPECT_EQ(verdict(head + "2\r\nhello\r\n"), "a chunk of its body is longer than it says");
  EXPECT_EQ(verdict(head + "5\r\nhel"), "it closes the connection within its chunked body");
}

TEST(HttpDialogue, ControlCharactersDoNotReachTheLog) {
  EXPECT_EQ(verdict("\x1b[31mred\r\n"), "it does not answer with HTTP but '?[31mred'");
}

Url matching(std::string pattern, std::vector<std::string> options = {}) {
  Url url = page();
  url.regex.emplace();
  url.regex->pattern = std::move(pattern);
  url.regex->options = std::move(options);
  return url;
}

const std::string ok = "HTTP/1.0 200 OK\r\n\r\n";

TEST(Regex, MustMatchTheBody) {
  EXPECT_EQ(verdict(ok + "all is well", matching("is w.ll$")), "HTTP status 200");
  EXPECT_EQ(verdict(ok + "all is bad", matching("is w.ll$")), "the body of / does not match the regex");
  EXPECT_EQ(verdict(ok + "ALL IS WELL", matching("well", {"caseless"})), "HTTP status 200");
  Url must_not = matching("error");
  must_not.regex->no_match = true;
  EXPECT_EQ(verdict(ok + "an error", must_not), "the body of / matches the regex that it must not match");
  EXPECT_EQ(verdict(ok + "fine", must_not), "HTTP status 200");
  EXPECT_EQ(verdict(ok, matching("x*")), "HTTP status 200") << "an empty body";
}

TEST(Regex, IsFoundAcrossThePiecesOfALongBody) {
  const std::string body = std::string(100'000, 'x') + "needle" + std::string(100'000, 'y');
  for (const std::size_t piece : {1000, 16384, 16385, 65536})
    EXPECT_EQ(verdict(ok + body, matching("x{3}need+le(?=y)"), piece), "HTTP status 200") << piece;
  EXPECT_EQ(verdict(ok + body, matching("(?<=xx)needle"), 1000), "HTTP status 200");
  EXPECT_EQ(verdict(ok + body, matching("^needle"), 1000), "the body of / does not match the regex");
  EXPECT_EQ(verdict(ok + body, matching("y$"), 1000), "HTTP status 200");
}

TEST(Regex, MayBeginWithinItsWindowOnly) {
  const std::string body = std::string(50'000, 'x') + "needle" + std::string(50'000, 'y');
  const auto window = [&](std::uint64_t low, std::optional<std::uint64_t> high) {
    Url url = matching("needle");
    url.regex->min_offset = low;
    url.regex->max_offset = high;
    return verdict(ok + body, url, 1000);
  };
  EXPECT_EQ(window(0, 50'000), "HTTP status 200");
  EXPECT_EQ(window(50'000, {}), "HTTP status 200");
  EXPECT_EQ(window(50'001, {}), "the body of / does not match the regex");
  EXPECT_EQ(window(0, 49'999), "the body of / does not match the regex");
  EXPECT_EQ(window(200'000, {}), "the body of / does not match the regex");
}

TEST(Regex, ThatNeedsTooMuchIsGivenUpWithWords) {
  EXPECT_THAT(verdict(ok + std::string(40, 'a'), matching("(a+)+(a+)+(a+)+b|c.d")),
              testing::AnyOf(HasSubstr("the regex cannot be applied"), HasSubstr("does not match")));
  EXPECT_THAT(verdict(ok + std::string(30, 'a') + "b", matching("^(a|a?)+$")),
              HasSubstr("match limit exceeded"));
  EXPECT_THAT(verdict(ok + "a" + std::string(3'000'000, 'x'), matching("a.*b", {"dotall"}), 10'000),
              HasSubstr("the regex would have to look at more than 1048576 octets at once"));
}

TEST(Regex, ThatIsWrongNamesThePlace) {
  EXPECT_EQ(verdict(ok, matching("ab(")),
            "the regex is wrong at its character 4: missing closing parenthesis");
  EXPECT_EQ(verdict(ok, matching("ab", {"sideways"})), "there is no regex option 'sideways'");
}

TEST(Regex, WithAStackItIsCompiled) {
  Url url = matching("w(el)+l");
  url.regex->stack = {32768, 65536};
  EXPECT_EQ(verdict(ok + "all is well", url, 1), "HTTP status 200");
}

}  // namespace
}  // namespace check
