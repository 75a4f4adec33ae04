#include "app/genhash.hpp"

#include <gtest/gtest.h>

namespace app {
namespace {

using Words = std::vector<std::string>;

std::string complaint(Words words) {
  words.insert(words.begin(), "genhash");
  const auto request = parse_genhash(words);
  return request ? "none" : request.error().message;
}

TEST(Genhash, TakesItsOptionsInEveryForm) {
  const auto request = parse_genhash({"genhash", "-s", "192.0.2.1", "-p80", "--url=/a", "-SIv",
                                      "--use-virtualhost", "www", "-P", "1.0c", "-t", "7", "--fwmark=12"});
  ASSERT_TRUE(request) << request.error().message;
  const auto& http = *check::http_of(request->config.probe);
  EXPECT_EQ(request->target.address.to_string(), "192.0.2.1");
  EXPECT_EQ(request->target.port, 80);
  EXPECT_EQ(request->target.from->mark, 12U);
  EXPECT_EQ(request->config.limit(), std::chrono::seconds(7));
  EXPECT_EQ(http.urls.front().path, "/a");
  EXPECT_EQ(http.urls.front().virtual_host, "www");
  EXPECT_EQ(http.protocol, check::HttpProtocol::v1_0_close);
  EXPECT_TRUE(http.tls && http.sni && request->verbose);
}

TEST(Genhash, SaysWhatIsWrong) {
  EXPECT_EQ(complaint({}), "--server is missing");
  EXPECT_EQ(complaint({"-s", "2001:db8::1"}), "--port is missing");
  EXPECT_EQ(complaint({"-s", "2001:db8::1", "-p", "80"}), "--url is missing");
  EXPECT_EQ(complaint({"-s", "localhost"}), "'localhost' is no value for --server");
  EXPECT_EQ(complaint({"-p", "0"}), "'0' is no value for --port");
  EXPECT_EQ(complaint({"-p"}), "--port needs a value");
  EXPECT_EQ(complaint({"-P", "2"}), "'2' is no value for --protocol");
  EXPECT_EQ(complaint({"-x"}), "there is no option '-x'");
  EXPECT_EQ(complaint({"--ssl"}), "there is no option '--ssl'");
  EXPECT_EQ(complaint({"--verbose=1"}), "--verbose takes no value");
  EXPECT_EQ(complaint({"stray"}), "'stray' is one word too many");
  EXPECT_EQ(complaint({"-h"}), "") << "asked for help";
}

}  // namespace
}  // namespace app
