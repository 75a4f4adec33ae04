// Small files that others read: written under a temporary name and renamed, so nobody sees half of one, and sealed memory
// files that hand a value to a child.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/archive.hpp"
#include "core/result.hpp"
#include "runtime/fd.hpp"

namespace runtime {

/// Replaces `path`; what stands there under that name, a planted symbolic link too, is never followed nor written to.
core::Result<> write_file(const std::string& path, std::string_view text, std::uint32_t mode = 0600);

core::Result<std::string> read_text_file(const std::string& path, std::size_t limit = std::size_t{1} << 30);

/// Close-on-exec, and nobody can change it any more. `fill` hands what shall stand in it to the function it is given, piece by
/// piece.
core::Result<Fd> sealed_memory(const char* name, const std::function<void(core::ArchiveWriter::Put)>& fill);
/// With the archive of `value`.
template <class T>
core::Result<Fd> sealed_archive(const char* name, const T& value) {
  return sealed_memory(name, [&](core::ArchiveWriter::Put put) { core::to_pieces(value, std::move(put)); });
}
/// From its beginning, wherever its offset stands.
core::Result<core::Bytes> read_memory(int fd);

/// "open /run/x: Read-only file system": what, on which object, why.
core::Error file_error(std::string_view what, std::string_view path, int code);

}  // namespace runtime
