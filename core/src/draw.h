// Numbers drawn at random: Philox4x32 with seven rounds (Salmon, Moraes, Dror and Shaw,
// "Parallel random numbers: as easy as 1, 2, 3", 2011). A number depends on the key and
// its place alone, so any part can be drawn by any thread on any instruction set.

struct Philox {
  static constexpr int kLanes = 16, kWords = 4;
  std::uint32_t word[kWords][kLanes];

  // What sixteen counters, the first of them `counter`, give under a key.
  ELMAN_INLINE Philox(std::uint64_t key, std::uint64_t counter) {
    for (int l = 0; l < kLanes; ++l) {
      const std::uint64_t c = counter + std::uint64_t(l);
      word[0][l] = std::uint32_t(c);
      word[1][l] = std::uint32_t(c >> 32);
      word[2][l] = word[3][l] = 0;
    }
    std::uint32_t k0 = std::uint32_t(key), k1 = std::uint32_t(key >> 32);
    for (int round = 0; round < 7; ++round, k0 += 0x9e3779b9u, k1 += 0xbb67ae85u)
      for (int l = 0; l < kLanes; ++l) {
        const std::uint64_t a = std::uint64_t(0xd2511f53u) * word[0][l];
        const std::uint64_t b = std::uint64_t(0xcd9e8d57u) * word[2][l];
        const std::uint32_t second = word[1][l], fourth = word[3][l];
        word[0][l] = std::uint32_t(b >> 32) ^ second ^ k0;
        word[1][l] = std::uint32_t(b);
        word[2][l] = std::uint32_t(a >> 32) ^ fourth ^ k1;
        word[3][l] = std::uint32_t(a);
      }
  }
};

// 1 with this probability, else 0: of each block of 64 numbers 16 by the first words of
// its counters, 16 by the second ones, and so on. `first` is where a block begins.
inline void draw_bytes(std::uint64_t key, double probability, unsigned char* to, long first,
                       long last) {
  constexpr long kBlock = Philox::kLanes * Philox::kWords;
  const double scaled = probability * 4294967296.0;
  const bool all = scaled >= 4294967295.5;
  const std::uint32_t below = all || !(scaled > 0) ? 0 : std::uint32_t(scaled + 0.5);
  for (long at = first; at < last; at += kBlock) {
    const Philox drawn(key, std::uint64_t(at / kBlock) * Philox::kLanes);
    unsigned char block[kBlock];
    for (int w = 0; w < Philox::kWords; ++w)
      for (int l = 0; l < Philox::kLanes; ++l)
        block[w * Philox::kLanes + l] = all || drawn.word[w][l] < below;
    const long n = last - at < kBlock ? last - at : kBlock;
    __builtin_memcpy(to + at, block, std::size_t(n));
  }
}
