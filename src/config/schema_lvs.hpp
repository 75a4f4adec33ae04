// Pieces that the schemas of virtual servers and of checkers share.
#pragma once

#include <fmt/format.h>
#include <optional>
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

/// The block of a checker.
inline LastingText checker_path(std::string_view name) {
  return keep(fmt::format("virtual_server/real_server/{}", name));
}

/// What a checker block begins with.
using NewProbe = check::Probe (*)();
template <class Kind>
check::Probe new_probe() {
  return Kind{};
}

/// A checker block of real_server.
inline auto opens_checker(std::string_view name, NewProbe probe) {
  return opens<CheckerDraft>(checker_path(name), [probe](ServerDraft& server, Words& words) {
    CheckerDraft& checker = server.checker_drafts.emplace_back();
    checker.word = words.keyword();
    checker.config.probe = probe();
    if (const auto* http = check::http_of(checker.config.probe)) checker.http = *http;
    return &checker;
  });
}

}  // namespace config
