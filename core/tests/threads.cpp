// Several threads at once, and a child after a fork.
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "tests.h"

namespace tests {

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
