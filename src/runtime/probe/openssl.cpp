#include "runtime/probe/openssl.hpp"

#include <optional>

#include "runtime/library.hpp"

namespace runtime {

namespace {

#define STANDFAST_TEXT(number) #number
#define STANDFAST_SONAME(number) "libssl.so." STANDFAST_TEXT(number)

std::optional<OpenSsl> loaded;

}  // namespace

core::Result<> load_openssl() {
  if (loaded) return {};
  auto library = Library::load(STANDFAST_SONAME(OPENSSL_SHLIB_VERSION));  // libcrypto comes with it
  if (!library) return std::unexpected(library.error());
  OpenSsl functions;
#define STANDFAST_FIND(name) library->find(#name, functions.name);
  STANDFAST_OPENSSL(STANDFAST_FIND)
#undef STANDFAST_FIND
  if (auto complete = library->complete(); !complete) return complete;
  loaded = functions;
  return {};
}

const OpenSsl& openssl() { return *loaded; }  // NOLINT: who calls this has loaded it

}  // namespace runtime
