// The keywords of checkers that are ours: requests other than a plain GET, TLS that looks at the certificate, Redis.
#pragma once

#include "config/drafts.hpp"
#include "config/schema_builder.hpp"

namespace config {

Rows<CheckerDraft> http_request_entries();
Rows<check::Url> url_request_entries();
Rows<CheckerDraft> tls_entries();
Rows<CheckerDraft> redis_entries();

}  // namespace config
