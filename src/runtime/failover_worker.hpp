// The failover worker's process: configuration from its descriptor, then the loop until the supervisor says stop or is gone.
#pragma once

namespace runtime {

/// The exit status: 0 after a stop, 1 if it could not start, 4 if a permission is missing. Descriptors: messages.hpp.
int run_failover_worker();

}  // namespace runtime
