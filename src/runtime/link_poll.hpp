// Links whose driver is asked once a second (`linkbeat_interfaces`), for those that do not tell of a lost carrier: by MII
// registers, by ethtool, or by the interface's flags, whichever was written or else works first.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/fd.hpp"
#include "runtime/messages.hpp"

namespace runtime {

class LinkPoll {
 public:
  using Say = std::function<void(FromWatcher&&)>;
  LinkPoll(boost::asio::io_context& io, Say say);

  void watch(const std::vector<track::PolledInterface>& interfaces);

 private:
  struct Link {
    track::PollMethod method = track::PollMethod::automatic;
    std::optional<bool> told;
    bool complained = false;
  };
  void poll();
  std::optional<bool> ask(const std::string& name, track::PollMethod method) const;

  Say say_;
  boost::asio::steady_timer timer_;
  Fd socket_;
  std::map<std::string, Link> links_;
};

}  // namespace runtime
