#include "app/version.hpp"

#include <boost/version.hpp>
#include <fmt/format.h>

namespace app {

std::string_view version() { return STANDFAST_VERSION; }

std::string version_text(std::string_view program) {
  return fmt::format(
      "{} v{}\n"
      "standfast {}: VRRP (RFC 3768, RFC 9568), reads keepalived.conf\n"
      "Built with: {}, fmt {}.{}.{}, Boost {}.{}\n"
      "Build options: VRRP VRRP_AUTH JSON SYSTEMD_NOTIFY LOG_FILE CONTROL_SOCKET\n",
      program, version(), version(), STANDFAST_COMPILER, FMT_VERSION / 10000, FMT_VERSION / 100 % 100,
      FMT_VERSION % 100, BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000);
}

}  // namespace app
