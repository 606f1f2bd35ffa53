// What a program means: everything read has been written before, and everything
// that is to be written is, once.
#include <algorithm>

#include "program.h"

namespace elman::program {

const OpKind& kind(Op op) {
  static const OpKind kinds[] = {
      {"LOAD", 0},    {"STORE", 0},  {"CONST", 0}, {"WIDTH", 0}, {"ROW", 0},      {"SUM", 0},
      {"ADD", 2},     {"SUB", 2},    {"MUL", 2},   {"DIV", 2},   {"FMA", 3},      {"FNMA", 3},
      {"NEG", 1},     {"SIGMOID", 1}, {"TANH", 1}, {"RELU", 1},  {"SOFTPLUS", 1}, {"EXP", 1},
      {"LOG", 1},     {"SQRT", 1},   {"MAX", 2},   {"MIN", 2},   {"ABS", 1},      {"GREATER", 2},
      {"SELECT", 3},  {"STEP", 1},   {"SIGN", 1},  {"SIN", 1},   {"COS", 1},
      {"SET", 0}};
  return kinds[int(op)];
}

bool of_rows(const Piece& piece) {
  for (const Instruction& x : piece.code)
    if (x.op == int(Op::set)) return true;
  return false;
}

namespace {

const char* name_of(Space s) {
  static const char* const names[] = {"FRAME", "SAVED", "BEFORE", "AFTER",
                                      "UNIT",  "MASK",  "DSTATE", "DSLOT"};
  return names[int(s)];
}

class Checker {
 public:
  Checker(const Program& p, bool back)
      : p_(p), back_(back), frame_(std::size_t(back ? p.back_frame : p.frame), false),
        dslot_(std::size_t(p.slots + p.units), false), saved_(std::size_t(p.saved), false),
        state_(std::size_t(p.states), false),
        summed_(std::size_t(back ? p.back_rows : p.rows), false), reduced_(summed_),
        done_(p.products.size(), false), ran_(p.pieces[back].size(), false),
        totalled_(p.totals[back].size(), false),
        waiting_(std::size_t(p.slots), 0) {
    if (back) return;
    for (const ProgramProduct& q : p.products)
      for (int s = q.first; s < q.first + q.slots; ++s)
        waiting_[std::size_t(s)] += q.source != Source::input;
    // Slots start as their bias and what the input adds.
    std::fill(frame_.begin(), frame_.begin() + p.slots, true);
  }

  void run() {
    int k = 0;
    for (const Action& a : p_.actions[back_]) {
      at_ = pass() + "action " + std::to_string(k++) + ": ";
      if (a.what == Act::product) product(a);
      else if (a.what == Act::piece) piece(a.index);
      else if (a.what == Act::total) total(a.index);
      else reduce(a.index);
    }
    at_ = pass();
    all(ran_, "piece", "run");
    all(totalled_, "total", "made");
    all(summed_, "row scalar", "summed");
    all(reduced_, "row scalar", "reduced");
    all(state_, back_ ? "gradient of state" : "state", "stored");
    if (back_) all(dslot_, "DSLOT column", "stored");
    else all(saved_, "SAVED column", "stored");
    for (std::size_t q = 0; q < p_.products.size(); ++q)
      if (!done_[q] && wanted(p_.products[q]))
        refuse(at_ + "product " + std::to_string(q) + " is never made");
  }

 private:
  std::string pass() const { return back_ ? "backward " : "forward "; }

  // Whether a product is an action of this pass.
  bool wanted(const ProgramProduct& q) const {
    if (q.source == Source::input) return false;
    return !back_ || q.source != Source::before;
  }

  void all(const std::vector<bool>& done, const char* what, const char* how) const {
    for (std::size_t i = 0; i < done.size(); ++i)
      if (!done[i]) refuse(at_ + what + " " + std::to_string(i) + " is never " + how);
  }
  void once(std::vector<bool>& done, int i, const std::string& what) const {
    if (done[std::size_t(i)]) refuse(at_ + what + " " + std::to_string(i) + " twice");
    done[std::size_t(i)] = true;
  }

