#include "runtime/control_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/fd.hpp"

namespace runtime {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Protocol = asio::local::stream_protocol;
using Stream = beast::basic_stream<Protocol>;

constexpr auto token = asio::as_tuple(asio::use_awaitable);  // errors are values here

core::Error failure(const std::string& path, std::string_view what, int code) {
  return {code, fmt::format("control socket {}: {}: {}", path, what, std::strerror(code))};
}

bool somebody_answers(const sockaddr_un& address) {
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int result = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address),
                               sizeof address);  // NOLINT: socket API
  return result == 0 || errno == EAGAIN;
}

core::Result<Fd> listening_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return std::unexpected(failure(path, "path", ENAMETOOLONG));
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (const auto slash = path.rfind('/'); slash != std::string::npos && slash > 0) {
    const std::string directory = path.substr(0, slash);
    const mode_t mask = ::umask(022);
    const int made = ::mkdir(directory.c_str(), 0755);
    const int code = errno;
    ::umask(mask);
    if (made != 0 && code != EEXIST) return std::unexpected(failure(path, "mkdir " + directory, code));
  }
  if (somebody_answers(address))
    return std::unexpected(failure(path, "another daemon answers there", EADDRINUSE));
  ::unlink(path.c_str());
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return std::unexpected(failure(path, "socket", errno));
  const mode_t mask = ::umask(0177);
  const int bound = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                           sizeof address);  // NOLINT: socket API
  const int code = errno;
  ::umask(mask);
  if (bound != 0) return std::unexpected(failure(path, "bind", code));
  if (::listen(socket.get(), 16) != 0) return std::unexpected(failure(path, "listen", errno));
  return socket;
}

ControlRequest to_request(const http::request<http::string_body>& message) {
  const std::string target(message.target());
  const auto mark = target.find('?');
  ControlRequest request;
  request.method = std::string(message.method_string());
  request.path = target.substr(0, mark);
  if (mark != std::string::npos) request.query = target.substr(mark + 1);
  request.accept = std::string(message[http::field::accept]);
  request.body = message.body();
  return request;
}

}  // namespace

struct ControlServer::State : std::enable_shared_from_this<State> {
  State(asio::io_context& io, std::string where, Handler does, const ControlLimits& limits_given)
      : context(io),
        acceptor(io),
        pause(io),
        path(std::move(where)),
        handler(std::move(does)),
        limits(limits_given) {}

  asio::io_context& context;
  Protocol::acceptor acceptor;
  asio::steady_timer pause;
  std::string path;
  Handler handler;
  ControlLimits limits;
  std::size_t connections = 0;
  bool closed = false;

  void accept() {
    acceptor.async_accept(
        [self = shared_from_this()](const boost::system::error_code& error, Protocol::socket socket) {
          if (self->closed) return;
          if (error) return self->accept_later();
          if (self->connections < self->limits.connections) self->serve(std::move(socket));
          self->accept();
        });
  }

  // Out of descriptors: the listener stays readable, so wait a little instead of spinning.
  void accept_later() {
    pause.expires_after(std::chrono::milliseconds(100));
    pause.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error && !self->closed) self->accept();
    });
  }

  void serve(Protocol::socket socket) {
    ++connections;
    asio::co_spawn(context, converse(shared_from_this(), Stream(std::move(socket))),
                   [self = shared_from_this()](const std::exception_ptr&) { --self->connections; });
  }

  // Named locals go into every awaited call: g++ 12 destroys temporaries among its arguments twice.
  static asio::awaitable<void> converse(std::shared_ptr<State> self, Stream stream) {
    beast::flat_buffer buffer;
    while (!self->closed) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(self->limits.body);
      parser.header_limit(8192);
      stream.expires_after(self->limits.idle);
      const auto [error, size] = co_await http::async_read(stream, buffer, parser, token);
      if (error) {
        ControlReply refusal{.status = 413, .body = "{\"error\": \"too long\"}\n"};
        if (error == http::error::body_limit) co_await answer(*self, stream, std::move(refusal), false);
        co_return;
      }
      const bool keep = parser.get().keep_alive();
      ControlRequest request = to_request(parser.get());
      ControlReply reply = co_await ask(self, std::move(request));
      if (self->closed) co_return;
      const bool sent = co_await answer(*self, stream, std::move(reply), keep);
      if (!sent || !keep) co_return;
    }
  }

  // The handler may answer at once, later, or never; the timer that both share ends the wait.
  static asio::awaitable<ControlReply> ask(std::shared_ptr<State> self, ControlRequest request) {
    struct Waiting {
      asio::steady_timer answered;
      std::optional<ControlReply> reply;
    };
    auto waiting = std::make_shared<Waiting>(
        Waiting{asio::steady_timer(self->context, self->limits.answer), std::nullopt});
    self->handler(std::move(request), [waiting](ControlReply reply) {
      if (waiting->reply) return;
      waiting->reply = std::move(reply);
      waiting->answered.cancel();
    });
    if (!waiting->reply) co_await waiting->answered.async_wait(token);
    if (!waiting->reply)
      co_return ControlReply{.status = 504, .body = "{\"error\": \"no answer in time\"}\n"};
    co_return std::move(*waiting->reply);
  }

  static asio::awaitable<bool> answer(State& self, Stream& stream, ControlReply reply, bool keep) {
    http::response<http::string_body> message;
    message.result(reply.status);
    message.version(11);
    message.keep_alive(keep);
    message.set(http::field::server, "standfast");
    message.set(http::field::content_type, reply.content_type);
    message.body() = std::move(reply.body);
    message.prepare_payload();
    stream.expires_after(self.limits.idle);
    const auto [error, size] = co_await http::async_write(stream, message, token);
    co_return !error;
  }
};

core::Result<std::unique_ptr<ControlServer>> ControlServer::open(asio::io_context& io,
                                                                 const std::string& path, Handler handler,
                                                                 const ControlLimits& limits) {
  auto socket = listening_socket(path);
  if (!socket) return std::unexpected(socket.error());
  auto state = std::make_shared<State>(io, path, std::move(handler), limits);
  boost::system::error_code error;
  state->acceptor.assign(Protocol(), socket->get(), error);
  if (error) return std::unexpected(failure(path, "assign", error.value()));
  socket->release();
  state->accept();
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(state)));
}

ControlServer::ControlServer(std::shared_ptr<State> state) : state_(std::move(state)) {}

ControlServer::~ControlServer() {
  state_->closed = true;
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  state_->pause.cancel();
  ::unlink(state_->path.c_str());
}

}  // namespace runtime
