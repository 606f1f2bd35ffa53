// After each of torch's parallel operations its OpenMP threads spin for a
// while, waiting for the next. A second pool on the same processors would wait
// behind them for a whole time slice. So the core runs on the very same
// threads: no second pool, and the next call finds them awake.
//
// The runtime is found at run time, among the libraries already loaded, since
// this extension must not bring one of its own.
#include "openmp.h"

#include "elman/core.h"

#if defined(__linux__)

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>

#include <atomic>
#include <cstring>
#include <string>

namespace elman {
namespace {

void (*gomp_parallel)(void (*)(void*), void*, unsigned, unsigned);
int (*thread_number)();
int (*thread_count)();
int (*in_parallel)();

// GNU OpenMP hangs in a forked child whose parent had used it.
std::atomic<bool> forked{false};

struct Job {
  void (*work)(void*, int);
  void* context;
  int threads;
  bool short_of_threads;
};

void part(void* data) {
  Job& job = *static_cast<Job*>(data);
  // Fewer threads than asked for cannot do it: some would wait for ever.
  if (thread_count() != job.threads) {
    if (thread_number() == 0) job.short_of_threads = true;
    return;
  }
  job.work(job.context, thread_number());
}

bool can(int) { return !forked.load(std::memory_order_relaxed) && !in_parallel(); }

bool run(int threads, void (*work)(void*, int), void* context) {
  Job job{work, context, threads, false};
  gomp_parallel(part, &job, unsigned(threads), 0);
  return !job.short_of_threads;
}

int look(dl_phdr_info* info, std::size_t, void* found) {
  const char* name = std::strrchr(info->dlpi_name, '/');
  if (!name || std::strncmp(name, "/libgomp", 8) != 0) return 0;
  *static_cast<std::string*>(found) = info->dlpi_name;
  return 1;
}

template <class F>
bool symbol(void* library, const char* name, F& function) {
  function = reinterpret_cast<F>(dlsym(library, name));
  return function;
}

}  // namespace

void borrow_openmp_threads() {
  if (gomp_parallel && in_parallel) return borrow_threads({can, run});
  std::string path;
  dl_iterate_phdr(look, &path);
  if (path.empty()) return;
  void* library = dlopen(path.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  if (!library) return;
  if (!symbol(library, "GOMP_parallel", gomp_parallel) ||
      !symbol(library, "omp_get_thread_num", thread_number) ||
      !symbol(library, "omp_get_num_threads", thread_count) ||
      !symbol(library, "omp_in_parallel", in_parallel))
    return;
  pthread_atfork(nullptr, nullptr, [] { forked.store(true); });
  borrow_threads({can, run});
}

}  // namespace elman

#else

namespace elman {
void borrow_openmp_threads() {}
}  // namespace elman

#endif
