// Asks servers once, as a check::Checker wishes: start(), and the result comes later, from the loop, exactly once unless it was
// cancelled. Scripts of MISC_CHECK are run elsewhere (ProbeScripts). FILE_CHECK and BFD_CHECK ask nobody: there is nothing to start.
//
// One thread. Resources are bounded: a probe keeps a socket, a timer and a few kilobytes, whatever the server sends.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "check/config.hpp"
#include "check/probe_result.hpp"
#include "track/script.hpp"

namespace runtime {

/// One check of one server; the caller's number.
using ProbeId = std::uint64_t;

/// Runs the command of a MISC_CHECK; how it ended is told with ProbeHost::script_ended().
class ProbeScripts {
 public:
  virtual ~ProbeScripts() = default;
  virtual void run(ProbeId id) = 0;
  /// SIGTERM, or SIGKILL.
  virtual void end(ProbeId id, bool kill) = 0;
};

class ProbeHost {
 public:
  using Done = std::function<void(ProbeId, check::ProbeResult&&)>;

  /// `scripts` may be null, and outlives this object.
  ProbeHost(boost::asio::io_context& io, Done done, check::TlsConfig tls, ProbeScripts* scripts,
            std::uint64_t seed);
  ~ProbeHost();
  ProbeHost(const ProbeHost&) = delete;
  ProbeHost& operator=(const ProbeHost&) = delete;

  /// `part`: which page of an HTTP check. One probe of an id at a time; an older one is cancelled.
  void start(ProbeId id, std::shared_ptr<const check::Config> config, const check::Target& target,
             std::uint32_t part);
  /// Its result is thrown away; a script is made to end.
  void cancel(ProbeId id);
  /// Also forgets what was kept for it: a TLS session.
  void forget(ProbeId id);
  void script_ended(ProbeId id, const track::ScriptEnd& end);

  /// The SSL block of a new configuration; certificates are read anew in any case.
  void reload(check::TlsConfig tls);
  std::size_t running() const;

 private:
  struct Implementation;
  std::shared_ptr<Implementation> self_;
};

/// What the end of a MISC_CHECK's command means.
check::ProbeResult judge_script(const track::ScriptEnd& end, bool dynamic);

}  // namespace runtime
