// The table of one instruction set: which class runs for which cell.

template <class T, template <class, class> class Run, class Arguments>
void run_cell(const Arguments& a) {
  using V = Vec<T>;
  switch (a.shape.cell) {
    case Cell::lstm: return Run<V, Lstm<V>>(a).run();
    case Cell::gru: return Run<V, Gru<V>>(a).run();
    case Cell::gru_reset_before: return Run<V, GruResetBefore<V>>(a).run();
    case Cell::rnn: break;
  }
  switch (a.shape.activation) {
    case Activation::tanh: return Run<V, Rnn<V, TanhActivation>>(a).run();
    case Activation::relu: return Run<V, Rnn<V, ReluActivation>>(a).run();
    case Activation::sigmoid: return Run<V, Rnn<V, SigmoidActivation>>(a).run();
    case Activation::identity: return Run<V, Rnn<V, IdentityActivation>>(a).run();
    case Activation::softplus: return Run<V, Rnn<V, SoftplusActivation>>(a).run();
  }
}

template <class T>
void forward_of(const Forward<T>& a) {
  if (a.single) run_cell<T, StepRun>(a);
  else run_cell<T, ForwardRun>(a);
}
template <class T>
void backward_of(const Backward<T>& a) { run_cell<T, BackwardRun>(a); }

template <class T>
void graph_forward_of(const GraphForward<T>& a) { GraphForwardRun<Vec<T>>(a).run(); }
template <class T>
void graph_backward_of(const GraphBackward<T>& a) { GraphBackwardRun<Vec<T>>(a).run(); }

// Nothing but multiply-and-add in registers, for measuring what the machine
// can do: returns how many operations one thread made.
template <class T>
double peak_of(long rounds) {
  using V = Vec<T>;
  constexpr int N = ELMAN_ACCUMULATORS / 2;
  V acc[N];
  for (int i = 0; i < N; ++i) acc[i] = V::all(T(i));
  const V a = V::all(T(0.9)), b = V::all(T(0.1));
  for (long k = 0; k < rounds; ++k) {
    ELMAN_UNROLL(16)
    for (int i = 0; i < N; ++i) acc[i] = fma(acc[i], a, b);
  }
  T lane[V::width];
  volatile T sink = 0;
  for (int i = 0; i < N; ++i) {
    acc[i].store(lane);
    sink = sink + lane[0];
  }
  return 2.0 * double(rounds) * N * V::width;
}

#define ELMAN_KERNELS                                                                        \
  {                                                                                          \
    kIsa, forward_of<float>, forward_of<double>, backward_of<float>, backward_of<double>,    \
        peak_of<float>, peak_of<double>, graph_forward_of<float>, graph_forward_of<double>,  \
        graph_backward_of<float>, graph_backward_of<double>, draw_bytes,                     \
        any_compiled                                                                         \
  }
