// The two nf_tables sockets of the failover worker: one makes and changes our table, one transaction a call, the other hears of
// whoever else changes it. Opened when the first address with `no_accept` needs them, and not at all otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "engine/failover.hpp"
#include "runtime/fd.hpp"

namespace runtime {

using FirewallChange = std::variant<engine::action::BuildFirewall, engine::action::ChangeFirewall,
                                    engine::action::RemoveFirewall>;

class FirewallIo {
 public:
  /// Back when the kernel has done it, or nothing of it.
  core::Result<> apply(const FirewallChange& change);

  /// To be waited on for news; -1 while there is no table to hear of.
  int news_fd() const { return news_.get(); }
  /// Reads all that waits. True if somebody else changed our table, or if that cannot be ruled out.
  bool was_touched();

 private:
  core::Result<> open();
  core::Result<> run(const std::vector<std::uint8_t>& batch);

  Fd commands_, news_;
  std::uint32_t port_ = 0;  // of commands_: who changed something is told by it
  std::uint32_t sequence_ = 0;
  std::string table_;  // that is there
  std::vector<std::uint8_t> buffer_;
};

}  // namespace runtime
