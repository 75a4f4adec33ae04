#include "runtime/library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

namespace runtime {

core::Result<Library> Library::load(const char* soname) {
  void* handle = ::dlopen(soname, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr)
    return std::unexpected(core::Error{0, fmt::format("{} cannot be loaded: {}", soname, ::dlerror())});
  return Library{soname, handle};
}

void* Library::address_of(const char* name) {
  void* address = ::dlsym(handle_, name);
  if (address == nullptr) missing_ = name;
  return address;
}

core::Result<> Library::complete() const {
  if (missing_ == nullptr) return {};
  return std::unexpected(
      core::Error{0, fmt::format("{} is not what it should be: it has no {}", soname_, missing_)});
}

}  // namespace runtime
