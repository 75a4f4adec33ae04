// The balancer worker: health checks and the data plane, in a process of its own so that nothing of it can make an advert late.
// Finds its task and its sockets in inherited descriptors (runtime/messages.hpp). Returns the exit status.
#pragma once

namespace runtime {

int run_balancer_worker();

}  // namespace runtime
