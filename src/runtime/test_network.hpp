// For tests: network namespaces without names, which vanish with the test's process whatever becomes of it. Needs root;
// tests say so and skip without.
#pragma once

#include <gtest/gtest.h>
#include <string>

#include "net/interface.hpp"
#include "runtime/fd.hpp"
#include "runtime/netlink_io.hpp"

namespace runtime::testing {

/// Skips the test where namespaces cannot be made. The thread is in a fresh namespace then, its loopback up, and afterwards
/// back where it was.
class NetworkTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// One more namespace, which the thread enters; `here()` is where it is.
  Fd new_namespace();
  Fd here() const;
  void enter(const Fd& space);

  /// In the current namespace, up; "veth" gets `peer` as its other end, up too. Without a kind: only sets an existing one up.
  net::InterfaceIndex make_link(const std::string& name, const std::string& kind,
                                const std::string& peer = {});
  /// Moves a link into another namespace and sets it up there; the thread stays where it is.
  void move_link(const std::string& name, const Fd& space);
  /// A new link carries nothing until the kernel has noticed its carrier.
  void wait_until_running(const std::string& name);
  net::InterfaceIndex index_of(const std::string& name);
  void add_address(net::InterfaceIndex interface, const std::string& prefix);
  static NetlinkCommands commands();

 private:
  Fd before_;
};

}  // namespace runtime::testing
