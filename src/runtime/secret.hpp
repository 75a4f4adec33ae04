// A secret as written in a configuration: the text itself, file:PATH, or credential:NAME of a service manager
// ($CREDENTIALS_DIRECTORY). Read when it is needed, so that whoever changes it need not reload us.
#pragma once

#include <string>

#include "core/result.hpp"

namespace runtime {

core::Result<std::string> read_secret(const std::string& written);

}  // namespace runtime
