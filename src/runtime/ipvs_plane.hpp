// The kernel's IPVS over a generic netlink socket: hundreds of commands in one system call, answers matched to them by sequence
// number, refusals in words an operator understands. Bytes are netlink/ipvs.hpp's business.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "netlink/ipvs.hpp"
#include "runtime/data_plane.hpp"
#include "runtime/netlink_socket.hpp"
#include "runtime/process.hpp"

namespace runtime {

class IpvsPlane : public DataPlane {
 public:
  struct Options {
    std::optional<std::string> net_namespace;  // `net_namespace_ipvs`; empty text = that of process 1
    BufferSize receive_buffer;                 // `lvs_netlink_cmd_rcv_bufs`
  };

  /// Error code ENOENT: the kernel has no IPVS (yet): start_module_loader(), then again.
  static core::Result<IpvsPlane> open(const Options& options);
  /// Starts modprobe for ip_vs; its pidfd tells of the end. Schedulers the kernel loads itself.
  static core::Result<Child> start_module_loader();

  std::string_view name() const override { return "ipvs"; }
  core::Result<net::ipvs::Listing> list() override;
  core::Result<net::ipvs::Listing> list(std::span<const net::ipvs::ServiceKey> services) override;
  core::Result<std::vector<Refusal>> apply(std::span<const net::ipvs::Command> commands) override;

  core::Result<net::ipvs::Timeouts> timeouts();
  core::Result<std::vector<net::ipvs::Daemon>> daemons();
  core::Result<netlink::ipvs::InfoPresent> info();

 private:
  explicit IpvsPlane(Fd fd) : fd_(std::move(fd)), buffer_(256 * 1024) {}

  struct Answer {
    std::size_t index = 0;
    int code = 0;
    std::string words;  // of the kernel, seldom any
  };
  using OnMessage = std::function<void(netlink::ipvs::Message&&)>;

  std::uint32_t next_sequence() { return ++sequence_; }
  /// Sends request_ and reads until the request `sequence` is answered; the code it ended with.
  core::Result<int> converse(std::uint32_t sequence, const OnMessage& on_message);
  core::Result<> find_family();
  core::Result<> list_destinations(net::ipvs::ListedService& service);
  /// One system call's worth.
  core::Result<std::vector<Answer>> send_slice(std::span<const net::ipvs::Command> commands);

  Fd fd_;
  std::vector<std::uint8_t> buffer_;
  netlink::Buffer request_;
  std::uint32_t sequence_ = 0;
  std::uint16_t family_ = 0;
};

/// Why the kernel may have refused it, for people.
core::Error ipvs_refusal(const net::ipvs::Command& command, int code);

}  // namespace runtime
