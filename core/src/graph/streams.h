// What an elementwise cell leaves of a step, where it all is more than the last cache
// holds: written here first, then past the caches, so that no line is read from memory only
// to be overwritten, and the step after reads the states from the first cache.

template <class V>
class Streams {
  using T = typename V::T;
  static constexpr long kLine = 64 / long(sizeof(T)), kPadding = 16;

 public:
  // Whether that is done: rows have to be whole lines of 64 bytes.
  static bool wanted(const GraphForward<T>& f) {
    const Program& g = *f.program;
    const Shape& s = f.shape;
    long vectors = 1;
    if (f.save) vectors += g.saved + g.states - 1;
    if (!g.elementwise || s.steps * s.batch * s.hidden * vectors * long(sizeof(T)) < far_bytes)
      return false;
    bool lines = s.hidden % kLine == 0 && f.y_step % kLine == 0 && f.y_row % kLine == 0 &&
                 begins_line(f.y);
    if (f.save && g.saved) lines = lines && begins_line(f.saved);
    for (int j = 1; f.save && j < g.states; ++j) lines = lines && begins_line(f.tracks[j]);
    return lines;
  }

  // `rows` that each of the threads works on at once.
  void prepare(Scratch& scratch, const Program& g, const Shape& s, bool save, long rows,
               int threads) {
    states_ = g.states, batch_ = s.batch, rows_ = rows;
    stride_ = s.hidden + kPadding;
    saved_stride_ = (save ? g.saved : 0) * s.hidden + kPadding;
    state_ = take<T>(scratch, 2 * states_ * batch_ * stride_);
    saved_ = take<T>(scratch, threads * rows * saved_stride_);
  }

  // State j of row b after step s, and what the i-th row of a thread saves.
  T* state(int j, long s, long b) const {
    return state_ + (((s & 1) * states_ + j) * batch_ + b) * stride_;
  }
  T* saved(int id, long i) const { return saved_ + (id * rows_ + i) * saved_stride_; }

  static void write(const T* from, T* to, Range units) {
    for (long u = units.first; u < units.last; u += V::width) V::load(from + u).stream(to + u);
  }

 private:
  static bool begins_line(const T* p) { return reinterpret_cast<std::uintptr_t>(p) % 64 == 0; }

  int states_ = 0;
  long batch_ = 0, rows_ = 0, stride_ = 0, saved_stride_ = 0;
  T *state_ = nullptr, *saved_ = nullptr;
};