  void product(const Action& a) {
    const ProgramProduct& q = p_.products[std::size_t(a.index)];
    if (!wanted(q))
      refuse(at_ + "product " + std::to_string(a.index) + " is made by the core itself");
    once(done_, a.index, "product");
    if (back_) {
      for (int s = q.first; s < q.first + q.slots; ++s)
        if (!dslot_[std::size_t(s)])
          refuse(at_ + "the gradient of slot " + std::to_string(s) + " is not stored yet");
      frame_[std::size_t(a.column)] = true;
      return;
    }
    if (q.source == Source::after && !state_[std::size_t(q.index)])
      refuse(at_ + "state " + std::to_string(q.index) + " is not stored yet");
    if (q.source == Source::frame) complete(q.index);
    for (int s = q.first; s < q.first + q.slots; ++s) {
      if (stored_slot(s)) refuse(at_ + "slot " + std::to_string(s) + " holds another value");
      --waiting_[std::size_t(s)];
    }
    if (q.source == Source::frame && q.saved < 0 && p_.differentiable())
      refuse(at_ + "its source is not saved");
    if (q.source == Source::frame && q.index >= q.first && q.index < q.first + q.slots)
      refuse(at_ + "a slot multiplied into itself");
  }

  bool stored_slot(int s) const {
    return std::find(overwritten_.begin(), overwritten_.end(), s) != overwritten_.end();
  }

  // A frame column whose value is all there.
  void complete(int column) const {
    if (!frame_[std::size_t(column)])
      refuse(at_ + "column " + std::to_string(column) + " is not stored yet");
    if (!back_ && column < p_.slots && waiting_[std::size_t(column)] > 0)
      refuse(at_ + "a product of slot " + std::to_string(column) + " is still to come");
  }

  void reduce(int r) {
    if (!summed_[std::size_t(r)]) refuse(at_ + "row scalar " + std::to_string(r) + " has no sum yet");
    once(reduced_, r, "row scalar");
  }

  void total(int k) {
    if (k >= int(totalled_.size()))
      refuse(at_ + "total " + std::to_string(k) + " of " + std::to_string(totalled_.size()));
    once(totalled_, k, "total");
    const Total& t = p_.totals[back_][std::size_t(k)];
    for (const Vector& v : {t.a, t.b}) {
      // What is the same in every row, or may be written by the step before meanwhile.
      if (v.space == Space::unit || v.space == Space::dstate ||
          (v.space == Space::dslot && v.column >= p_.slots))
        refuse(at_ + "a total of " + name_of(v.space) + " " + std::to_string(v.column));
      load({int(Op::load), 0, int(v.space), v.column, 0});
    }
    if (t.kind == TotalKind::spread) row(t.other);
    once(summed_, t.row, "row scalar");
    reduced_[std::size_t(t.row)] = true;
  }

  int size_of(Space s) const {
    const int sizes[] = {back_ ? p_.back_frame : p_.frame, p_.saved, p_.states, p_.states,
                         p_.units, p_.masks, back_ ? p_.states : 0, back_ ? p_.slots + p_.units : 0};
    return sizes[int(s)];
  }

  // The number of a LOAD or STORE: of a space this pass has.
  Space place(const Instruction& x) const {
    if (x.a < 0 || x.a >= int(Space::count)) refuse(at_ + "unknown space " + std::to_string(x.a));
    const Space s = Space(x.a);
    if (x.b < 0 || x.b >= size_of(s))
      refuse(at_ + name_of(s) + " " + std::to_string(x.b) + " of " + std::to_string(size_of(s)));
    return s;
  }

  void piece(int k) {
    const std::string action = at_;
    if (k >= int(ran_.size()))
      refuse(at_ + "piece " + std::to_string(k) + " of " + std::to_string(ran_.size()));
    once(ran_, k, "piece");
    const Piece& piece = p_.pieces[back_][std::size_t(k)];
    std::vector<bool> held(std::size_t(piece.registers), false);
    bool stored = false;
    int i = 0;
    const bool scalars = of_rows(piece);
    // What this piece stores can be loaded from the next piece on.
    for (const Instruction& x : piece.code) {
      at_ = pass() + "piece " + std::to_string(k) + ": instruction " + std::to_string(i++) + ": " +
            kind(Op(x.op)).name + " ";
      if (scalars && (x.op == int(Op::load) || x.op == int(Op::store) || x.op == int(Op::sum)))
        refuse(at_ + "in a piece that sets row scalars");
      instruction(x, held, stored);
    }
    at_ = action;
  }

