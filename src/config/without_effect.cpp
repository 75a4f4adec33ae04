#include "config/without_effect.hpp"

#include <algorithm>
#include <iterator>

namespace config {

namespace {

struct Line {
  std::string_view block, keyword, why;
};

constexpr std::string_view real_time =
    "the failover worker runs with real-time priority from the start where it may, and is never late by a "
    "script, a name or a disk";
constexpr std::string_view buffers =
    "a socket has the buffer that the system gives, which is larger; a number of octets, or "
    "kernel_rx_buf_size, is obeyed";
constexpr std::string_view own_table =
    "addresses that accept nothing are elements of sets in an nftables table of our own";
constexpr std::string_view no_bfd_process =
    "BFD sessions are the failover worker's; what is said of it with vrrp_ counts for them";

constexpr Line lines[] = {
    {"/", "namespace_with_ipsets", own_table},
    {"global_defs", "vrrp_ipsets", own_table},
    {"global_defs", "nftables_ifindex",
     "link-local addresses are kept by the number of their interface in any case"},
    {"global_defs", "max_auto_priority", real_time},
    {"global_defs", "min_auto_priority_delay", real_time},
    {"global_defs", "random_seed",
     "every random number has the kernel's seed; in keepalived this word has no effect either"},
    {"global_defs", "vrrp_rx_bufs_multiplier", buffers},
    {"global_defs", "bfd_process_name", no_bfd_process},
    {"global_defs", "bfd_priority", no_bfd_process},
    {"global_defs", "bfd_no_swap", no_bfd_process},
    {"global_defs", "bfd_rt_priority", no_bfd_process},
    {"global_defs", "bfd_cpu_affinity", no_bfd_process},
    {"global_defs", "bfd_rlimit_rttime", no_bfd_process},
    {"global_defs", "bfd_rlimit_rtime", no_bfd_process},
    {"vrrp_instance", "debug", "the reason of every decision is in the log and in `standfast status`"},
};

}  // namespace

std::string_view without_effect(std::string_view block, std::string_view keyword) {
  const auto found = std::ranges::find_if(
      lines, [&](const Line& line) { return line.block == block && line.keyword == keyword; });
  return found == std::end(lines) ? std::string_view() : found->why;
}

std::size_t without_effect_count() { return std::size(lines); }

}  // namespace config
