#include "check/line_dialogues.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace check {
namespace {

using testing::HasSubstr;

std::string words_of(const Reply& reply) {
  if (!reply.verdict) return reply.send.empty() ? "waits" : "sends " + reply.send;
  return *reply.verdict ? (*reply.verdict)->detail : to_string(reply.verdict->error());
}

TEST(Smtp, GreetsAndLeaves) {
  SmtpDialogue dialogue("probe.example.com");
  EXPECT_EQ(words_of(dialogue.receive("220 mx ESM")), "waits");
  EXPECT_EQ(words_of(dialogue.receive("TP\r\n")), "sends HELO probe.example.com\r\n");
  EXPECT_EQ(words_of(dialogue.receive("250 hello\r\n")), "sends QUIT\r\n");
  EXPECT_EQ(words_of(dialogue.receive("500 what?\r\n")), "greets with 250") << "any reply will do";
}

TEST(Smtp, RepliesOfSeveralLinesAreUnderstood) {
  SmtpDialogue dialogue("probe");
  EXPECT_EQ(words_of(dialogue.receive("220-mx\r\n220-says\r\n220 hello\r\n")), "sends HELO probe\r\n");
  EXPECT_EQ(words_of(dialogue.receive("250-mx\r\n250 SIZE\r\n")), "sends QUIT\r\n");
  EXPECT_TRUE(dialogue.closed()) << "it hangs up instead of saying goodbye";
}

TEST(Smtp, OtherCodesAreRefused) {
  EXPECT_EQ(words_of(SmtpDialogue("p").receive("554 no\r\n")), "its banner is '554 no', expected 220");
  EXPECT_EQ(words_of(SmtpDialogue("p").receive("2200 no\r\n")), "its banner is '2200 no', expected 220");
  EXPECT_EQ(words_of(SmtpDialogue("p").receive("HTTP/1.0 400 Bad\r\n")),
            "its banner is 'HTTP/1.0 400 Bad', expected 220");
  SmtpDialogue dialogue("p");
  dialogue.receive("220 mx\r\n");
  EXPECT_EQ(words_of(dialogue.receive("421 busy\r\n")), "its reply to HELO is '421 busy', expected 250");
}

TEST(Smtp, EndlessRepliesEnd) {
  EXPECT_THAT(words_of(SmtpDialogue("p").receive(std::string(70000, '2'))),
              HasSubstr("longer than 2048 octets"));
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "220-again\r\n";
  EXPECT_THAT(words_of(SmtpDialogue("p").receive(lines)), HasSubstr("lines without end"));
  SmtpDialogue silent("p");
  EXPECT_EQ(to_string(silent.closed().error()), "it closes the connection without a banner");
}

TEST(Redis, AsksForPong) {
  RedisDialogue dialogue({}, {}, {});
  EXPECT_EQ(dialogue.start(), "*1\r\n$4\r\nPING\r\n");
  EXPECT_EQ(words_of(dialogue.receive("+PO")), "waits");
  EXPECT_EQ(words_of(dialogue.receive("NG\r\n")), "PONG");
}

TEST(Redis, ShowsItsPasswordAndAsksForTheRole) {
  RedisDialogue dialogue("monitor", "secret", "master");
  EXPECT_EQ(dialogue.start(), "*3\r\n$4\r\nAUTH\r\n$7\r\nmonitor\r\n$6\r\nsecret\r\n");
  EXPECT_EQ(words_of(dialogue.receive("+OK\r\n")), "sends *1\r\n$4\r\nPING\r\n");
  EXPECT_EQ(words_of(dialogue.receive("+PONG\r\n")), "sends *1\r\n$4\r\nROLE\r\n");
  EXPECT_EQ(words_of(dialogue.receive(
                "*3\r\n$6\r\nmaster\r\n:3129659\r\n*2\r\n*3\r\n$9\r\n127.0.0.1\r\n$4\r\n9001\r\n"
                "$7\r\n3129242\r\n*3\r\n$9\r\n127.0.0.1\r\n$4\r\n9002\r\n$7\r\n3129543\r\n")),
            "PONG, role master");
}

TEST(Redis, SaysWhatTheServerSaid) {
  RedisDialogue needs({}, {}, {});
  needs.start();
  EXPECT_EQ(words_of(needs.receive("-NOAUTH Authentication required.\r\n")),
            "PING is answered with 'NOAUTH Authentication required.'");
  RedisDialogue wrong({}, "x", {});
  wrong.start();
  EXPECT_EQ(words_of(wrong.receive("-WRONGPASS invalid\r\n")), "AUTH is answered with 'WRONGPASS invalid'");
  RedisDialogue role({}, {}, "master");
  role.start();
  role.receive("+PONG\r\n");
  EXPECT_EQ(
      words_of(role.receive("*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:6379\r\n$9\r\nconnected\r\n:10\r\n")),
      "its role is 'slave', expected master");
}

TEST(Redis, WhatIsNoRespIsRefused) {
  const auto said = [](const std::string& text) {
    RedisDialogue dialogue({}, {}, {});
    dialogue.start();
    return words_of(dialogue.receive(text));
  };
  EXPECT_EQ(said("HTTP/1.1 400 Bad Request\r\n"), "its reply is wrong: it does not speak the Redis protocol");
  EXPECT_EQ(said("+PONG\n"), "its reply is wrong: a line does not end with CR LF");
  EXPECT_EQ(said("$99999999999\r\n"), "its reply is wrong: a length of 99999999999");
  EXPECT_EQ(said("$-2\r\n"), "its reply is wrong: a length of -2");
  EXPECT_EQ(said("$2\r\nabcd"), "its reply is wrong: a string is longer than it says");
  EXPECT_EQ(said("*-1\r\n"), "PING is answered with ''");
  EXPECT_EQ(said(std::string(2000, '+')), "its reply is wrong: a line is longer than 1024 octets");
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "*1\r\n";
  EXPECT_EQ(said(deep), "its reply is wrong: arrays without end");
  EXPECT_EQ(said("*9000\r\n*9000\r\n"), "its reply is wrong: arrays without end");
}

}  // namespace
}  // namespace check
