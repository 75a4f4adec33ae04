// `init_file`: tracked files that shall exist when the daemon starts. A reload does not write them again.
#pragma once

#include <vector>

#include "core/result.hpp"
#include "track/config.hpp"

namespace app {

/// What could not be written, each with the file's name.
std::vector<core::Error> create_track_files(const std::vector<track::FileConfig>& files);

}  // namespace app
