// Elman's network: h' = act(b + W_ih x + W_hh h). Nothing is saved: the
// derivative of each activation is a function of h' itself.

template <class V>
struct TanhActivation {
  static V value(V a) { return tanh(a); }
  static V backward(V y, V dy) { return fnma(y * y, dy, dy); }
};
template <class V>
struct ReluActivation {
  static V value(V a) { return max_nan(V::all(0), a); }
  static V backward(V y, V dy) { return unless_nonpositive(y, dy); }
};
template <class V>
struct SigmoidActivation {
  static V value(V a) { return sigmoid(a); }
  static V backward(V y, V dy) { return dy * (y * (V::all(1) - y)); }
};
template <class V>
struct IdentityActivation {
  static V value(V a) { return a; }
  static V backward(V, V dy) { return dy; }
};

template <class V>
struct SoftplusActivation {
  static V value(V a) { return softplus(a); }
  // Its derivative, the sigmoid of a, is 1 - e^(-y).
  static V backward(V y, V dy) { return dy * (V::all(0) - exp_less_one(V::all(0) - y)); }
};

template <class V, template <class> class A>
struct Rnn : CellDefaults {
  using T = typename V::T;
  static constexpr int slots = 1;  // pre-activations live in y until the step
  static constexpr int inputs[] = {0}, recurrents[] = {0};
  static constexpr int input_first = 0, input_count = 1;
  static constexpr int recurrent_first = 0, recurrent_count = 1;
  static constexpr bool saves = false;

  template <class M>
  static void step(const Row<T>& r, long j, long, M m) {
    A<V>::value(V::load(r.pre + j, m)).store(r.y + j, m);
  }
  template <class M>
  static void adjoint(const AdjointRow<T>& r, long j, long, M m) {
    A<V>::backward(V::load(r.y + j, m), V::load(r.dh + j, m)).store(r.dg + j, m);
  }
};
