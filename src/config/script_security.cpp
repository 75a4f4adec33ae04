#include "config/script_security.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace config {

namespace {

using Kind = ScriptProblem::Kind;

// "/a/b/c" → "/", "/a", "/a/b", "/a/b/c".
std::vector<std::string> components(const std::string& path) {
  std::vector<std::string> parts{"/"};
  for (std::size_t slash = 0; slash < path.size();) {
    const std::size_t next = path.find('/', slash + 1);
    const std::string part = path.substr(0, next);
    if (part.size() > 1 && !part.ends_with('/')) parts.push_back(part);
    if (next == std::string::npos) break;
    slash = next;
  }
  return parts;
}

std::optional<ScriptProblem> first_missing(const World& world, const std::string& path) {
  for (const std::string& part : components(path)) {
    if (!world.status(part, true)) {
      return ScriptProblem{Kind::missing,
                           part == path
                               ? fmt::format("script {} does not exist", path)
                               : fmt::format("script {} cannot be reached: {} does not exist", path, part)};
    }
  }
  return ScriptProblem{Kind::missing, fmt::format("script {} cannot be reached", path)};
}

bool may_execute(const FileStatus& status, std::uint32_t uid, std::uint32_t gid,
                 const std::vector<std::uint32_t>& groups) {
  if (uid == 0) return status.kind == FileStatus::Kind::directory || (status.mode & 0111U) != 0;
  if (status.uid == uid) return (status.mode & 0100U) != 0;
  if (status.gid == gid || std::ranges::find(groups, status.gid) != groups.end())
    return (status.mode & 0010U) != 0;
  return (status.mode & 0001U) != 0;
}

std::optional<ScriptProblem> unsafe_for_root(const std::string& path, const std::string& part,
                                             const FileStatus& status) {
  std::string why;
  if (status.uid != 0) {
    why = fmt::format("belongs to user {}", status.uid);
  } else if ((status.mode & 0002U) != 0) {
    why = fmt::format("is writable by everybody (mode {:04o}, bit 0002)", status.mode);
  } else if ((status.mode & 0020U) != 0) {
    why = fmt::format("is writable by its group (mode {:04o}, bit 0020)", status.mode);
  }
  if (why.empty()) return std::nullopt;
  return ScriptProblem{Kind::unsafe, fmt::format("script {} would run as root, but {} {}", path, part, why)};
}

}  // namespace

std::optional<ScriptProblem> inspect_script(const World& world, const std::string& written, std::uint32_t uid,
                                            std::uint32_t gid, const std::vector<std::uint32_t>& groups) {
  const std::string path = written.starts_with('/') ? written : world.working_directory() + "/" + written;
  const auto real = world.real_path(path);
  if (!real) return first_missing(world, path);
  const std::vector<std::string> parts = components(*real);
  std::optional<ScriptProblem> unsafe;
  for (const std::string& part : parts) {
    const auto status = world.status(part, false);
    if (!status) {
      return ScriptProblem{Kind::missing,
                           fmt::format("script {} cannot be reached: {} does not exist", path, part)};
    }
    const bool last = part == parts.back();
    if (last && status->kind != FileStatus::Kind::regular) {
      return ScriptProblem{Kind::not_executable, fmt::format("{} is no plain file", part)};
    }
    if (!may_execute(*status, uid, gid, groups)) {
      return ScriptProblem{
          Kind::not_executable,
          last ? fmt::format("script {} is not executable for user {} (mode {:04o})", part, uid, status->mode)
               : fmt::format(
                     "script {} cannot be reached by user {}: no search permission on {} (mode {:04o})", path,
                     uid, part, status->mode)};
    }
    if (uid == 0 && !unsafe) unsafe = unsafe_for_root(path, part, *status);
  }
  return unsafe;
}

}  // namespace config