  void instruction(const Instruction& x, std::vector<bool>& held, bool& stored) {
    const Op op = Op(x.op);
    if (op == Op::sin || op == Op::cos) refuse(at_ + "is not known to this version of the core");
    auto need = [&](int r) {
      if (r < 0 || r >= int(held.size()) || !held[std::size_t(r)])
        refuse(at_ + "register " + std::to_string(r) + " holds nothing yet");
    };
    if (op == Op::set) {
      need(x.to);
      return set(x.a);
    }
    if (op == Op::store || op == Op::sum) {
      need(x.to);
      if (op == Op::sum) {
        if (x.a < 0 || x.a >= int(summed_.size()))
          refuse(at_ + "row scalar " + std::to_string(x.a) + " of " + std::to_string(summed_.size()));
        return once(summed_, x.a, "row scalar");
      }
      stored = true;
      return store(x);
    }
    if (op == Op::load) {
      if (stored) refuse(at_ + "after a STORE of the same piece");
      load(x);
    }
    if (op == Op::constant && (x.a < 0 || x.a >= int(p_.constants.size())))
      refuse(at_ + "constant " + std::to_string(x.a) + " of " + std::to_string(p_.constants.size()));
    if (op == Op::row) row(x.a);
    const int operands[] = {x.a, x.b, x.c};
    for (int k = 0; k < kind(op).operands; ++k) need(operands[k]);
    held[std::size_t(x.to)] = true;
  }

  void set(int r) {
    if (r < 0 || r >= int(reduced_.size()))
      refuse(at_ + "row scalar " + std::to_string(r) + " of " + std::to_string(reduced_.size()));
    if (summed_[std::size_t(r)] && !reduced_[std::size_t(r)])
      refuse(at_ + "row scalar " + std::to_string(r) + " is not reduced yet");
    summed_[std::size_t(r)] = reduced_[std::size_t(r)] = true;
  }

  void row(int r) const {
    const int given = back_ ? p_.rows : 0;
    if (r < 0 || r >= given + int(reduced_.size()))
      refuse(at_ + "row scalar " + std::to_string(r) + " of " +
             std::to_string(given + int(reduced_.size())));
    if (r >= given && !reduced_[std::size_t(r - given)])
      refuse(at_ + "row scalar " + std::to_string(r) + " is not reduced yet");
  }

  void load(const Instruction& x) const {
    const Space s = place(x);
    auto there = [&](const std::vector<bool>& v) {
      if (!v[std::size_t(x.b)])
        refuse(at_ + name_of(s) + " " + std::to_string(x.b) + " is not stored yet");
    };
    if (s == Space::frame) complete(x.b);
    if (s == Space::saved && !back_) refuse(at_ + "SAVED in the forward pass");
    if (s == Space::after && !back_) there(state_);
    if (s == Space::dslot) there(dslot_);
    if (s == Space::dstate && state_[std::size_t(x.b)])
      refuse(at_ + "DSTATE " + std::to_string(x.b) + " after it was stored");
  }

  void store(const Instruction& x) {
    const Space s = place(x);
    const std::string what = name_of(s);
    switch (s) {
      case Space::frame:
        if (!back_ && x.b < p_.slots) {
          complete(x.b);
          overwritten_.push_back(x.b);
        }
        frame_[std::size_t(x.b)] = true;
        return;
      case Space::saved:
        if (back_) break;
        return once(saved_, x.b, what);
      case Space::after:
        if (back_) break;
        return once(state_, x.b, what);
      case Space::dstate: return once(state_, x.b, what);
      case Space::dslot: return once(dslot_, x.b, what);
      default: break;
    }
    refuse(at_ + what + " is not to be written here");
  }

  const Program& p_;
  const bool back_;
  std::string at_;
  std::vector<bool> frame_, dslot_, saved_, state_, summed_, reduced_, done_, ran_, totalled_;
  std::vector<int> waiting_, overwritten_;
};

}  // namespace

void check(const Program& p) {
  std::vector<int> uses(std::size_t(p.weights), 0);
  for (const ProgramProduct& q : p.products) ++uses[std::size_t(q.weight)];
  for (std::size_t w = 0; w < uses.size(); ++w)
    if (uses[w] != 1)
      refuse("weight " + std::to_string(w) + " has " + std::to_string(uses[w]) +
             " products, not one");
  Checker(p, false).run();
  if (p.pieces[1].empty() && p.actions[1].empty()) return;
  if (p.pieces[1].empty()) refuse("backward actions and no piece");
  Checker(p, true).run();
}

}  // namespace elman::program
