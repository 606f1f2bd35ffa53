// Where the time of a training step goes in the core alone, and what the
// machine could do at most. docs/core.md, "What bounds each point", is its
// output and explains it. core_bench [threads [seconds a row]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bench.h"
#include "elman/core.h"

using namespace bench;

namespace {

constexpr Size kSizes[] = {{32, 100, 64, 64},    {32, 100, 64, 128},  {64, 100, 128, 256},
                           {64, 50, 512, 512},   {128, 100, 64, 64},  {1, 200, 64, 128},
                           {20, 35, 192, 192},   {20, 35, 640, 640}};
struct Named {
  Kind kind;
  const char* name;
  long gates, saved;  // products' gates; numbers kept a unit and step, y among them
};
constexpr Named kCells[] = {
    {Kind::rnn, "RNN", 1, 1}, {Kind::gru, "GRU", 3, 5}, {Kind::lstm, "LSTM", 4, 6}};

struct Roofs {
  double peak;  // of one thread while all run
  double first, second, third, memory;
  Caches size;

  // Bytes a second of what is read again and again, together so many bytes.
  double rate(double bytes) const {
    return bytes <= double(size.first) ? first : bytes <= double(size.second) ? second : third;
  }
};

double peak(int threads) {
  return together(threads, 0.3, [](int) { return elman::burn(false, 50000, 1); });
}

void print_rate(const char* what, const char* unit, double alone, double each) {
  std::printf("%-44s %8.1f %8.1f  %s\n", what, alone / 1e9, each / 1e9, unit);
}

Roofs roofs(int threads) {
  Roofs r{};
  r.size = caches();
  if (!r.size.first) r.size.first = 32 << 10;
  if (!r.size.second) r.size.second = 512 << 10;
  std::printf("%-44s %8s %8s\n", "Roofs, for each thread", "alone", "together");
  r.peak = peak(threads);
  print_rate("multiply-and-add in registers", "GFLOP/s", peak(1), r.peak);
  char what[64];
  auto read = [&](const char* name, long bytes) {
    std::snprintf(what, sizeof what, "read again and again, %ld kB (%s)", bytes >> 10, name);
    const double alone = read_rate(bytes, 1, 0.3), each = read_rate(bytes, threads, 0.3);
    print_rate(what, "GB/s", alone, each);
    return each;
  };
  r.first = read("first cache", r.size.first / 2);
  r.second = read("second", r.size.second / 2);
  r.third = read("third", 4 * r.size.second);
  r.memory = read("memory", std::max(r.size.third, 64L << 20));
  for (const long depth : {64, 128, 256, 512})
    for (const bool outer : {false, true}) {
      std::snprintf(what, sizeof what, "%s, depth %ld", outer ? "outer_tile" : "tile", depth);
      const auto rate = outer ? outer_rate : tile_rate;
      print_rate(what, "GFLOP/s", rate(depth, 1, 0.2), rate(depth, threads, 0.2));
    }
  for (const Named& c : kCells) {
    const Pointwise one = pointwise(c.kind, 1, 0.2), all = pointwise(c.kind, threads, 0.2);
    std::snprintf(what, sizeof what, "%s step alone, its adjoint below", c.name);
    print_rate(what, "units/ns", 1 / one.step, 1 / all.step);
    print_rate("", "units/ns", 1 / one.adjoint, 1 / all.adjoint);
  }
  return r;
}

void row(const Named& c, const Size& z, const Roofs& r, const Pointwise& alone, int threads,
         double seconds) {
  const Times t = measure(c.kind, z, threads, seconds);
  const Use use = use_of(c.kind, z, threads);
  const double n = use.threads;
  const double from_input = 2.0 * double(z.steps * z.batch * c.gates * z.hidden * z.input);
  const double from_state = 2.0 * double(z.steps * z.batch * c.gates * z.hidden * z.hidden);
  const double total = 3 * (from_input + from_state);
  auto share = [&](double work, double time) { return 100 * work / n / time / r.peak; };

  // The least time: products and gates use the same units, memory waits beside them.
  const double products = total / n / r.peak;
  const double gates = double(z.steps * z.batch * z.hidden) / n * (alone.step + alone.adjoint);
  const double weights = 4.0 * double(c.gates * z.hidden * z.hidden) / (use.rows ? 1 : n);
  const double kept = 4.0 * double(z.steps * z.batch * z.hidden * c.saved) / n;
  const double fetched = 2 * (double(z.steps) * weights / r.rate(weights) + kept / r.rate(kept));
  const double bound = std::max(products + gates, fetched);

  std::printf("%-4s %3ld x %3ld, %3ld -> %3ld %5.0f %5.0f (%2.0f) %5.0f (%2.0f) %5.0f %5.0f (%2.0f)"
              " %7.2f %5.0f %5.0f | %5.2f %5.2f %5.2f %5.0f\n",
              c.name, z.batch, z.steps, z.input, z.hidden, share(from_input, t.inputs),
              share(from_state, t.steps), 100 * t.step / t.steps, share(from_state, t.back),
              100 * t.adjoint / t.back, share(from_input, t.input_gradients),
              share(from_input + from_state, t.weights), 100 * t.gather / t.weights,
              1e3 * (t.forward + t.backward), total / (t.forward + t.backward) / 1e9,
              100 * total / threads / (t.forward + t.backward) / r.peak, 1e3 * products,
              1e3 * gates, 1e3 * fetched,
              100 * total / threads / bound / r.peak);
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** argument) {
  const int threads = count > 1 ? std::max(1, std::atoi(argument[1])) : 2;
  const double seconds = count > 2 ? std::atof(argument[2]) : 0.5;
  std::printf("%s, %d threads, float32\n\n", elman::isa(), threads);
  if (std::strcmp(elman::isa(), pieces_set()) != 0)
    std::printf("(tile, outer_tile and the cells alone: %s)\n", pieces_set());
  const Roofs r = roofs(threads);
  std::printf("\nShares of the peak, per cent; in brackets the gates' part of the steps' time, and"
              "\nof the weights' time that of packing. After the bar, milliseconds the step would"
              "\ntake at the roofs above: products, gates, memory; and the share of the peak that"
              "\nthe larger of products + gates and memory allows.\n\n"
              "%-25s inputs steps      back        dx weights         ms GF/s  peak | least time"
              "   allows\n", "");
  for (const Named& c : kCells) {
    const Pointwise alone = pointwise(c.kind, threads, 0.2);
    for (const Size& z : kSizes) row(c, z, r, alone, threads, seconds);
  }
}
