// Numbers drawn at random: Philox4x32 with seven rounds (Salmon, Moraes, Dror and Shaw,
// "Parallel random numbers: as easy as 1, 2, 3", 2011). A number depends on the key and
// its place alone, so any part can be drawn by any thread on any instruction set.

struct Philox {
  static constexpr int kLanes = 64, kWords = 4;
  std::uint32_t word[kWords][kLanes];

  // What 64 counters, the first of them `counter`, give under a key. Arrays of their
  // own, in a loop that is not unrolled: gcc makes vectors of the lanes only so.
  ELMAN_INLINE Philox(std::uint64_t key, std::uint64_t counter) {
    std::uint32_t w0[kLanes], w1[kLanes], w2[kLanes], w3[kLanes];
    for (int l = 0; l < kLanes; ++l) {
      const std::uint64_t c = counter + std::uint64_t(l);
      w0[l] = std::uint32_t(c);
      w1[l] = std::uint32_t(c >> 32);
      w2[l] = w3[l] = 0;
    }
    std::uint32_t k0 = std::uint32_t(key), k1 = std::uint32_t(key >> 32);
    for (int round = 0; round < 7; ++round, k0 += 0x9e3779b9u, k1 += 0xbb67ae85u) {
      ELMAN_UNROLL(1)
      for (int l = 0; l < kLanes; ++l) {
        const std::uint64_t a = std::uint64_t(w0[l]) * 0xd2511f53u;
        const std::uint64_t b = std::uint64_t(w2[l]) * 0xcd9e8d57u;
        w0[l] = std::uint32_t(b >> 32) ^ w1[l] ^ k0;
        w1[l] = std::uint32_t(b);
        w2[l] = std::uint32_t(a >> 32) ^ w3[l] ^ k1;
        w3[l] = std::uint32_t(a);
      }
    }
    const std::uint32_t* const words[kWords] = {w0, w1, w2, w3};
    for (int w = 0; w < kWords; ++w) __builtin_memcpy(word[w], words[w], sizeof w0);
  }
};

// 1 with this probability, else 0: of each block of 256 numbers 64 by the first words of
// its counters, 64 by the second ones, and so on. `first` is where a block begins.
inline void draw_bytes(std::uint64_t key, double probability, unsigned char* to, long first,
                       long last) {
  constexpr long kBlock = Philox::kLanes * Philox::kWords;
  const double scaled = probability * 4294967296.0;
  if (scaled >= 4294967295.5) {
    for (long at = first; at < last; ++at) to[at] = 1;
    return;
  }
  const std::uint32_t below = scaled > 0 ? std::uint32_t(scaled + 0.5) : 0;
  for (long at = first; at < last; at += kBlock) {
    const Philox drawn(key, std::uint64_t(at / kBlock) * Philox::kLanes);
    unsigned char block[kBlock];
    for (int w = 0; w < Philox::kWords; ++w)
      ELMAN_UNROLL(1)
      for (int l = 0; l < Philox::kLanes; ++l)
        block[w * Philox::kLanes + l] = drawn.word[w][l] < below;
    const long n = last - at < kBlock ? last - at : kBlock;
    __builtin_memcpy(to + at, block, std::size_t(n));
  }
}
