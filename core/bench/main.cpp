// Where the time of a training step goes in the core alone, and what the
// machine could do at most. docs/core.md, "What bounds each point", is its
// output and explains it. core_bench [threads [seconds a row]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

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

// Operations, bytes or units a nanosecond that one thread makes.
struct Roof {
  char what[48];
  const char* unit;
  double alone, together;  // of one thread, and of each while all run
};
enum { kPeak, kFirst, kSecond, kThird, kMemory, kTiles, kCellsAt = kTiles + 8 };
using Roofs = std::vector<Roof>;

Caches known_caches() {
  Caches c = caches();
  if (!c.first) c.first = 32 << 10;
  if (!c.second) c.second = 512 << 10;
  return c;
}

Roofs roofs(int threads) {
  const Caches size = known_caches();
  Roofs all;
  auto add = [&](const char* what, const char* unit, auto rate) {
    Roof r{{}, unit, rate(1) / 1e9, rate(threads) / 1e9};
    std::snprintf(r.what, sizeof r.what, "%s", what);
    all.push_back(r);
  };
  char what[48];
  add("multiply-and-add in registers", "GFLOP/s", [](int n) {
    return together(n, 0.2, [](int) { return elman::burn(false, 50000, 1); });
  });
  auto read = [&](const char* name, long bytes) {
    std::snprintf(what, sizeof what, "read again and again, %ld kB (%s)", bytes >> 10, name);
    add(what, "GB/s", [&](int n) { return read_rate(bytes, n, 0.2); });
  };
  read("first cache", size.first / 2);
  read("second", size.second / 2);
  read("third", 4 * size.second);
  read("memory", std::max(size.third, 64L << 20));
  for (const long depth : {64, 128, 256, 512})
    for (const bool outer : {false, true}) {
      std::snprintf(what, sizeof what, "%s, depth %ld", outer ? "outer_tile" : "tile", depth);
      add(what, "GFLOP/s", [&](int n) { return (outer ? outer_rate : tile_rate)(depth, n, 0.15); });
    }
  for (const Named& c : kCells)
    for (const bool adjoint : {false, true}) {
      std::snprintf(what, sizeof what, "%s, %s alone", c.name, adjoint ? "adjoint" : "step");
      add(what, "units/ns", [&](int n) {
        const Pointwise p = pointwise(c.kind, n, 0.1);
        return 1 / (adjoint ? p.adjoint : p.step);
      });
    }
  return all;
}

// The better of two measurements of each.
void improve(Roofs& all, const Roofs& again) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].alone = std::max(all[i].alone, again[i].alone);
    all[i].together = std::max(all[i].together, again[i].together);
  }
}

// Seconds to read what is read again and again, together so many bytes.
double reading(const Roofs& r, double bytes) {
  const Caches size = known_caches();
  const int from = bytes <= double(size.first) ? kFirst : bytes <= double(size.second) ? kSecond
                                                                                        : kThird;
  return bytes / r[from].together / 1e9;
}

void row(int cell, const Size& z, const Times& t, const Roofs& r, int threads) {
  const Named& c = kCells[cell];
  const Use use = use_of(c.kind, z, threads);
  const double peak = r[kPeak].together * 1e9;
  const double step = 1e-9 / r[std::size_t(kCellsAt + 2 * cell)].together;
  const double adjoint = 1e-9 / r[std::size_t(kCellsAt + 2 * cell + 1)].together;
  const double n = use.threads;
  const double from_input = 2.0 * double(z.steps * z.batch * c.gates * z.hidden * z.input);
  const double from_state = 2.0 * double(z.steps * z.batch * c.gates * z.hidden * z.hidden);
  const double total = 3 * (from_input + from_state);
  auto share = [&](double work, double time) { return 100 * work / n / time / peak; };

  // The least time: products and gates use the same units, memory waits beside them.
  const double products = total / n / peak;
  const double gates = double(z.steps * z.batch * z.hidden) / n * (step + adjoint);
  const double weights = 4.0 * double(c.gates * z.hidden * z.hidden) / (use.rows ? 1 : n);
  const double kept = 4.0 * double(z.steps * z.batch * z.hidden * c.saved) / n;
  const double fetched = 2 * (double(z.steps) * reading(r, weights) + reading(r, kept));
  const double bound = std::max(products + gates, fetched);

  std::printf("%-4s %3ld x %3ld, %3ld -> %3ld %5.0f %5.0f (%2.0f) %5.0f (%2.0f) %5.0f %5.0f (%2.0f)"
              " %7.2f %5.0f %5.0f | %5.0f %6.0f | %5.2f %5.2f %5.2f %5.0f\n",
              c.name, z.batch, z.steps, z.input, z.hidden, share(from_input, t.inputs),
              share(from_state, t.steps), 100 * t.step / t.steps, share(from_state, t.back),
              100 * t.adjoint / t.back, share(from_input, t.input_gradients),
              share(from_input + from_state, t.weights), 100 * t.gather / t.weights,
              1e3 * (t.forward + t.backward), total / (t.forward + t.backward) / 1e9,
              100 * total / threads / (t.forward + t.backward) / peak, 100 * t.peak / peak,
              100 * t.of_peak, 1e3 * products,
              1e3 * gates, 1e3 * fetched,
              100 * total / threads / bound / peak);
}

}  // namespace

int main(int count, char** argument) {
  const int threads = count > 1 ? std::max(1, std::atoi(argument[1])) : 2;
  const double seconds = count > 2 ? std::atof(argument[2]) : 0.5;
  std::printf("%s, %d threads, float32\n\n", elman::isa(), threads);
  if (std::strcmp(elman::isa(), pieces_set()) != 0)
    std::printf("(tile, outer_tile and the cells alone: %s)\n", pieces_set());
  // Roofs before and after: neighbours may have part of a core for seconds.
  Roofs r = roofs(threads);
  std::vector<Times> times;
  for (const Named& c : kCells)
    for (const Size& z : kSizes) times.push_back(measure(c.kind, z, threads, seconds));
  improve(r, roofs(threads));

  std::printf("%-44s %8s %8s\n", "Roofs, for each thread", "alone", "together");
  for (const Roof& roof : r)
    std::printf("%-44s %8.1f %8.1f  %s\n", roof.what, roof.alone, roof.together, roof.unit);
  std::printf("\nShares of the peak, per cent; in brackets the gates' part of the steps' time, and"
              "\nof the weights' time that of packing. ms, GF/s and peak: of the best tenth of all"
              "\ncalls. now: what the processors had to give meanwhile, in per cent of the peak;"
              "\nof it: the share of that which the middle call made. Least time: milliseconds at"
              "\nthe roofs above for products, gates and memory, and the share of the peak that the"
              "\nlarger of products + gates and memory allows.\n\n"
              "%-25s inputs steps      back        dx weights         ms GF/s  peak |   now  of it"
              " | least time   allows\n", "");
  auto t = times.begin();
  for (int cell = 0; cell < 3; ++cell)
    for (const Size& z : kSizes) row(cell, z, *t++, r, threads);
}
