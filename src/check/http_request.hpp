// The request of HTTP_GET and SSL_GET as octets. HTTP/1.0 and 1.1, one request a connection.
#pragma once

#include <string>
#include <string_view>

#include "check/config.hpp"

namespace check {

/// The host in the Host header: as configured, else "10.0.0.1:80", "[2001:db8::1]:80".
std::string http_host(const Url& url, const Target& target);

/// `authorization`: the value of that header, empty for none.
std::string http_request(const Http& http, const Url& url, const Target& target,
                         std::string_view authorization);

/// RFC 7617: "Basic …".
std::string basic_authorization(std::string_view user, std::string_view password);

}  // namespace check
