#include "runtime/secret.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <string_view>

#include "runtime/files.hpp"

namespace runtime {

namespace {

constexpr std::size_t longest_secret = 64u << 10;

}  // namespace

core::Result<std::string> read_secret(const std::string& written) {
  constexpr std::string_view file = "file:";
  constexpr std::string_view credential = "credential:";
  std::string path;
  if (written.starts_with(file)) {
    path = written.substr(file.size());
  } else if (written.starts_with(credential)) {
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT: one thread
    if (directory == nullptr) {
      return std::unexpected(
          core::Error{0, fmt::format("{}: no service manager handed us credentials; in the unit write "
                                     "LoadCredential={}:PATH",
                                     written, written.substr(credential.size()))});
    }
    path = fmt::format("{}/{}", directory, written.substr(credential.size()));
  } else {
    return written;
  }
  auto text = read_text_file(path, longest_secret);
  while (text && (text->ends_with('\n') || text->ends_with('\r'))) text->pop_back();
  return text;
}

}  // namespace runtime
