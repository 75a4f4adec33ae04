#include "engine/balancer_from_model.hpp"

#include <gtest/gtest.h>

namespace engine {
namespace {

TEST(BalancerFromModel, WithoutChecksAServerHasNothingToProve) {
  config::Model model;
  config::VirtualServer& service = model.virtual_servers.emplace_back();
  service.config.alpha = true;
  check::Config proves;
  proves.alpha = true;
  for (int i = 0; i < 2; ++i) {
    config::RealServer& server = service.servers.emplace_back();
    server.config.alpha = true;
  }
  service.servers[0].checkers.push_back({proves, {}, {}});
  const BalancerConfig config = balancer_config(model);
  EXPECT_TRUE(config.director.services[0].servers[0].alpha);
  EXPECT_FALSE(config.director.services[0].servers[1].alpha);
  EXPECT_EQ(config.services[0].servers[0].checks[0].config.pointer(),
            service.servers[0].checkers[0].config.pointer());
}

}  // namespace
}  // namespace engine
