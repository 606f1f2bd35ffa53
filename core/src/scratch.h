// Working memory of one call, kept by the calling thread between calls.
#pragma once

#include <cstddef>

namespace elman {

class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  // 64-byte aligned, not initialised. Throws std::bad_alloc.
  void* bytes(std::size_t n);

 private:
  void* arena_;
};

}  // namespace elman
