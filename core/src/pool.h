// The core's own threads. A second OpenMP runtime in the process would have
// its idle threads spin against torch's.
#pragma once

namespace elman {

// Threads of one call meet here. Spins first: between two time steps there is
// less work than a sleep costs.
class Barrier {
 public:
  explicit Barrier(int threads) : threads_(threads) {}
  void wait();

 private:
  alignas(64) int arrived_ = 0;
  alignas(64) int generation_ = 0;
  int threads_;
};

// A call's claim on helpers, borrowed or the core's own. At most `wanted`
// threads including the caller; fewer when another call is using the core's
// own: results do not depend on it.
class Team {
 public:
  explicit Team(int wanted);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;
  int size() const { return size_; }
  // Runs work(context, i) for i in 0..size-1, 0 on the calling thread.
  void run(void (*work)(void*, int), void* context);

 private:
  int size_;
  bool borrowed_, owns_;
};

}  // namespace elman
