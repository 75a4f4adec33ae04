#include "track/delayed.hpp"

namespace track {

bool Delayed::observe(core::Time now, bool value) {
  if (!believed_) return force(value);
  if (value == *believed_) {
    due_.reset();
    return false;
  }
  if (!due_) due_ = now + (value ? delays_.up : delays_.down);
  return handle_timeout(now);
}

bool Delayed::handle_timeout(core::Time now) {
  if (!due_ || now < *due_) return false;
  return force(!*believed_);
}

bool Delayed::force(bool value) {
  due_.reset();
  const bool changed = believed_ != value;
  believed_ = value;
  return changed;
}

}  // namespace track
