// How a call's work is shared.

// rows: each thread takes rows of the batch through the whole sequence, and
// never waits. units: too few rows, so each takes hidden units, and all meet
// at every step. solo: a step is shorter than a meeting; only the products
// over many steps are shared.
enum class Split { rows, units, solo };

struct Range {
  long first, last;
};

inline Range slice(long n, int i, int of) { return {n * i / of, n * (i + 1) / of}; }

struct Sharing {
  Split split;
  int threads;
};

// Recurrent weights that no second cache holds come from further away at every
// step: better each thread fetches half of them for all rows than all of them
// for half the rows, where those are few. In bytes, and rows a thread.
constexpr long kFarWeights = 1500000, kFewRows = 16;

inline Sharing share(const Shape& s, int gates, long number) {
  const long step = s.batch * gates * s.hidden * s.output;
  const long call = (step + s.batch * gates * s.hidden * s.input) * s.steps;
  int n = s.threads < 1 ? 1 : s.threads;
  if (worth_sharing.call > 0) {
    const long most = call / worth_sharing.call + 1;
    if (n > most) n = int(most);
  }
  if (n == 1) return {Split::rows, 1};
  const bool far = gates * s.hidden * s.output * number > kFarWeights && s.batch <= kFewRows * n;
  if (s.batch >= n && !far) return {Split::rows, n};
  return {step >= worth_sharing.step ? Split::units : Split::solo, n};
}

// The rows a thread takes: neighbours when all are equally long, every n-th
// when not, so that each gets its share of short ones.
struct Mine {
  long* row;
  long* length;
  long count;
};

inline Mine my_rows(const Plan& plan, const Shape& s, Split split, int id, int threads,
                    long* row, long* length) {
  long n = 0;
  const bool all = split != Split::rows;
  const Range range = all ? Range{0, s.batch} : slice(s.batch, id, threads);
  const bool interleave = !all && s.lengths;
  for (long i = interleave ? id : range.first; i < (interleave ? s.batch : range.last);
       i += interleave ? threads : 1) {
    row[n] = plan.row[i];
    length[n++] = plan.length[i];
  }
  return {row, length, n};
}

// Where step s of a row of the given length is in time.
inline long time_of(const Shape& shape, long s, long length) {
  return shape.reverse ? length - 1 - s : s;
}

template <class T>
T* take(Scratch& scratch, long n) {
  return static_cast<T*>(scratch.bytes(std::size_t(n > 0 ? n : 1) * sizeof(T)));
}
template <class T>
T* zeros(Scratch& scratch, long n) {
  T* p = take<T>(scratch, n);
  for (long i = 0; i < n; ++i) p[i] = T(0);
  return p;
}
