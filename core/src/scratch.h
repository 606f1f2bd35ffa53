// Working memory of one call, kept by the calling thread between calls.
#pragma once

#include <cstddef>

namespace elman {

// Whole large pages inside this memory, not touched yet, are to become such:
// one fault then brings 2 MiB instead of 4 KiB, and one entry of the
// translation cache covers them.
void prefer_large_pages(void* memory, std::size_t bytes);

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
