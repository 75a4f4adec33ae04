// BFD in the failover engine: packets go to the sessions, what the sessions say goes to the trackers.
#include "engine/failover_implementation.hpp"

namespace engine {

using core::Time;

void Failover::Implementation::on(Time now, const event::BfdPacketReceived& received, Actions& out) {
  bfd_.receive(now, received, out);
  tell_trackers(now, out);
}

void Failover::Implementation::on(Time, const event::BfdSendFailed& failed, Actions& out) {
  bfd_.send_failed(failed, out);
}

void Failover::Implementation::tell_trackers(Time now, Actions& out) {
  for (const auto& news : bfd_.take_news()) bfd_state_changed(now, news.session, news.up, out);
}

}  // namespace engine
