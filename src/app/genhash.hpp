// genhash: fetches one page and prints the MD5 of its body, for `digest` in a url block. Its options are keepalived's.
#pragma once

#include <string>
#include <vector>

#include "check/config.hpp"
#include "core/result.hpp"

namespace app {

struct GenhashRequest {
  check::Config config;  // an Http probe with one url
  check::Target target;
  bool verbose = false;
};

/// `words[0]` is the program. An error: how it is used wrongly; an empty one: --help.
core::Result<GenhashRequest> parse_genhash(const std::vector<std::string>& words);

/// 1 if it is used wrongly. A page that cannot be fetched is status 0, as genhash has it, or 1 with `strict`.
int run_genhash(const std::vector<std::string>& words, bool strict);

}  // namespace app
