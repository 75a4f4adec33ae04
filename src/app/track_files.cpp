#include "app/track_files.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "runtime/files.hpp"

namespace app {

std::vector<core::Error> create_track_files(const std::vector<track::FileConfig>& files) {
  std::vector<core::Error> errors;
  for (const auto& file : files) {
    if (!file.init || (!file.init->overwrite && ::access(file.path.c_str(), F_OK) == 0)) continue;
    if (auto written = runtime::write_file(file.path, fmt::format("{}\n", file.init->value), 0644);
        !written) {
      errors.push_back({written.error().code, fmt::format("track_file {}: init_file cannot be written: {}",
                                                          file.name, written.error().message)});
    }
  }
  return errors;
}

}  // namespace app
