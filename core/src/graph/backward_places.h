// Where the vectors of every row lie in the backward pass, from step to step.

template <class V>
class GraphBackwardPlaces : protected GraphPass<V> {
  using Base = GraphPass<V>;

 protected:
  using typename Base::Local;
  using typename Base::T;
  using Base::g_, Base::H_, Base::local_, Base::n_, Base::projects_, Base::rows_, Base::s_,
      Base::scratch_, Base::sums_, Base::zero_;

  struct Own {
    const T** after;  // the slots' gradients of the step after
    const T** dy;
    const T** dg;
    T** dx;
    T** total;        // the gradients of state 0 where it is projected
    T** sums;         // of the slots' gradients, where they are added up at once
    const T** x;
    T* near;          // the slots' gradients of the rows that are worked on
    Around<T> around[2];  // without and with a step to come
    long *row, *length;  // of a block
  };

  explicit GraphBackwardPlaces(const GraphBackward<T>& f)
      : Base(*f.program, f.shape, true, f.projection),
        f_(f),
        past_{f, zero_},
        width_((H_ > s_.output ? H_ : s_.output) + Ring<T>::kPadding) {}

  // Memory for chunks of so many steps and rows. With `place` each thread has the slots'
  // gradients of so many rows at a time; without, of all. `columns`: of each row's sums,
  // the units' if these are wanted, then those of the slots.
  void make_places(long steps, long rows, bool units, long columns, const long* place,
                   long together) {
    const long B = s_.batch;
    const bool at_once = columns > g_.units;
    if (projects_) raw_ = take<T>(scratch_, B * H_);
    if (!at_once)
      dg_ = ring<T>(scratch_, place ? steps : steps + 1, place ? n_ * together : B, g_.slots * H_);
    dg_.place = place;
    units_stride_ = columns * H_ + Ring<T>::kPadding;
    units_ = units || at_once ? zeros<T>(scratch_, B * units_stride_) : nullptr;
    dstates_ = take<T>(scratch_, 2 * g_.states * B * width_);
    this->make_local(rows_, f_.units);
    for (int i = 0; i < n_ && !units; ++i) local_[i].place[g_.unit_sums()] = nullptr;
    this->make_masks(f_.masks);
    own_ = take<Own>(scratch_, n_);
    far_ = zeros<long>(scratch_, 2 * (2 + g_.states));
    const long earlier = s_.reverse ? 1 : -1;
    long* const by = far_ + 2 + g_.states;
    by[0] = f_.dy ? earlier * f_.dy_step : 0;
    for (int j = 0; j < g_.states; ++j) by[1 + j] = earlier * (j ? B * H_ : f_.y_step);
    by[1 + g_.states] = earlier * B * g_.saved * H_;
    for (int i = 0; i < n_; ++i) {
      Own& o = own_[i];
      o.after = take<const T*>(scratch_, rows_);
      o.dy = take<const T*>(scratch_, rows_);
      o.dg = take<const T*>(scratch_, rows);
      o.dx = take<T*>(scratch_, rows);
      o.total = take<T*>(scratch_, projects_ ? rows_ : 0);
      o.row = take<long>(scratch_, rows_);
      o.length = take<long>(scratch_, rows_);
      o.sums = at_once ? take<T*>(scratch_, rows_) : nullptr;
      o.x = take<const T*>(scratch_, at_once ? rows_ : 0);
      for (int more = 0; more < 2; ++more)
        o.around[more] = {o.dy, o.x, o.sums, s_.input, far_ + more * (2 + g_.states)};
      const long few = this->together(local_[i].units);
      near_stride_ = g_.slots * H_ + Ring<T>::kPadding;
      o.near = take<T>(scratch_, at_once ? (few < rows_ ? few : rows_) * near_stride_ : 0);
    }
  }

  // The gradient of state i that step s leaves to the one before it; s = T: to the last.
  T* dstate(int i, long s, long b) const {
    return dstates_ + (((s & 1) * g_.states + i) * s_.batch + b) * width_;
  }

