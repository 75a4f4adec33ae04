#include "runtime/link_poll.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <utility>
// After the C library's socket headers.
#include <linux/ethtool.h>
#include <linux/mii.h>
#include <linux/sockios.h>

namespace runtime {

namespace {

using track::PollMethod;
using std::chrono_literals::operator""s;

ifreq request_for(const std::string& name) {
  ifreq request{};
  std::memcpy(request.ifr_name, name.data(), std::min(name.size(), sizeof request.ifr_name - 1));
  return request;
}

std::optional<bool> by_mii(int fd, const std::string& name) {
  ifreq request = request_for(name);
  if (::ioctl(fd, SIOCGMIIPHY, &request) < 0) return std::nullopt;
  mii_ioctl_data data{};
  std::memcpy(&data, &request.ifr_data, sizeof data);
  data.reg_num = MII_BMSR;
  std::memcpy(&request.ifr_data, &data, sizeof data);
  // The bit latches a loss until it was read: the second reading says how it is now.
  for (int reading = 0; reading < 2; ++reading) {
    if (::ioctl(fd, SIOCGMIIREG, &request) < 0) return std::nullopt;
  }
  std::memcpy(&data, &request.ifr_data, sizeof data);
  return (data.val_out & BMSR_LSTATUS) != 0;
}

std::optional<bool> by_ethtool(int fd, const std::string& name) {
  ethtool_value value{ETHTOOL_GLINK, 0};
  ifreq request = request_for(name);
  request.ifr_data = reinterpret_cast<char*>(&value);
  if (::ioctl(fd, SIOCETHTOOL, &request) < 0) return std::nullopt;
  return value.data != 0;
}

std::optional<bool> by_flags(int fd, const std::string& name) {
  ifreq request = request_for(name);
  if (::ioctl(fd, SIOCGIFFLAGS, &request) < 0) return std::nullopt;
  return (request.ifr_flags & IFF_RUNNING) != 0;
}

}  // namespace

LinkPoll::LinkPoll(boost::asio::io_context& io, Say say) : say_(std::move(say)), timer_(io) {}

void LinkPoll::watch(const std::vector<track::PolledInterface>& interfaces) {
  std::map<std::string, Link> next;
  for (const auto& each : interfaces) next[each.interface].method = each.method;
  links_ = std::move(next);
  timer_.cancel();
  if (links_.empty()) return;
  if (!socket_) socket_ = Fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  poll();
}

void LinkPoll::poll() {
  for (auto& [name, link] : links_) {
    const auto up = ask(name, link.method);
    if (!up) {
      // An interface that is missing is not news; one that cannot be asked is, once.
      if (::if_nametoindex(name.c_str()) != 0 && !std::exchange(link.complained, true)) {
        say_(engine::action::Notice{
            engine::action::Notice::Level::warning,
            {},
            "linkbeat",
            fmt::format("linkbeat_interfaces: the driver of {} does not answer; its carrier as the "
                        "kernel reports it counts",
                        name)});
      }
      continue;
    }
    if (link.told == up) continue;
    link.told = up;
    say_(engine::event::LinkPolled{name, *up});
  }
  timer_.expires_after(1s);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) poll();
  });
}

std::optional<bool> LinkPoll::ask(const std::string& name, PollMethod method) const {
  const int fd = socket_.get();
  std::optional<bool> up;
  if (method == PollMethod::automatic || method == PollMethod::mii) up = by_mii(fd, name);
  if (!up && (method == PollMethod::automatic || method == PollMethod::mii || method == PollMethod::ethtool))
    up = by_ethtool(fd, name);
  return up ? up : by_flags(fd, name);
}

}  // namespace runtime
