// The table of one instruction set.

// A call that its threads give up begins again with fewer: it reads nothing it has written.
template <class Run, class Arguments>
void carry_out(const Arguments& a) {
  int threads = Run(a).run();
  if (!threads) return;
  Arguments fewer = a;
  do {
    fewer.shape.threads = threads;
    threads = Run(fewer).run();
  } while (threads);
}

template <class T>
void forward_of(const GraphForward<T>& a) {
  if (a.single) carry_out<GraphStepRun<Vec<T>>>(a);
  else carry_out<GraphForwardRun<Vec<T>>>(a);
}
template <class T>
void backward_of(const GraphBackward<T>& a) { carry_out<GraphBackwardRun<Vec<T>>>(a); }

// Nothing but multiply-and-add in registers, for measuring what the machine can do, in as
// many sums as a tile has: returns how many operations one thread made.
template <class T>
double peak_of(long rounds) {
  using V = Vec<T>;
  constexpr int N = ELMAN_ACCUMULATORS;
  V acc[N];
  for (int i = 0; i < N; ++i) acc[i] = V::all(T(i));
  const V a = V::all(T(0.9)), b = V::all(T(0.1));
  for (long k = 0; k < rounds; ++k) {
    ELMAN_UNROLL(32)
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

#define ELMAN_KERNELS                                                                     \
  {                                                                                       \
    kIsa, forward_of<float>, forward_of<double>, backward_of<float>, backward_of<double>, \
        peak_of<float>, peak_of<double>, draw_bytes, any_compiled                         \
  }
