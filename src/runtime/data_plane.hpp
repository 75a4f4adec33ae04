// What balances packets: the kernel's IPVS or a table of nftables. Holds services and destinations, and does as it is told;
// what is wanted is lvs/'s business. Calls return when the kernel has done them: milliseconds, in the balancer worker.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "net/ipvs.hpp"

namespace runtime {

class DataPlane {
 public:
  struct Refusal {
    std::size_t index = 0;  // in what was asked
    core::Error error;      // a sentence that names the command
  };

  virtual ~DataPlane() = default;

  virtual std::string_view name() const = 0;
  /// Everything it holds, whoever put it there, with connections counted and statistics.
  virtual core::Result<net::ipvs::Listing> list() = 0;
  /// The same of some services; those that it does not hold have no destinations.
  virtual core::Result<net::ipvs::Listing> list(std::span<const net::ipvs::ServiceKey> services) = 0;
  /// In this order. What is there already is made as it is wanted; what is to be removed and is not there is no refusal. An error
  /// instead: nobody knows what was done, so the table is to be listed.
  virtual core::Result<std::vector<Refusal>> apply(std::span<const net::ipvs::Command> commands) = 0;
};

}  // namespace runtime
