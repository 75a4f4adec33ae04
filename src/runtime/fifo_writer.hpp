// One named pipe: made, owned, written to without ever waiting for a reader, kept in place when somebody removes it, taken away
// at the end if it was ours; and the program that reads it, started and started again. What the pipe does not take waits in a
// FifoBacklog. Lives in the notifier process.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "notify/event.hpp"
#include "notify/fifo_backlog.hpp"
#include "runtime/fd.hpp"
#include "runtime/messages.hpp"
#include "runtime/watched_script.hpp"

namespace runtime {

class FifoWriter {
 public:
  struct Observer {
    std::function<void(engine::action::Notice::Level, std::string)> say;
    std::function<void(std::string path)> made;
  };

  /// `ours`: the process before this one made the pipe, so it is ours to remove.
  FifoWriter(boost::asio::io_context& io, FifoTask task, bool ours, Observer observer);
  ~FifoWriter();
  FifoWriter(const FifoWriter&) = delete;
  FifoWriter& operator=(const FifoWriter&) = delete;

  const FifoTask& task() const { return task_; }
  void write(const notify::Event& event);
  /// No more lines will come: the pipe closes once it is read empty, and its reader sees the end.
  void finish();
  bool finished() const { return finishing_ && !pipe_ && !reader_.running(); }
  /// The reader had its time.
  void end_reader();
  /// To be asked when a reload drops it: removes the pipe, ends the reader.
  void give_up();

 private:
  bool open();
  core::Result<> make();
  core::Result<> check() const;
  bool still_in_place() const;
  void flush();
  void await_room();
  void retry_later();
  void complain(const std::string& text);
  void start_reader();
  void reader_ended(const WatchedScript::Ended& ended);
  void close_when_read();
  void close();

  boost::asio::io_context& io_;
  FifoTask task_;
  Observer observer_;
  bool ours_;
  bool finishing_ = false;
  Fd pipe_;
  std::unique_ptr<boost::asio::posix::stream_descriptor> room_;
  bool waiting_ = false;
  boost::asio::steady_timer retry_, reader_pause_, emptying_;
  WatchedScript reader_;
  core::Duration reader_delay_{};
  core::Time reader_started_{};
  notify::FifoBacklog backlog_;
  std::string line_;  // being written, from offset_ on
  std::size_t offset_ = 0;
  std::string complaint_;  // said already
  bool overflow_said_ = false;
};

}  // namespace runtime
