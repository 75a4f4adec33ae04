// One page, fetched now by the probe of HTTP_GET and SSL_GET, whatever its status: what genhash needs. Waits until it is done.
#pragma once

#include <string>

#include "check/config.hpp"
#include "core/result.hpp"

namespace runtime {

struct FetchedPage {
  std::string digest;  // MD5 of the body, 32 hexadecimal digits
  std::uint16_t status = 0;
  std::string head, body;  // as far as they were wanted
};

/// The config's probe is check::Http with one url. At most `keep` octets of the body are kept.
core::Result<FetchedPage> fetch_page(const check::Config& config, const check::Target& target,
                                     std::size_t keep);

}  // namespace runtime
