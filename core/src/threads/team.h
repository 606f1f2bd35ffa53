// The threads of a call: how many, where they meet, and what they make of having waited.
#pragma once

#include "allowance.h"
#include "pool.h"

namespace elman {

// How a call's work lies on its threads, and so which waiting is lost time.
enum class Load {
  even,    // all have as much to do: whoever waits loses time
  led,     // the caller does most, and the others wait for it as planned: its own waiting
  forced,  // as many threads as asked for, whatever they lose
};

class Team {
 public:
  explicit Team(int wanted, Load load = Load::even);
  int size() const { return claim_.size(); }
  // Runs work(context, i) for i in 0..size-1, 0 on the calling thread, and returns 0; or,
  // where the threads lost more by waiting for each other than they saved, gives up at one
  // of their meetings and returns with how many threads to begin again.
  int run(void (*work)(void*, int), void* context);
  // Where all threads of the team meet. Spins first: between two time steps there is less
  // work than a sleep costs. Throws where the call is given up.
  void meet();

 private:
  void wait_long(unsigned seen, bool first);
  Nanoseconds waited() const;
  double saved() const;

  Claim claim_;
  const Load load_;
  const void* const caller_;  // something that only the calling thread has
  Nanoseconds began_ = 0;
  alignas(64) int arrived_ = 0;
  alignas(64) unsigned generation_ = 0;
  alignas(64) Nanoseconds waited_ = 0;  // at meetings
};

}  // namespace elman
