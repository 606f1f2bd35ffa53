// From flat numbers to a program: the syntax. What it means is checked in check.cpp.
#include <stdexcept>
#include <string>

#include "program.h"

namespace elman {
namespace program {

void refuse(const std::string& what) { throw std::invalid_argument("cell program: " + what); }

long within(long value, long first, long last, const std::string& what) {
  if (value < first || value > last)
    refuse(what + " is " + std::to_string(value) + ", not in " + std::to_string(first) + ".." +
           std::to_string(last));
  return value;
}

namespace {

constexpr long kMost = 4096;           // of anything there may be many of
constexpr long kMostRegisters = 512;

class Reader {
 public:
  Reader(const std::int64_t* from, long count) : at_(from), end_(from + count) {}

  int next(long first, long last, const std::string& what) {
    if (at_ == end_) refuse("ends before " + what);
    const std::int64_t v = *at_++;
    if (v < first || v > last)
      refuse(what + " is " + std::to_string(v) + ", not in " + std::to_string(first) + ".." +
             std::to_string(last));
    return int(v);
  }
  int size(const std::string& what, long first = 0, long most = kMost) {
    return next(first, most, what);
  }
  void finish() const {
    if (at_ != end_) refuse(std::to_string(end_ - at_) + " numbers too many at the end");
  }

 private:
  const std::int64_t *at_, *end_;
};

// FNV-1a over all of the data.
std::uint64_t hash_of(const std::int64_t* integers, long count, const double* floats, long n) {
  std::uint64_t h = 14695981039346656037ull;
  auto add = [&](const void* p, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i)
      h = (h ^ static_cast<const unsigned char*>(p)[i]) * 1099511628211ull;
  };
  add(integers, std::size_t(count) * sizeof *integers);
  add(floats, std::size_t(n) * sizeof *floats);
  return h;
}

ProgramProduct read_product(Reader& in, const Program& p, const std::string& name) {
  ProgramProduct q{};
  q.weight = in.next(0, p.weights - 1, name + "its weight");
  q.source = Source(in.next(0, 3, name + "the kind of its source"));
  const bool state = q.source == Source::before || q.source == Source::after;
  const long most = state ? p.states : q.source == Source::frame ? p.frame : 1;
  q.index = in.next(0, most - 1, name + "its source");
  const bool kept = q.source == Source::frame;
  q.saved = in.next(-1, kept ? p.saved - 1 : -1, name + "its saved column");
  q.heads = in.size(name + "its number of heads", 1);
  if (q.source == Source::input && q.heads != 1) refuse(name + "heads of the input");
  q.first = in.next(0, p.slots - 1, name + "its first slot");
  q.slots = in.next(1, p.slots - q.first, name + "its number of slots");
  for (int k = 0; k < q.slots; ++k)
    q.gates.push_back(in.next(0, kMost - 1, name + "the row block of a slot"));
  std::vector<bool> used(std::size_t(q.slots), false);
  for (const int g : q.gates) {
    if (g >= q.slots) refuse(name + "row block " + std::to_string(g) + " of a weight of " +
                             std::to_string(q.slots));
    if (used[std::size_t(g)]) refuse(name + "row block " + std::to_string(g) + " twice");
    used[std::size_t(g)] = true;
  }
  return q;
}

Action read_action(Reader& in, const Program& p, bool back, int pieces, const std::string& name) {
  Action a{Act(in.next(0, 3, name + "its kind")), 0, -1};
  const int most = a.what == Act::product  ? int(p.products.size())
                   : a.what == Act::piece  ? pieces
                   : a.what == Act::total  ? int(kMost)
                   : back                  ? p.back_rows
                                           : p.rows;
  a.index = in.next(0, most - 1, name + "its number");
  if (back) {
    const bool to = a.what == Act::product;
    a.column = in.next(to ? 0 : -1, to ? p.back_frame - 1 : -1, name + "its column");
  }
  return a;
}

Piece read_piece(Reader& in, const std::string& name) {
  Piece piece{};
  piece.registers = in.size(name + "its number of registers", 0, kMostRegisters);
  const int n = in.size(name + "its number of instructions", 1, 16 * kMost);
  for (int i = 0; i < n; ++i) {
    const std::string at = name + "instruction " + std::to_string(i) + ": ";
    Instruction x{};
    x.op = in.next(0, int(Op::count) - 1, at + "its operation");
    x.to = in.next(0, piece.registers - 1, at + "its register");
    x.a = in.next(-1, kMost, at + "a");
    x.b = in.next(-1, kMost, at + "b");
    x.c = in.next(-1, kMost, at + "c");
    piece.code.push_back(x);
  }
  return piece;
}

Vector read_vector(Reader& in, const std::string& name) {
  Vector v{};
  v.space = Space(in.next(0, int(Space::count) - 1, name + "its space"));
  v.column = in.next(0, int(kMost) - 1, name + "its column");
  return v;
}

Total read_total(Reader& in, int rows, int known, const std::string& name) {
  Total t{};
  t.row = in.next(0, rows - 1, name + "its row scalar");
  t.kind = TotalKind(in.next(0, int(TotalKind::count) - 1, name + "its kind"));
  t.a = read_vector(in, name);
  t.b = t.a;
  if (t.kind == TotalKind::product) t.b = read_vector(in, name);
  t.other = -1;
  if (t.kind == TotalKind::spread) t.other = in.next(0, known + rows - 1, name + "what it takes off");
  return t;
}

}  // namespace
}  // namespace program

