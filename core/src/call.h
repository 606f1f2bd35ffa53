// What every pass over a sequence has: its threads, its memory, and how it is shared
// out among them.

class Call {
 protected:
  // `gates`: slots a step fills, each of `number` bytes a unit.
  Call(const Shape& s, int gates, long number) : Call(s, share(s, gates, number)) {}
  Call(const Shape& s, Sharing wanted)
      : s_(s),
        H_(s.hidden),
        team_(wanted.threads, wanted.split == Split::solo ? Load::led : Load::even),
        n_(team_.size()),
        split_(n_ == 1 ? Split::rows : wanted.split),
        plan_(make_plan(s, scratch_)) {}

  void meet() {
    if (n_ > 1) team_.meet();
  }
  void meet_if(bool b) {
    if (b) meet();
  }

  // The most rows a thread has.
  long most_rows() const {
    return split_ == Split::rows ? (s_.batch + n_ - 1) / n_ : s_.batch;
  }
  // Rows whose states a thread begins and ends with.
  Range rows_of(const Mine& mine, int id) const {
    return split_ == Split::rows ? Range{0, mine.count} : slice(mine.count, id, n_);
  }
  // Of so many panels, those a thread works on.
  Range share_of(long panels, int id) const {
    return split_ == Split::units ? slice(panels, id, n_) : Range{0, panels};
  }

  // Columns of plain panels: fewer where threads that share units would else have more
  // than others.
  template <class V>
  int columns_for(long units, long depth = 0) const {
    int columns = ELMAN_PLAIN_COLUMNS;
    // A single row's sums wait for themselves: twice as many of them, where the first
    // cache holds no good part of the matrix anyway.
    constexpr long kMuch = 128 * 1024;
    if (s_.batch == 1 && split_ != Split::units && units % (2 * columns * V::width) == 0 &&
        depth * units * long(sizeof(typename V::T)) >= kMuch)
      columns *= 2;
    if (split_ == Split::units)
      while (columns > 1 && most<V>(units, columns / 2) < most<V>(units, columns)) columns /= 2;
    return columns;
  }

  const Shape& s_;
  const long H_;
  Scratch scratch_;
  Team team_;
  const int n_;
  const Split split_;
  Plan plan_;

 private:
  // Vectors of the thread that has most of them.
  template <class V>
  long most(long units, int columns) const {
    const long per = columns * V::width, count = (units + per - 1) / per;
    return (count + n_ - 1) / n_ * columns;
  }
};

// How many steps make tiles full without leaving the second cache, where `row` is a
// row's bytes in a step.
inline long steps_of_chunk(long rows, long row, long longest) {
  const long row_bytes = row * (rows ? rows : 1);
  long steps = 96 / (rows ? rows : 1);
  if (steps * row_bytes > 768 * 1024) steps = 768 * 1024 / row_bytes;
  if (steps > longest) steps = longest;
  return steps < 1 ? 1 : steps;
}
