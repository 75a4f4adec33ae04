// OpenSSL, loaded when the first check over TLS needs it (runtime/library.hpp says why): its functions under their own names.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "core/result.hpp"

namespace runtime {

#define STANDFAST_OPENSSL(X)                \
  X(ASN1_TIME_diff)                         \
  X(CRYPTO_get_ex_new_index)                \
  X(ERR_clear_error)                        \
  X(ERR_peek_error)                         \
  X(ERR_peek_last_error)                    \
  X(ERR_reason_error_string)                \
  X(SSL_CTX_ctrl)                           \
  X(SSL_CTX_free)                           \
  X(SSL_CTX_load_verify_locations)          \
  X(SSL_CTX_new)                            \
  X(SSL_CTX_sess_set_new_cb)                \
  X(SSL_CTX_set_default_passwd_cb)          \
  X(SSL_CTX_set_default_passwd_cb_userdata) \
  X(SSL_CTX_set_default_verify_paths)       \
  X(SSL_CTX_set_options)                    \
  X(SSL_CTX_set_verify)                     \
  X(SSL_CTX_use_PrivateKey_file)            \
  X(SSL_CTX_use_certificate_chain_file)     \
  X(SSL_SESSION_free)                       \
  X(SSL_ctrl)                               \
  X(SSL_do_handshake)                       \
  X(SSL_free)                               \
  X(SSL_get0_param)                         \
  X(SSL_get0_peer_certificate)              \
  X(SSL_get_error)                          \
  X(SSL_get_ex_data)                        \
  X(SSL_get_verify_mode)                    \
  X(SSL_get_verify_result)                  \
  X(SSL_new)                                \
  X(SSL_read)                               \
  X(SSL_set1_host)                          \
  X(SSL_set_connect_state)                  \
  X(SSL_set_ex_data)                        \
  X(SSL_set_fd)                             \
  X(SSL_set_session)                        \
  X(SSL_set_shutdown)                       \
  X(SSL_shutdown)                           \
  X(SSL_write)                              \
  X(TLS_client_method)                      \
  X(X509_VERIFY_PARAM_set1_ip_asc)          \
  X(X509_VERIFY_PARAM_set_hostflags)        \
  X(X509_get0_notAfter)                     \
  X(X509_verify_cert_error_string)

struct OpenSsl {
#define STANDFAST_MEMBER(name) decltype(&::name) name = nullptr;
  STANDFAST_OPENSSL(STANDFAST_MEMBER)
#undef STANDFAST_MEMBER
};

/// Loads it if need be.
core::Result<> load_openssl();
/// After load_openssl() succeeded.
const OpenSsl& openssl();

}  // namespace runtime
