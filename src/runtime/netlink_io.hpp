// The two rtnetlink sockets of the failover worker: one hears of every change of links, addresses, our routes and rules, the
// other lists what there is and changes addresses, routes and rules, many in one system call. Bytes are netlink/'s business, decisions the engine's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "net/interface.hpp"
#include "netlink/message.hpp"
#include "netlink/request.hpp"
#include "runtime/fd.hpp"
#include "runtime/netlink_socket.hpp"

namespace runtime {

class NetlinkMonitor {
 public:
  static core::Result<NetlinkMonitor> open(BufferSize size);

  int fd() const { return fd_.get(); }

  enum class Heard : std::uint8_t {
    all,   // nothing waits any more
    more,  // the limit was reached first
    overrun,  // the kernel dropped messages: what it has must be listed anew. What was still waiting is thrown away
  };
  using Sink = std::function<void(netlink::Message&&)>;
  Heard hear(std::size_t at_most, const Sink& sink);

 private:
  explicit NetlinkMonitor(Fd fd) : fd_(std::move(fd)), buffer_(64 * 1024) {}
  void forget_waiting();

  Fd fd_;
  std::vector<std::uint8_t> buffer_;
};

/// One thing more or less in the kernel's tables. Routes and rules are many words, and travel by pointer.
struct KernelChange {
  enum class Kind : std::uint8_t { add, remove };
  using Object = std::variant<net::InterfaceAddress, std::shared_ptr<const net::KernelRoute>,
                              std::shared_ptr<const net::Rule>>;
  Kind kind = Kind::add;
  Object object;

  const net::InterfaceAddress* address() const { return std::get_if<net::InterfaceAddress>(&object); }
  std::string text() const;  // "address 10.0.0.1/32"
};

class NetlinkCommands {
 public:
  static core::Result<NetlinkCommands> open(BufferSize size);

  struct Listing {
    std::vector<net::Interface> interfaces;
    std::vector<net::InterfaceAddress> addresses;
    std::vector<net::KernelRoute> routes;  // of our protocol
    std::vector<net::Rule> rules;          // of our protocol
  };
  /// The tables, each as it was at one moment (a listing that changed under our hands is asked for again). Routes and rules only
  /// if they matter: a machine may have a million.
  core::Result<Listing> list(bool with_routes);

  struct Refusal {
    std::size_t index = 0;  // in what was asked
    core::Error error;
  };
  struct Applied {
    std::vector<Refusal>
        refusals;               // without "exists already" for an addition and "is not there" for a removal
    bool answers_lost = false;  // some refusal may be missing: list anew
  };
  /// All of them in one system call, in this order; back when the kernel has done them. An error: nothing was done.
  core::Result<Applied> apply(std::span<const KernelChange> changes);

  /// Links: one request, waits for the answer (the kernel answers at once).
  core::Result<> ask(const netlink::Buffer& request);
  std::uint32_t next_sequence() { return ++sequence_; }

  /// An error that names CAP_NET_ADMIN if we may not change anything. Changes nothing.
  core::Result<> may_change();

 private:
  explicit NetlinkCommands(Fd fd) : fd_(std::move(fd)), buffer_(256 * 1024) {}
  core::Result<> send(const netlink::Buffer& bytes);
  void append(const KernelChange& change, netlink::Acknowledge acknowledge);
  template <class OnMessage>
  core::Result<> read_answers(OnMessage&& on_message);
  template <class OnMessage>
  core::Result<bool> dump_once(const netlink::Buffer& request, std::uint32_t sequence,
                               OnMessage&& on_message);

  Fd fd_;
  std::vector<std::uint8_t> buffer_;
  netlink::Buffer request_;
  std::uint32_t sequence_ = 0;
};

}  // namespace runtime
