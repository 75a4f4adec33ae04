// std::visit with one lambda an alternative.
#pragma once

namespace core {

template <class... Functions>
struct Overload : Functions... {
  using Functions::operator()...;
};

template <class... Functions>
Overload(Functions...) -> Overload<Functions...>;

}  // namespace core
