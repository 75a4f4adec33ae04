// Every BFD session of this machine: which one a packet is for, when each is due, what a reload changes, and what the trackers
// have to be told. The sessions decide for themselves (bfd/session.hpp). No sockets, no trackers.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bfd/session.hpp"
#include "core/random.hpp"
#include "engine/deadlines.hpp"
#include "engine/failover.hpp"

namespace engine {

class BfdSessions {
 public:
  explicit BfdSessions(std::uint64_t seed) : random_(seed) {}

  /// What a worker before us left. Before begin().
  void resume(const FailoverSnapshot& previous, core::Time last_alive);
  /// What did not change feels nothing. Before begin() the sessions are made but do not start.
  void configure(core::Time now, const std::vector<bfd::Config>& sessions, Actions& out);
  void begin(core::Time now, Actions& out);
  void stop(core::Time now, Actions& out);

  void receive(core::Time now, const event::BfdPacketReceived& received, Actions& out);
  void send_failed(const event::BfdSendFailed& failed, Actions& out);
  void handle_timeout(core::Time now, Actions& out);  // early or repeated calls do nothing
  std::optional<core::Time> next_timeout() const { return deadlines_.earliest(); }

  void describe(FailoverSnapshot& shown) const;
  void clear_counters();

  /// Whether packets go both ways, as far as others are to believe.
  struct News {
    std::string session;
    bool up = false;
    friend bool operator==(const News&, const News&) = default;
  };
  /// What has changed since the last call; every new session is in it once, even if it is down.
  std::vector<News> take_news() { return std::exchange(news_, {}); }

 private:
  using Number = std::uint32_t;

  struct Entry {
    explicit Entry(bfd::Session made) : session(std::move(made)) {}

    bfd::Session session;
    std::optional<bool> told;                  // the trackers
    std::bitset<bfd::receive_errors> noticed;  // receive errors, since it was last up
    int send_error_noticed = 0;                // errno
  };
  /// A neighbour that does not know our discriminator yet is known by its address.
  struct Place {
    net::IpAddress neighbour;
    bool multihop = false;
    friend bool operator==(const Place&, const Place&) = default;
  };
  struct PlaceHash {
    std::size_t operator()(const Place& place) const noexcept {
      return std::hash<net::IpAddress>{}(place.neighbour) * 2 + (place.multihop ? 1 : 0);
    }
  };

  Number add(const bfd::Config& config);
  void start(core::Time now, Number number, Actions& out);
  void retire(core::Time now, Number number, Actions& out);
  void open(Actions& out);
  void perform(Number number, const bfd::Actions& actions, Actions& out);
  void settle(Number number);
  void tell(Entry& entry);
  std::optional<Number> addressee(const event::BfdPacketReceived& received,
                                  std::uint32_t discriminator) const;
  void refuse(bfd::ReceiveError error, Entry* entry, const event::BfdPacketReceived& received, Actions& out);
  void keep_discriminator(Number number, bfd::Snapshot& previous);
  std::uint32_t new_discriminator();

  core::Random random_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<Number> unused_;
  std::vector<Number> order_;  // as configured
  Deadlines deadlines_;
  std::unordered_map<std::string, Number> by_name_;
  std::unordered_map<std::uint32_t, Number> by_discriminator_;
  std::unordered_multimap<Place, Number, PlaceHash> by_place_;

  bool begun_ = false;
  std::vector<action::OpenBfdSessions::Endpoint> opened_;
  std::unordered_map<std::string, bfd::Snapshot> previous_;
  core::Time last_alive_{};
  std::vector<News> news_;
  bfd::ReceiveErrorCounts receive_errors_{};  // of packets that are for no session
  std::bitset<bfd::receive_errors> noticed_;
};

}  // namespace engine
