// The small process that looks after what routers track: it runs scripts, reads files, counts processes and polls links, so
// that none of this can make an advert late. When and what it means is decided by the engine in the failover worker; the two
// talk over one SOCK_SEQPACKET socket (ToWatcher, FromWatcher). It starts with WatcherStarted and knows nothing before a Watch.
//
// Ends, and its scripts with it, when every other end of the socket is closed.
#pragma once

namespace runtime {

/// Descriptors it finds open when it starts; the second only if the daemon has joined a network namespace.
inline constexpr int watcher_socket_fd = 3;
inline constexpr int watcher_home_namespace_fd = 4;

/// Owns `socket`. Returns the exit status for the process.
int run_watcher(int socket);

}  // namespace runtime
