#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "elman/core.h"

namespace elman {

// Weights in forward's order, freed with the Python object. torch counts a
// tensor's changes, but not those made through .data, as many a soft update of
// a target network is; so some numbers of every weight are kept, and compared
// before the handle is used.
class PackedHandle {
 public:
  template <class T>
  PackedHandle(const Shape& s, const Weights<T>& w)
      : memory_(pack(s, w)), isa_(isa()), bytes_(sizeof(T)) {
    const long gates = s.cell == Cell::lstm ? 4 : s.cell == Cell::rnn ? 1 : 3;
    const long G = gates * s.hidden;
    const T* const part[] = {w.w_ih, w.w_hh, w.b_ih, w.b_hh, w.w_hr};
    const long size[] = {G * s.input, G * s.output, G, G, s.output * s.hidden};
    for (int k = 0; k < kParts; ++k)
      for (long i = 0; part[k] && size[k] && i < kSamples; ++i) {
        const long place = (size[k] - 1) * i / (kSamples - 1);
        samples_[k].push_back({place, bits(part[k][place])});
      }
  }
  ~PackedHandle() { release(memory_); }
  PackedHandle(const PackedHandle&) = delete;
  PackedHandle& operator=(const PackedHandle&) = delete;

  uintptr_t address() const { return reinterpret_cast<uintptr_t>(this); }
  // What to hand to forward: null if the weights are no longer these.
  template <class T>
  const void* if_fresh(const Weights<T>& w) const {
    if (isa_ != isa() || bytes_ != sizeof(T)) return nullptr;
    const T* const part[] = {w.w_ih, w.w_hh, w.b_ih, w.b_hh, w.w_hr};
    uint64_t changed = 0;
    for (int k = 0; k < kParts; ++k)
      for (const Sample& s : samples_[k]) changed |= bits(part[k][s.place]) ^ s.bits;
    return changed ? nullptr : memory_;
  }

 private:
  static constexpr int kParts = 5;
  static constexpr long kSamples = 48;
  struct Sample {
    long place;
    uint64_t bits;
  };
  template <class T>
  static uint64_t bits(T value) {
    uint64_t out = 0;
    std::memcpy(&out, &value, sizeof value);
    return out;
  }

  void* memory_;
  const char* isa_;
  std::size_t bytes_;
  std::vector<Sample> samples_[kParts];
};

}  // namespace elman
