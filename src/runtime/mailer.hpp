// Alert mail: what happened becomes letters (notify/mail_text), not too many (notify/mail_pacing), that wait in files and are
// tried until they arrive (notify/delivery). Lives in a notifier process.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "notify/delivery.hpp"
#include "notify/mail_pacing.hpp"
#include "runtime/curl_loop.hpp"
#include "runtime/mail_spool.hpp"
#include "runtime/messages.hpp"

namespace runtime {

class Mailer {
 public:
  using Say = std::function<void(engine::action::Notice::Level, std::string)>;

  Mailer(boost::asio::io_context& io, const NotifierConfig& config, Say say);
  Mailer(const Mailer&) = delete;
  Mailer& operator=(const Mailer&) = delete;

  void hear(const notify::Event& event);
  void reconfigure(const NotifierConfig& config);
  /// What is held back goes out, and is tried; what does not arrive now waits in its file.
  void finish();
  bool at_rest() const;

 private:
  struct Waiting {
    StoredMail mail;
    std::string file;  // empty: could not be written
  };

  void adopt(const NotifierConfig& config);
  void resume();
  void write(const notify::MailPacing::Mail& mail);
  void queue(StoredMail mail, std::string file);
  void deliver(const notify::DeliveryEvent& event);
  void perform(const notify::DeliveryActions& actions);
  void attempt(std::uint64_t item);
  void attempted(std::uint64_t item, const TransferResult& result);
  void forget(const notify::delivery_action::Forget& forgotten);
  void save_states();
  void disk_trouble(const core::Error& error);
  void arm();

  boost::asio::io_context& io_;
  Say say_;
  notify::MailConfig config_;
  std::string node_, host_name_;
  MailSpool spool_;
  std::unique_ptr<CurlLoop> curl_;
  notify::MailPacing pacing_;
  notify::Delivery delivery_;
  std::map<std::uint64_t, Waiting> waiting_;
  std::uint64_t last_item_ = 0;
  boost::asio::steady_timer timer_, states_timer_;
  bool states_changed_ = false;
  bool trouble_said_ = false;
  bool disk_said_ = false;
};

}  // namespace runtime
