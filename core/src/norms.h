// Norms of the states' gradients, from sums of squares a vector of units: neighbours
// first, so that neither the panels nor a vector's width show in the bits.

template <class V>
class Norms {
  using T = typename V::T;
  static constexpr long W = V::width, kTogether = 64 / (W * long(sizeof(T)));

 public:
  // Of chunks of at most `steps` steps.
  void prepare(Scratch& scratch, long steps, long batch, long units) {
    batch_ = batch;
    vectors_ = (units + W - 1) / W;
    parts_ = take<T>(scratch, steps * batch * vectors_);
  }

  // Units u0..u1-1 of row b at a step of the chunk; u0 begins a vector.
  void add(long step_in_chunk, long b, const T* dh, long u0, long u1) const {
    T* part = parts_ + (step_in_chunk * batch_ + b) * vectors_;
    for (long u = u0; u < u1; u += W) {
      const V v = V::load(dh + u, V::lanes(u1 - u));
      T lane[W];
      (v * v).store(lane);
      part[u / W] = pairwise(lane, W);
    }
  }

  // To norms[t][b], of rows [r.first, r.last) of a thread's.
  void write(const Shape& s, const Mine& mine, Range r, long s0, long s1, T* norms) const {
    for (long i = r.first; i < r.last; ++i)
      for (long at = s0; at < s1 && at < mine.length[i]; ++at)
        norms[time_of(s, at, mine.length[i]) * batch_ + mine.row[i]] =
            total(parts_ + ((at - s0) * batch_ + mine.row[i]) * vectors_);
  }

 private:
  static T pairwise(T* terms, long n) {
    for (; n > 1; n /= 2)
      for (long k = 0; k < n / 2; ++k) terms[k] = terms[2 * k] + terms[2 * k + 1];
    return terms[0];
  }
  T total(const T* part) const {
    T sum = 0;
    for (long k = 0; k < vectors_; k += kTogether) {
      T terms[kTogether];
      for (long j = 0; j < kTogether; ++j) terms[j] = k + j < vectors_ ? part[k + j] : T(0);
      sum += pairwise(terms, kTogether);
    }
    return T(__builtin_sqrt(sum));
  }

  long batch_, vectors_;
  T* parts_ = nullptr;
};
