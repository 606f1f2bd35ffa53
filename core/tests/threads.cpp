// Several threads at once, and a child after a fork.
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "../src/threads/allowance.h"
#include "tests.h"

namespace tests {

void allowance() {
  constexpr Nanoseconds kCall = 1'000'000, kLost = 2 * Allowance::kPatience;
  constexpr double kSaved = 1;
  Allowance a;
  Nanoseconds now = 0;
  const auto call = [&](int threads, Nanoseconds took, Nanoseconds waited) {
    a.tell(threads, now += took, took, waited, kSaved);
  };
  for (int i = 0; i < 100; ++i) call(8, kCall, kCall / 3);
  expect(!a.limits(8) && a.of(8, now) == 8, "allowance: waiting that is outweighed");
  for (int i = 0; i < 20; ++i) call(8, kCall, i % 4 ? 0 : kCall);
  expect(!a.limits(8), "allowance: held up now and then");
  expect(!a.exceeded(kLost, kLost / 2, kSaved) && a.exceeded(kLost, kLost, kSaved),
         "allowance: when to give up");
  call(8, kLost, kLost);
  expect(a.limits(8) && a.of(8, now) == 4 && a.of(3, now) == 3, "allowance: half as many");
  call(8, kLost, kLost);
  expect(a.of(8, now) == 4, "allowance: what was still under way does not count twice");
  call(4, kLost, kLost);
  call(2, kLost, kLost);
  expect(a.of(8, now) == 1 && !a.limits(1), "allowance: down to one");
  const Nanoseconds rest = Allowance::kRest;
  expect(a.of(8, now + rest - 1) == 1, "allowance: not tried again too soon");
  expect(a.of(8, now += rest) == 2, "allowance: tried again");
  call(2, kLost, kLost);
  expect(a.of(8, now) == 1 && a.of(8, now + rest) == 1, "allowance: in vain, so for longer");
  expect(a.of(8, now += 2 * rest) == 2, "allowance: tried after longer");
  for (int threads = 2; threads < 8; threads *= 2) {
    call(threads, kCall, 0);
    now += Allowance::kLongestRest;
    expect(a.of(8, now) == 2 * threads, "allowance: more again");
  }
  expect(!a.limits(8), "allowance: as many as asked for");
  call(8, kLost, kLost);
  now += Allowance::kLongestRest;
  expect(a.of(8, now) == 8, "allowance: after a while as the first time");
  now += Allowance::kLongestRest;
  call(8, kLost, kLost);
  expect(a.of(8, now + rest) == 8, "allowance: after a good time not for longer");
  Allowance slow;  // little at a time
  for (int i = 0; i < 100; ++i) slow.tell(2, now, kCall, kCall, kSaved);
  expect(slow.limits(2), "allowance: losses add up");
}

void given_up() {
  for (const Kind& kind : kKinds)
    for (const long batch : {1l, 5l}) {
      Problem<float> p(kind.cell, kind.act, 30, batch, 5, 33, kind.projects ? 20 : 0, batch > 1,
                       false, 4);
      const std::vector<float> expected = solve(p, 1);
      give_up_at_meetings(true);
      for (int i = 0; i < 5; ++i)
        expect(same_bits(expected, solve(p, 4)), p.name() + ": given up and begun again");
      give_up_at_meetings(false);
    }
}

void threads_at_once() {
  Problem<float> p(Cell::lstm, Activation::tanh, 12, 6, 4, 20, 0, true, false, 3);
  const std::vector<float> expected = solve(p, 1);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      Problem<float> own(Cell::lstm, Activation::tanh, 12, 6, 4, 20, 0, true, false, 3);
      for (int k = 0; k < 20; ++k) wrong[i] += !same_bits(expected, solve(own, 2));
    });
  for (std::thread& t : threads) t.join();
  for (int w : wrong) expect(w == 0, "several threads at once");
}

void after_a_fork() {
#if !defined(__SANITIZE_THREAD__)
  Problem<float> p(Cell::gru, Activation::tanh, 8, 6, 4, 20, 0, false, false, 3);
  const std::vector<float> expected = solve(p, 3);
  const pid_t child = fork();
  if (child == 0) _exit(same_bits(expected, solve(p, 3)) ? 0 : 1);
  int status = -1;
  waitpid(child, &status, 0);
  expect(status == 0, "after a fork");
#endif
}

}  // namespace tests
