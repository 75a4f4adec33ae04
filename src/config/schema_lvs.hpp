// Pieces that the schemas of virtual servers and of checkers share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/drafts.hpp"
#include "config/schema_builder.hpp"

namespace config {

/// ADDRESS [PORT].
std::optional<lvs::Endpoint> read_endpoint(Words& words);

/// A line of virtual_server_group: one address, a range in one of three notations.
void read_group_member(lvs::Group& group, Words& words);
/// fwmark N [inet|inet6], after the keyword.
void read_group_mark(lvs::Group& group, Words& words);

/// A checker block of real_server.
inline auto opens_checker(std::string_view name, check::Probe probe) {
  static constexpr std::string_view parent = "virtual_server/real_server/";
  return opens_path<CheckerDraft>(std::string(parent) + std::string(name),
                                  [probe = std::move(probe)](ServerDraft& server, Words& words) {
                                    CheckerDraft& checker = server.checker_drafts.emplace_back();
                                    checker.word = words.keyword();
                                    checker.config.probe = probe;
                                    if (const auto* http = check::http_of(probe)) checker.http = *http;
                                    return &checker;
                                  });
}

}  // namespace config