  // Where the vectors of n rows lie at step s, where they had those of the step after.
  void move_on(int id, const Mine& mine, long n, long s) {
    Local& l = local_[id];
    Own& o = own_[id];
    const long earlier = s_.reverse ? 1 : -1, other = s & 1 ? 1 : -1, B = s_.batch;
    T** const slots = l.place[kSlots];
    for (long i = 0; i < n; ++i) o.after[i] = slots[i];
    Base::move(slots, n, dg_.step(s) - dg_.step(s + 1));
    if (this->frame_stride_ > Base::kPadding)
      Base::move(l.place[kFrame], n, other * B * this->frame_stride_);
    if (g_.saved) Base::move(l.place[kSaved], n, earlier * B * g_.saved * H_);
    if (sums_) Base::move(l.place[kSums], n, other * B * this->sums_stride_);
    for (int j = 0; j < g_.states; ++j) {
      T **const before = l.place[kBefore + j], **const now = l.place[g_.after(j)];
      const bool projected = projects_ && !j;
      if (projected) Base::move(now, n, earlier * B * H_);
      for (long i = 0; !projected && i < n; ++i) now[i] = before[i];
      if (s) Base::move(before, n, earlier * (j ? B * H_ : f_.y_step));
      for (long i = 0; !s && i < n; ++i)
        before[i] = const_cast<T*>(past_.before(j, 0, 0, mine.row[i]));
      if (!projected) std::swap(l.place[g_.dstate(j)], l.place[g_.passed(j)]);
    }
    this->move_masks(l, mine, n, s, earlier);
    for (long i = 0; g_.rows && i < n; ++i) l.saved_scalars[i] += earlier * B * g_.rows;
    for (long i = 0; f_.dy && i < n; ++i) o.dy[i] += earlier * f_.dy_step;
  }

  // Where the vectors of rows first..n-1 lie at step s.
  void lay_out(int id, const Mine& mine, long first, long n, long s) {
    Local& l = local_[id];
    const Range units = l.units;
    for (long k = first; k < n; ++k) {
      const long b = mine.row[k], t = time_of(s_, s, mine.length[k]);
      l.place[kSlots][k] = own_[id].sums ? own_[id].near + k * near_stride_ : dg_.at(s, b);
      l.place[kFrame][k] = this->frame_row(s, b);
      l.place[kSaved][k] = const_cast<T*>(g_.saved ? past_.saved(0, t, b) : nullptr);
      l.place[kSums][k] = sums_ ? this->sums_row(s, b) : nullptr;
      T* const sums = units_ ? units_ + b * units_stride_ : nullptr;
      if (l.place[g_.unit_sums()]) l.place[g_.unit_sums()][k] = sums;
      if (own_[id].sums) own_[id].sums[k] = sums + g_.units * H_, own_[id].x[k] = past_.input(t, b);
      for (int j = 0; j < g_.states; ++j) {
        l.place[kBefore + j][k] = const_cast<T*>(past_.before(j, s, t, b));
        l.place[g_.after(j)][k] = const_cast<T*>(past_.left(j, t, b));
        l.place[g_.dstate(j)][k] = projects_ && !j ? raw_ + b * H_ : dstate(j, s + 1, b);
        l.place[g_.passed(j)][k] = dstate(j, s, b);
      }
      for (int j = 0; j < g_.masks; ++j)
        l.place[g_.mask(j)][k] = this->mask_row(j, t, b, units);
      l.scalars[k] = l.row_scalars + k * sums_;
      l.saved_scalars[k] = g_.rows ? f_.rows + (t * s_.batch + b) * g_.rows : nullptr;
      own_[id].dy[k] = f_.dy ? f_.dy + t * f_.dy_step + b * f_.dy_row : zero_;
    }
  }

  // What the step will read of what forward saved, where it lies in one piece.
  Memory saved(const Mine& mine, long s) const {
    if (s < 0 || s_.lengths || !mine.count) return {};
    const long t = time_of(s_, s, s_.steps), b = mine.row[0];
    if (g_.saved)
      return {past_.saved(0, t, b), mine.count * g_.saved * H_ * long(sizeof(T))};
    if (f_.y_row != H_) return {};
    return {past_.left(0, t, b), mine.count * H_ * long(sizeof(T))};
  }

  const GraphBackward<T>& f_;
  const GraphPast<T> past_;
  const long width_;
  long units_stride_ = 0, near_stride_ = 0;
  Ring<T> dg_{};
  T *dstates_, *raw_ = nullptr;
  T* units_;  // gradients of units, and of slots, added up over steps, of each row
  Own* own_;
  long* far_;  // how far away what another step reads lies: none, the step to come
};
