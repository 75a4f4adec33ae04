// Shared libraries that only some of our processes need, loaded where they are first used. Linked to the executable, libcurl,
// libssl and libnftables would cost each of its processes tens of milliseconds at the start and a megabyte that no other shares
// (the pages that relocation writes to); and a worker must be back at once.
#pragma once

#include "core/result.hpp"

namespace runtime {

class Library {
 public:
  /// For good: nothing of it is unloaded. The error names the library.
  static core::Result<Library> load(const char* soname);

  /// Gives `function` the one of that name.
  template <class Function>
  Library& find(const char* name, Function& function) {
    function = reinterpret_cast<Function>(address_of(name));  // NOLINT: that is what dlsym gives
    return *this;
  }
  /// An error if one that was asked for is missing.
  core::Result<> complete() const;

 private:
  Library(const char* soname, void* handle) : soname_(soname), handle_(handle) {}
  void* address_of(const char* name);

  const char* soname_;
  void* handle_;
  const char* missing_ = nullptr;
};

}  // namespace runtime
