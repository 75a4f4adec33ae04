// A notifier: the process that tells FIFOs and owner hooks, or a mail server, or webhooks what happened. One process each, so
// that none of them, however slow, can cost the others or a worker anything. It reads events (notify::Event, a datagram each)
// from a socket that the failover worker inherits, and takes its task from the supervisor. When the supervisor says so, or is
// gone, it ends: what is under way may still finish, for a bounded time.
#pragma once

namespace runtime {

/// With the descriptors of messages.hpp. Returns the exit status for the process.
int run_notifier();

}  // namespace runtime