Program parse(const std::int64_t* integers, long count, const double* floats, long constants) {
  using namespace program;
  Reader in(integers, count);
  Program p{};
  const int version = in.next(kOldestProgramVersion, kProgramVersion, "the version");
  p.states = in.size("the number of states", 1, 64);
  p.slots = in.size("the number of slots");
  p.frame = in.size("the number of frame columns", p.slots);
  p.back_frame = in.size("the number of backward frame columns");
  p.saved = in.size("the number of saved columns");
  p.units = in.size("the number of units");
  p.masks = in.size("the number of masks");
  p.rows = in.size("the number of row scalars");
  p.back_rows = in.size("the number of backward row scalars");
  p.weights = in.size("the number of weights");
  const int held = in.size("the number of constants");
  if (held != constants)
    refuse(std::to_string(constants) + " constants for " + std::to_string(held));
  p.constants.assign(floats, floats + constants);
  const int products = in.size("the number of products");
  for (int k = 0; k < products; ++k)
    p.products.push_back(read_product(in, p, "product " + std::to_string(k) + ": "));
  // The pieces come last, so an action's piece is checked when they are known.
  for (int back = 0; back < 2; ++back) {
    const std::string pass = back ? "backward " : "forward ";
    const int n = in.size("the number of " + pass + "actions", back ? 0 : 1);
    for (int k = 0; k < n; ++k)
      p.actions[back].push_back(read_action(in, p, back, int(kMost),
                                            pass + "action " + std::to_string(k) + ": "));
  }
  for (int back = 0; back < 2; ++back) {
    const std::string pass = back ? "backward " : "forward ";
    const int n = in.size("the number of " + pass + "pieces");
    for (int k = 0; k < n; ++k)
      p.pieces[back].push_back(read_piece(in, pass + "piece " + std::to_string(k) + ": "));
  }
  for (int back = 0; back < 2 && version > 1; ++back) {
    const std::string pass = back ? "backward " : "forward ";
    const int n = in.size("the number of " + pass + "totals");
    for (int k = 0; k < n; ++k)
      p.totals[back].push_back(read_total(in, back ? p.back_rows : p.rows, back ? p.rows : 0,
                                          pass + "total " + std::to_string(k) + ": "));
  }
  in.finish();
  check(p);
  p.hash = hash_of(integers, count, floats, constants);
  derive(p);
  return p;
}

}  // namespace elman
