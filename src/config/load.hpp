// A configuration, whole: files in, model and diagnostics out. The model is usable unless a diagnostic is an error.
#pragma once

#include <string>
#include <vector>

#include "config/diagnostic.hpp"
#include "config/model.hpp"
#include "config/read.hpp"
#include "config/world.hpp"

namespace config {

struct LoadOptions {
  std::string file = "/etc/standfast/standfast.conf";  // may be a pattern
  ReadOptions read;
  bool check_host = true;  // also look at this machine: interfaces, users, scripts
};

struct Loaded {
  Model model;
  Diagnostics diagnostics;
  std::vector<std::string> files;
};

Loaded load(const LoadOptions& options, const World& world);

}  // namespace config
