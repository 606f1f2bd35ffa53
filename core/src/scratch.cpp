#include "scratch.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace elman {
namespace {

// Under the address sanitizer every piece of working memory has forbidden bytes behind
// it, as memory of its own would have.
#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t kForbidden = 64;
void forbid(void* p, std::size_t n) { ASAN_POISON_MEMORY_REGION(p, n); }
void allow(void* p, std::size_t n) { ASAN_UNPOISON_MEMORY_REGION(p, n); }
#else
constexpr std::size_t kForbidden = 0;
void forbid(void*, std::size_t) {}
void allow(void*, std::size_t) {}
#endif

constexpr std::size_t kPage = 4096, kLargePage = std::size_t(2) << 20;

constexpr std::size_t kKept = std::size_t(64) << 20;  // more goes back to the system

struct Block {
  Block* next;
  std::size_t size;
};

// One block is kept; a call that outgrows it chains more, and the next call
// starts with one block of their total size.
struct Arena {
  Block* first = nullptr;
  std::size_t used = 0, total = 0;
  bool busy = false;

  ~Arena() { clear(); }
  void clear() {
    while (first) {
      Block* next = first->next;
      allow(first, first->size);
      std::free(first);
      first = next;
    }
    used = total = 0;
  }
  void add(std::size_t n) {
    if (n > SIZE_MAX / 2) throw std::bad_alloc();
    const std::size_t page = n < kLargePage ? kPage : kLargePage;
    const std::size_t size = (n + 64 + page - 1) / page * page;
    Block* b = static_cast<Block*>(std::aligned_alloc(page, size));
    if (!b) throw std::bad_alloc();
    prefer_large_pages(b, size);
    *b = {first, size};
    first = b;
    used = 64;
    total += size;
    forbid(reinterpret_cast<char*>(b) + 64, size - 64);
  }
};

thread_local Arena arena;

// ELMAN_POISON=1 fills working memory with NaN, so that a test sees what
// nobody wrote.
const bool poison = [] {
  const char* wish = std::getenv("ELMAN_POISON");
  return wish && *wish && *wish != '0';
}();

}  // namespace

void prefer_large_pages(void* memory, std::size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  const auto first = reinterpret_cast<std::uintptr_t>(memory);
  const auto from = (first + kLargePage - 1) / kLargePage * kLargePage;
  const auto to = (first + bytes) / kLargePage * kLargePage;
  // A wish: refused, everything works as before.
  if (from < to) madvise(reinterpret_cast<void*>(from), to - from, MADV_HUGEPAGE);
#else
  (void)memory, (void)bytes;
#endif
}

Scratch::Scratch() : arena_(&arena) {
  if (arena.busy) throw std::bad_alloc();  // one call at a time on a thread
  arena.busy = true;
}

Scratch::~Scratch() {
  Arena& a = *static_cast<Arena*>(arena_);
  a.busy = false;
  a.used = 64;
  if (a.first) forbid(reinterpret_cast<char*>(a.first) + 64, a.first->size - 64);
  if (a.total > kKept) a.clear();
  else if (a.first && a.first->next) {
    const std::size_t total = a.total;
    a.clear();
    try {
      a.add(total);
    } catch (const std::bad_alloc&) {
      // The next call will ask again.
    }
  }
}

void* Scratch::bytes(std::size_t n) {
  Arena& a = *static_cast<Arena*>(arena_);
  const std::size_t asked = n;
  n = (n + 63) / 64 * 64 + kForbidden;
  if (!a.first || a.used + n > a.first->size) a.add(n);
  void* p = reinterpret_cast<char*>(a.first) + a.used;
  a.used += n;
  allow(p, asked);
  if (poison) std::memset(p, 0xff, asked);
  return p;
}

}  // namespace elman
