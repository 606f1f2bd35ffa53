// How a program is run: tapes with places instead of spaces, and sweeps, each of
// which does for a few units at a time all that needs no other unit.
#include <algorithm>
#include <set>
#include <utility>

#include "program.h"

namespace elman::program {
namespace {

// Whether dense products, and no others, read this state before the step.
bool has_state_product(const Program& p, int state) {
  bool dense = false, blocks = false;
  for (const ProgramProduct& q : p.products)
    if (q.source == Source::before && q.index == state) (q.heads == 1 ? dense : blocks) = true;
  return dense && !blocks;
}

// Whether what is stored in a register by the last write before `end` is the constant 0.
bool is_zero(const Program& p, const Piece& piece, std::size_t end, int reg) {
  for (std::size_t i = end; i-- > 0;) {
    const Instruction& x = piece.code[i];
    const bool reads = x.op == int(Op::store) || x.op == int(Op::sum) || x.op == int(Op::set);
    if (reads || x.to != reg) continue;
    return x.op == int(Op::constant) && p.constants[std::size_t(x.a)] == 0;
  }
  return false;
}

// States of whose gradient nothing passes a step but through products: those sum from
// zero or dy, and no zeros need be stored and read again.
std::vector<bool> passing(const Program& p) {
  std::vector<bool> on(std::size_t(p.states), true);
  for (const Piece& piece : p.pieces[1])
    for (std::size_t i = 0; i < piece.code.size(); ++i) {
      const Instruction& x = piece.code[i];
      if (x.op == int(Op::store) && Space(x.a) == Space::dstate && has_state_product(p, x.b) &&
          is_zero(p, piece, i, x.to))
        on[std::size_t(x.b)] = false;
    }
  return on;
}

// Units whose gradients are loaded again in their step, where only their sum is kept:
// those have a column of the frame too, behind its others.
std::vector<int> loaded_again(const Program& p) {
  std::set<int> found;
  for (const Piece& piece : p.pieces[1])
    for (const Instruction& x : piece.code)
      if (x.op == int(Op::load) && Space(x.a) == Space::dslot && x.b >= p.slots)
        found.insert(x.b - p.slots);
  return {found.begin(), found.end()};
}
int again(const Program& p, int unit) {
  const auto at = std::find(p.read_again.begin(), p.read_again.end(), unit);
  return at == p.read_again.end() ? -1 : p.back_frame + int(at - p.read_again.begin());
}

// Where a LOAD or STORE finds its vector.
TapeStep placed(const Program& p, const Instruction& x, bool back) {
  TapeStep t{x.op, x.to, 0, x.b, 0};
  switch (Space(x.a)) {
    case Space::frame:
      t.a = back || x.b >= p.slots ? kFrame : kSlots;
      t.b = back || x.b < p.slots ? x.b : x.b - p.slots;
      return t;
    case Space::saved: t.a = kSaved; return t;
    case Space::dslot:
      if (x.b < p.slots) {
        t.a = kSlots;
      } else if (Op(x.op) == Op::load) {
        t.a = kFrame;
        t.b = again(p, x.b - p.slots);
      } else {
        t.op = int(Op::accumulate);
        t.a = p.unit_sums();
        t.b = x.b - p.slots;
      }
      return t;
    case Space::before: t.a = kBefore + x.b; break;
    case Space::after: t.a = p.after(x.b); break;
    case Space::mask: t.a = p.mask(x.b); break;
    case Space::dstate: t.a = Op(x.op) == Op::load ? p.dstate(x.b) : p.passed(x.b); break;
    default: t.a = -1; return t;  // a unit's, the same in every row
  }
  t.b = 0;
  return t;
}

// Without what nobody reads.
std::vector<TapeStep> alive(const std::vector<TapeStep>& code, int registers) {
  std::vector<TapeStep> kept;
  std::vector<bool> read(std::size_t(registers), false);
  for (std::size_t i = code.size(); i-- > 0;) {
    const TapeStep& s = code[i];
    const bool writes = s.op == int(Op::store) || s.op == int(Op::sum) ||
                        s.op == int(Op::set) || s.op == int(Op::accumulate);
    if (!writes && !read[std::size_t(s.to)]) continue;
    read[std::size_t(s.to)] = writes;
    if (s.op < int(Op::count) && kind(Op(s.op)).operands > 0)
      for (const int r : {s.a, s.b, s.c}) read[std::size_t(r)] = true;
    kept.push_back(s);
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

Tape tape(const Program& p, const Piece& piece, bool back) {
  Tape t{piece.registers, {}};
  for (const Instruction& x : piece.code) {
    const bool moves = x.op == int(Op::load) || x.op == int(Op::store);
    if (moves && Space(x.a) == Space::dstate && x.op == int(Op::store) &&
        !p.passes_on[std::size_t(x.b)])
      continue;
    TapeStep s = moves ? placed(p, x, back) : TapeStep{x.op, x.to, x.a, x.b, x.c};
    // a: this pass's or forward's
    if (x.op == int(Op::row)) s = {x.op, x.to, back && x.a < p.rows, x.a, 0};
    if (x.op == int(Op::row) && back && x.a >= p.rows) s.b -= p.rows;
    // What an operation does not take is no register's number.
    const int operands = kind(Op(x.op)).operands;
    if (operands == 1) s.b = s.c = s.a;
    if (operands == 2) s.c = s.a;
    t.code.push_back(s);
    if (s.op == int(Op::accumulate) && again(p, s.b) >= 0)
      t.code.push_back({int(Op::store), x.to, kFrame, again(p, s.b), 0});
  }
  t.code = alive(t.code, t.registers);
  if (!of_rows(piece)) t.code = fused(std::move(t.code));
  return t;
}

// Vectors that a sweep reads of other units, or that pieces write, by a number each.
class Grouping {
 public:
  Grouping(const Program& p, bool back) : p_(p), back_(back) {}

  std::vector<Sweep> sweeps() {
    if (back_) state_products();
    for (const Action& a : p_.actions[back_]) {
      if (a.what == Act::product) product(a);
      else if (a.what == Act::piece && of_rows(p_.pieces[back_][std::size_t(a.index)]))
        row(RowAct::scalars, a.index);
      else if (a.what == Act::piece) piece(a.index);
      else row(a.what == Act::total ? RowAct::total : RowAct::sum, a.index);
    }
    meetings();
    return all_;
  }

 private:
  int frame_token(int c) const { return c; }
  int slot_token(int s) const { return 10000 + s; }
  int state_token(int i) const { return 20000 + i; }
  int sum_token(int r) const { return 30000 + r; }

  // In backward the products of the states before the step after come first.
  void state_products() {
    all_.emplace_back();
    for (std::size_t k = 0; k < p_.products.size(); ++k) {
      const ProgramProduct& q = p_.products[k];
      if (q.source != Source::before) continue;
      if (q.heads == 1) {
        all_.back().products.push_back(int(k));
        all_.back().columns.push_back(-1);
      }
    }
    std::vector<Sweep> lone;
    for (std::size_t k = 0; k < p_.products.size(); ++k)
      if (p_.products[k].source == Source::before && p_.products[k].heads > 1) {
        Sweep s;
        s.lone = int(k);
        lone.push_back(s);
      }
    all_.insert(all_.begin(), lone.begin(), lone.end());
    open_ = true;
  }

  Sweep& fresh() {
    all_.emplace_back();
    open_ = true;
    return all_.back();
  }

  void product(const Action& a) {
    const ProgramProduct& q = p_.products[std::size_t(a.index)];
    if (q.heads > 1) {
      Sweep& s = fresh();
      s.lone = a.index;
      s.lone_column = a.column;
      open_ = false;
      return;
    }
    bool fits = open_ && !all_.empty() && all_.back().pieces.empty();
    if (fits)
      for (const int k : all_.back().products) {
        const ProgramProduct& other = p_.products[std::size_t(k)];
        // A source that a product of the same sweep still fills, or one result over another.
        if (!back_ && q.source == Source::frame && q.index >= other.first &&
            q.index < other.first + other.slots)
          fits = false;
      }
    if (fits && back_)
      for (const int c : all_.back().columns) fits = fits && c != a.column;
    Sweep& s = fits ? all_.back() : fresh();
    s.products.push_back(a.index);
    s.columns.push_back(a.column);
  }

  void piece(int k) {
    bool fits = open_ && !all_.empty();
    if (fits && !back_)
      for (const int q : all_.back().products)
        for (const int token : written(k))
          fits = fits && token != source_token(p_.products[std::size_t(q)]);
    Sweep& s = fits ? all_.back() : fresh();
    s.pieces.push_back(k);
  }

  void row(RowAct what, int k) {
    if (all_.empty() || all_.back().rows.empty()) all_.emplace_back();
    Sweep& s = all_.back();
    s.rows.push_back({what, k});
    std::set<int> left(s.scalars.begin(), s.scalars.end());
    if (what == RowAct::sum) left.insert(k);
    if (what == RowAct::total) left.insert(p_.totals[back_][std::size_t(k)].row);
    if (what == RowAct::scalars)
      for (const Instruction& x : p_.pieces[back_][std::size_t(k)].code)
        if (x.op == int(Op::set)) left.insert(x.a);
    s.scalars.assign(left.begin(), left.end());
    open_ = false;
  }

  int source_token(const ProgramProduct& q) const {
    if (q.source == Source::frame)
      return q.index < p_.slots ? slot_token(q.index) : frame_token(q.index);
    return state_token(q.index);
  }

  std::vector<int> written(int k) const {
    std::vector<int> out;
    for (const Instruction& x : p_.pieces[back_][std::size_t(k)].code) {
      if (x.op == int(Op::sum)) out.push_back(sum_token(x.a));
      if (x.op != int(Op::store)) continue;
      const Space s = Space(x.a);
      if (s == Space::frame) out.push_back(!back_ && x.b < p_.slots ? slot_token(x.b) : frame_token(x.b));
      if (s == Space::after) out.push_back(state_token(x.b));
      if (s == Space::dslot) out.push_back(slot_token(x.b));
    }
    return out;
  }

  std::vector<int> read_whole(const Sweep& s) const {
    std::vector<int> out;
    auto product = [&](int k) {
      const ProgramProduct& q = p_.products[std::size_t(k)];
      if (!back_) out.push_back(source_token(q));
      else
        for (int i = 0; i < q.slots; ++i) out.push_back(slot_token(q.first + i));
    };
    for (const int k : s.products) product(k);
    if (s.lone >= 0) product(s.lone);
    for (const RowStep& r : s.rows) {
      if (r.what == RowAct::sum) out.push_back(sum_token(r.index));
      if (r.what != RowAct::total) continue;
      const Total& t = p_.totals[back_][std::size_t(r.index)];
      for (const Vector& v : {t.a, t.b}) {
        const bool slot = v.space == Space::dslot ||
                          (v.space == Space::frame && !back_ && v.column < p_.slots);
        if (slot) out.push_back(slot_token(v.column));
        else if (v.space == Space::frame) out.push_back(frame_token(v.column));
        else if (v.space == Space::before || v.space == Space::after)
          out.push_back(state_token(v.column));
      }
    }
    return out;
  }

  // Threads that share units meet where one would read what another may still write, or
  // write what another may still read. Twice round: a step follows a step.
  void meetings() {
    std::set<int> dirty, busy;
    bool foreign = false;
    for (int round = 0; round < 2; ++round)
      for (Sweep& s : all_) {
        const std::vector<int> reads = read_whole(s);
        std::vector<int> writes;
        for (const int k : s.pieces)
          for (const int t : written(k)) writes.push_back(t);
        if (!back_)
          for (const int k : s.products)
            for (int i = 0; i < p_.products[std::size_t(k)].slots; ++i)
              writes.push_back(slot_token(p_.products[std::size_t(k)].first + i));
        if (back_)
          for (const int c : s.columns)
            if (c >= 0) writes.push_back(frame_token(c));
        if (back_ && s.lone_column >= 0) writes.push_back(frame_token(s.lone_column));
        bool meet = foreign || s.lone >= 0;
        for (const int t : reads) meet = meet || dirty.count(t);
        for (const int t : writes) meet = meet || busy.count(t);
        if (meet) dirty.clear(), busy.clear();
        s.meet = meet;
        foreign = s.lone >= 0;
        dirty.insert(writes.begin(), writes.end());
        busy.insert(reads.begin(), reads.end());
        // The next step has a frame, sums and slots of its own.
        if (&s == &all_.back()) busy.clear();
      }
  }

  const Program& p_;
  const bool back_;
  std::vector<Sweep> all_;
  bool open_ = false;  // whether pieces may join the last sweep
};

}  // namespace

void derive(Program& p) {
  p.passes_on = passing(p);
  p.read_again = loaded_again(p);
  p.elementwise = std::all_of(p.products.begin(), p.products.end(), [](const ProgramProduct& q) {
    return q.source == Source::input;
  });
  for (int back = 0; back < 2; ++back)
    for (const Action& a : p.actions[back])
      if (a.what != Act::piece) p.elementwise = false;
  for (int back = 0; back < 2; ++back) {
    for (const Piece& piece : p.pieces[back]) p.tapes[back].push_back(tape(p, piece, back));
    for (const Total& t : p.totals[back])
      for (const Vector& v : {t.a, t.b}) {
        const TapeStep s = placed(p, {int(Op::load), 0, int(v.space), v.column, 0}, back);
        p.total_places[back].push_back({s.a, s.b});
      }
    if (!p.actions[back].empty()) p.sweeps[back] = Grouping(p, back).sweeps();
  }
}

}  // namespace elman::program
