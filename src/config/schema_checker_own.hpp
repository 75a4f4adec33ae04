// The keywords of checkers that are ours: requests other than a plain GET, TLS that looks at the certificate, Redis.
#pragma once

#include <vector>

#include "config/drafts.hpp"
#include "config/schema_builder.hpp"

namespace config {

std::vector<Entry<CheckerDraft>> http_request_entries();
std::vector<Entry<check::Url>> url_request_entries();
std::vector<Entry<CheckerDraft>> tls_entries();
std::vector<Entry<CheckerDraft>> redis_entries();

}  // namespace config
