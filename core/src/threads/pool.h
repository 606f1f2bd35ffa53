// The core's own threads. A second OpenMP runtime in the process would have
// its idle threads spin against torch's.
#pragma once

namespace elman {

// A call's claim on helpers, borrowed or the core's own. At most `wanted`
// threads including the caller; fewer when another call is using the core's
// own: results do not depend on it.
class Claim {
 public:
  explicit Claim(int wanted);
  ~Claim();
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  int size() const { return size_; }
  // Runs work(context, i) for i in 0..size-1, 0 on the calling thread.
  void run(void (*work)(void*, int), void* context);

 private:
  int size_;
  bool borrowed_, owns_;
};

// Tells the processor that a thread waits.
inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace elman
