// Random faults from a seed, several at a time, each of them ending by itself some time later or when chaos ends.
#pragma once

#include "core/random.hpp"
#include "sim/faults.hpp"

namespace sim {

class Chaos {
 public:
  Chaos(World& world, const Plan& plan, const Layout& layout, core::Random random);

  /// `steps` faults, a random time apart.
  void rage(std::uint32_t steps);
  /// Ends them all.
  void heal();
  Faults& faults() { return faults_; }

 private:
  void one();
  void trouble_wire();
  void trouble_process(HostId host);
  void trouble_interface(HostId host);
  void trouble_trackers(HostId host);
  void trouble_addresses(HostId host);
  void trouble_configuration(HostId host);
  void send_junk();
  core::Duration interval_of_another(const vrrp::Config& config);

  /// Runs `what` after a random time of up to `intervals` advert intervals, unless everything was healed before.
  void later(int intervals, std::function<void()> what);
  core::Duration time_up_to(int intervals);
  HostId any_node();
  HostId any_host();
  std::string any_interface();

  World& world_;
  const Plan& plan_;
  core::Random random_;
  Faults faults_;
  core::Duration unit_;  // the longest advert interval
  std::uint64_t era_ = 0;
};

}  // namespace sim
