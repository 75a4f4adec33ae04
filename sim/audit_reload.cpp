#include <algorithm>

#include "core/overload.hpp"
#include "sim/audit.hpp"
#include "sim/neighbour.hpp"

namespace sim {

namespace {

class Reload : public Auditor {
 public:
  explicit Reload(const Layout& layout) : Auditor("S4 reload", layout) {}

 private:
  void watch(const Observation& observation) override {
    const auto* reload = std::get_if<fact::Reloaded>(&observation.fact);
    if (reload == nullptr) return;
    const std::string who = node_name(observation.host);
    if (reload->touched.empty()) {
      if (!reload->answer.empty())
        complain(observation.when, who + " acted on a reload that changed nothing");
      if (!reload->schedule_kept)
        complain(observation.when, who + " moved its deadlines for a reload that changed nothing");
      return;
    }
    for (const auto& action : reload->answer) {
      const std::string beyond = outside(*reload, action);
      if (!beyond.empty())
        complain(observation.when, who + " touched " + beyond + ", which the edit does not name");
    }
  }

  // What the action concerns if that did not change; empty otherwise.
  static std::string outside(const fact::Reloaded& reload, const engine::Action& action) {
    const auto instance = [&](const std::string& name) {
      const bool named = name.empty() || std::ranges::find(reload.touched, name) != reload.touched.end();
      return named ? std::string() : name;
    };
    const auto address = [&](const net::IpAddress& one) {
      const auto& named = reload.touched_addresses;
      return std::ranges::find(named, one) == named.end() ? one.to_string() : std::string();
    };
    const auto addresses = [&](const std::vector<net::InterfaceAddress>& several) {
      std::string out;
      for (const auto& each : several) out += address(each.address.address);
      return out;
    };
    const auto text = [&](std::string one) {
      const auto& named = reload.touched_routes;
      return std::ranges::find(named, one) == named.end() ? one : std::string();
    };
    const auto routes = [&](const std::vector<net::KernelRoute>& several) {
      std::string out;
      for (const auto& each : several) out += text(net::to_string(each.route));
      return out;
    };
    const auto rules = [&](const std::vector<net::Rule>& several) {
      std::string out;
      for (const auto& each : several) out += text(net::to_string(each));
      return out;
    };
    return std::visit(core::Overload{
                          [&](const engine::action::SendPacket& a) { return instance(a.instance); },
                          [&](const engine::action::SendFrame& a) {
                            const auto said = read_announcement(a.frame);
                            return said ? address(said->address) : std::string();
                          },
                          [&](const engine::action::AddAddresses& a) { return addresses(a.addresses); },
                          [&](const engine::action::RemoveAddresses& a) { return addresses(a.addresses); },
                          [&](const engine::action::AddRoutes& a) { return routes(a.routes); },
                          [&](const engine::action::RemoveRoutes& a) { return routes(a.routes); },
                          [&](const engine::action::AddRules& a) { return rules(a.rules); },
                          [&](const engine::action::RemoveRules& a) { return rules(a.rules); },
                          [&](const engine::action::ReportTransition& a) { return instance(a.instance); },
                          [&](const engine::action::RunHooks& a) { return instance(a.queue); },
                          [&](const engine::action::Notice& a) { return instance(a.instance); },
                          [](const auto&) { return std::string(); },
                      },
                      action);
  }
};

}  // namespace

std::unique_ptr<Auditor> audit_reload(const Layout& layout) { return std::make_unique<Reload>(layout); }

}  // namespace sim
