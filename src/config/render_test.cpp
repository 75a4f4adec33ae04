#include "config/render.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>

namespace config {
namespace {

Diagnostic sample() {
  return {
      .severity = Severity::error,
      .id = "unknown-keyword",
      .where =
          {.file = "k.conf", .line = 3, .column = 3, .length = 16, .source_line = "  virtual_ipadress {"},
      .message = "unknown keyword 'virtual_ipadress' in vrrp_instance",
      .hint = "did you mean 'virtual_ipaddress'?",
      .related = {
          {.where = {.file = "m.conf", .line = 1, .column = 1, .length = 7, .source_line = "include k.conf"},
           .message = "included from here"}}};
}

TEST(RenderText, ShowsThePlaceTheLineTheCaretTheHintAndWhatIsRelated) {
  EXPECT_EQ(render_text(sample()),
            "k.conf:3:3: error: unknown keyword 'virtual_ipadress' in vrrp_instance\n"
            "      virtual_ipadress {\n"
            "      ^~~~~~~~~~~~~~~~\n"
            "    hint: did you mean 'virtual_ipaddress'?\n"
            "m.conf:1:1: note: included from here\n"
            "    include k.conf\n"
            "    ^~~~~~~\n");
}

TEST(RenderText, ColoursOnRequest) {
  Diagnostic diagnostic = sample();
  diagnostic.related.clear();
  EXPECT_EQ(render_text(diagnostic, {.colour = true}),
            "\x1b[1mk.conf:3:3:\x1b[0m \x1b[1;31merror:\x1b[0m unknown keyword 'virtual_ipadress' in "
            "vrrp_instance\n"
            "      virtual_ipadress {\n"
            "      \x1b[1;32m^~~~~~~~~~~~~~~~\x1b[0m\n"
            "    hint: did you mean 'virtual_ipaddress'?\n");
  diagnostic.severity = Severity::warning;
  EXPECT_NE(render_text(diagnostic, {.colour = true}).find("\x1b[1;35mwarning:"), std::string::npos);
  diagnostic.severity = Severity::note;
  EXPECT_NE(render_text(diagnostic, {.colour = true}).find("\x1b[1;36mnote:"), std::string::npos);
}

TEST(RenderText, RepeatsTabsUnderTheLine) {
  const Diagnostic diagnostic{
      .id = "x",
      .where = {.file = "k", .line = 1, .column = 4, .length = 2, .source_line = "\ta\tbc"},
      .message = "m"};
  EXPECT_EQ(render_text(diagnostic), "k:1:4: error: m\n    \ta\tbc\n    \t \t^~\n");
}

TEST(RenderText, CountsCharacters) {
  const Diagnostic diagnostic{
      .id = "x",
      .where = {.file = "k", .line = 1, .column = 7, .length = 3, .source_line = "grüße öäü x"},
      .message = "m"};
  EXPECT_EQ(render_text(diagnostic), "k:1:7: error: m\n    grüße öäü x\n          ^~~\n");
}

TEST(RenderText, ShowsOnlyThePartOfALongLineRoundTheCaret) {
  const std::string line = std::string(500, 'a') + "X" + std::string(500, 'b');
  const Diagnostic diagnostic{
      .id = "x",
      .where = {.file = "k", .line = 1, .column = 501, .length = 1, .source_line = line},
      .message = "m"};
  EXPECT_EQ(render_text(diagnostic, {.colour = false, .widest_line = 20}),
            "k:1:501: error: m\n    …aaaaaaaaaaXbbbbbbbbb…\n               ^\n");
  const Diagnostic at_the_start{
      .id = "x",
      .where = {.file = "k", .line = 1, .column = 1, .length = 900, .source_line = line},
      .message = "m"};
  EXPECT_EQ(render_text(at_the_start, {.colour = false, .widest_line = 10}),
            "k:1:1: error: m\n    aaaaaaaaaa…\n    ^~~~~~~~~~\n");
}

TEST(RenderText, LetsNoFileCommandTheTerminal) {
  const Diagnostic diagnostic{.id = "x",
                              .where = {.file = "k\x1b[2J",
                                        .line = 1,
                                        .column = 1,
                                        .length = 1,
                                        .source_line = "a\x1b[31m\x07 \xC2\x9B"
                                                       "b"},
                              .message = "unknown '\x1b]0;x'",
                              .hint = "h\n"};
  EXPECT_EQ(render_text(diagnostic),
            "k?[2J:1:1: error: unknown '?]0;x'\n    a?[31m? ?b\n    ^\n    hint: h?\n");
}

TEST(RenderText, PointsBehindTheLineIfItMust) {
  const Diagnostic diagnostic{
      .id = "x",
      .where = {.file = "k", .line = 1, .column = 4, .length = 0, .source_line = "abc"},
      .message = "m"};
  EXPECT_EQ(render_text(diagnostic), "k:1:4: error: m\n    abc\n       ^\n");
}

TEST(RenderText, LeavesOutWhatIsNotKnown) {
  const Diagnostic of_a_file{.id = "x", .where = {.file = "k"}, .message = "cannot be read"};
  EXPECT_EQ(render_text(of_a_file), "k: error: cannot be read\n");
  const Diagnostic of_nothing{
      .severity = Severity::warning, .id = "x", .where = {.file = ""}, .message = "m"};
  EXPECT_EQ(render_text(of_nothing), "warning: m\n");
}

TEST(RenderText, CountsAtTheEnd) {
  Diagnostics diagnostics;
  EXPECT_EQ(render_text(diagnostics), "");
  diagnostics.add({.severity = Severity::warning, .id = "x", .where = {.file = "k"}, .message = "m"});
  EXPECT_EQ(render_text(diagnostics), "k: warning: m\n1 warning\n");
  diagnostics.add({.severity = Severity::error, .id = "x", .where = {.file = "k"}, .message = "m"});
  diagnostics.add({.severity = Severity::error, .id = "x", .where = {.file = "k"}, .message = "n"});
  diagnostics.add({.severity = Severity::note, .id = "x", .where = {.file = "k"}, .message = "o"});
  EXPECT_TRUE(render_text(diagnostics).ends_with("\n2 errors, 1 warning, 1 note\n"));
  EXPECT_FALSE(diagnostics.usable());
}

TEST(RenderJson, HasTheWholeOfADiagnostic) {
  Diagnostics diagnostics;
  diagnostics.add(sample());
  const auto json = nlohmann::json::parse(render_json(diagnostics));
  EXPECT_EQ(json["errors"], 1);
  EXPECT_EQ(json["warnings"], 0);
  EXPECT_EQ(json["notes"], 0);
  const auto& only = json["diagnostics"].at(0);
  EXPECT_EQ(only["severity"], "error");
  EXPECT_EQ(only["id"], "unknown-keyword");
  EXPECT_EQ(only["message"], "unknown keyword 'virtual_ipadress' in vrrp_instance");
  EXPECT_EQ(only["hint"], "did you mean 'virtual_ipaddress'?");
  EXPECT_EQ(only["where"]["file"], "k.conf");
  EXPECT_EQ(only["where"]["line"], 3);
  EXPECT_EQ(only["where"]["column"], 3);
  EXPECT_EQ(only["where"]["length"], 16);
  EXPECT_EQ(only["where"]["source"], "  virtual_ipadress {");
  EXPECT_EQ(only["related"].at(0)["message"], "included from here");
  EXPECT_EQ(only["related"].at(0)["where"]["file"], "m.conf");
}

TEST(RenderJson, LeavesOutWhatIsNotKnownAndTakesAnyOctets) {
  Diagnostics diagnostics;
  EXPECT_EQ(nlohmann::json::parse(render_json(diagnostics))["diagnostics"], nlohmann::json::array());
  diagnostics.add({.severity = Severity::note, .id = "x", .where = {.file = "k\xff"}, .message = "\xc3("});
  const auto json = nlohmann::json::parse(render_json(diagnostics));
  const auto& only = json["diagnostics"].at(0);
  EXPECT_EQ(only["where"], (nlohmann::json{{"file", "k\xEF\xBF\xBD"}}));
  EXPECT_FALSE(only.contains("hint"));
  EXPECT_FALSE(only.contains("related"));
  EXPECT_EQ(json["notes"], 1);
}

}  // namespace
}  // namespace config
