// Several instructions of a tape in one, for the interpreter.
#include <array>
#include <map>
#include <utility>

#include "program.h"

namespace elman::program {
namespace {

// Instructions whose results have one reader each become one with it: what interpreting
// costs is by the instruction, and registers are memory. Operations and order stay.
class Fusing {
 public:
  explicit Fusing(std::vector<TapeStep> code) : code_(std::move(code)), dead_(code_.size(), false) {}

  std::vector<TapeStep> run() {
    for (std::size_t i = 0; i < code_.size(); ++i) look_up(i);
    for (std::size_t i = 0; i < code_.size(); ++i)
      if (Op(code_[i].op) == Op::fma) of_units(i);
      else if (Op(code_[i].op) == Op::mul && !standard_back(i)) standard(i);
    std::vector<TapeStep> out;
    for (std::size_t i = 0; i < code_.size(); ++i) {
      if (!dead_[i]) out.push_back(code_[i]);
      for (const auto& [at, step] : more_)
        if (at == int(i)) out.push_back(step);
    }
    return out;
  }

 private:
  static constexpr int kNone = -1;

  static bool writes(const TapeStep& s) {
    const Op op = Op(s.op);
    return op == Op::store || op == Op::sum || op == Op::accumulate;
  }
  static int operands(const TapeStep& s) { return s.op < int(Op::count) ? kind(Op(s.op)).operands : 0; }

  // What each operand of step i was made by, and how many read each result.
  void look_up(std::size_t i) {
    const TapeStep& s = code_[i];
    const int from[3] = {s.a, s.b, s.c}, n = operands(s);
    made_.push_back({kNone, kNone, kNone});
    readers_.push_back(0);
    for (int k = 0; k < 3; ++k)
      if (k < n || (!k && writes(s))) {
        const int reg = writes(s) ? s.to : from[k];
        made_[i][std::size_t(k)] = last(reg);
        if (last(reg) >= 0) ++readers_[std::size_t(last(reg))];
      }
    if (!writes(s)) last_[s.to] = int(i);
  }
  int last(int reg) const {
    const auto at = last_.find(reg);
    return at == last_.end() ? kNone : at->second;
  }

  // The step that made operand k of step i, if it is of this kind and for that alone.
  const TapeStep* only(std::size_t i, int k, Op op) const {
    const int at = made_[i][std::size_t(k)];
    if (at < 0 || readers_[std::size_t(at)] != 1 || dead_[std::size_t(at)]) return nullptr;
    return Op(code_[std::size_t(at)].op) == op ? &code_[std::size_t(at)] : nullptr;
  }
  // A vector of a row, other than a state's, that no store up to step `until` may change.
  bool stays(const TapeStep* s, std::size_t until) const {
    if (!s || s->a < 0 || s->a >= kBefore) return false;
    for (std::size_t i = index(s); i < until; ++i)
      if (writes(code_[i])) return false;
    return true;
  }
  std::size_t index(const TapeStep* s) const { return std::size_t(s - code_.data()); }
  void drop(std::initializer_list<const TapeStep*> steps) {
    for (const TapeStep* s : steps) dead_[index(s)] = true;
  }

  // unit a times b, plus unit c. Others may read a too: units stay as they are in a call.
  void of_units(std::size_t i) {
    TapeStep& s = code_[i];
    for (int k = 0; k < 2; ++k) {
      const int at = made_[i][std::size_t(k)];
      const TapeStep *const a = at < 0 ? nullptr : &code_[std::size_t(at)], *const c = only(i, 2, Op::load);
      if (!a || Op(a->op) != Op::load || !c || a == c || a->a >= 0 || c->a >= 0) continue;
      drop({c});
      if (!--readers_[std::size_t(at)]) drop({a});
      s = {int(Op::unit_fma), s.to, a->b, k ? s.a : s.b, c->b};
      return;
    }
  }

  // (vector - row) times row
  bool standard(std::size_t i) {
    TapeStep& s = code_[i];
    for (int k = 0; k < 2; ++k) {
      const TapeStep *const by = only(i, k, Op::row), *const less = only(i, 1 - k, Op::sub);
      if (!by || !less) continue;
      const TapeStep *const from = only(index(less), 0, Op::load), *const mean = only(index(less), 1, Op::row);
      if (!mean || !stays(from, i)) continue;
      drop({by, less, from, mean});
      more_.push_back({int(i), {int(Op::more), mean->a, mean->b, by->a, by->b}});
      s = {int(Op::standard), s.to, from->a, from->b, 0};
      return true;
    }
    return false;
  }

  // row times (vector q - row - vector p times row)
  bool standard_back(std::size_t i) {
    TapeStep& s = code_[i];
    for (int k = 0; k < 2; ++k) {
      const TapeStep *const by = only(i, k, Op::row), *const rest = only(i, 1 - k, Op::fnma);
      if (!by || !rest) continue;
      const std::size_t at = index(rest);
      const TapeStep* const less = only(at, 2, Op::sub);
      if (!less) continue;
      const TapeStep *const q = only(index(less), 0, Op::load), *const mean = only(index(less), 1, Op::row);
      for (int j = 0; j < 2; ++j) {
        const TapeStep *const p = only(at, j, Op::load), *const share = only(at, 1 - j, Op::row);
        if (!mean || !share || p == q || !stays(p, i) || !stays(q, i)) continue;
        drop({by, rest, less, q, mean, p, share});
        more_.push_back({int(i), {int(Op::more), mean->a, mean->b, by->a, by->b}});
        more_.push_back({int(i), {int(Op::more), q->a, q->b, share->a, share->b}});
        s = {int(Op::standard_back), s.to, p->a, p->b, 0};
        return true;
      }
    }
    return false;
  }

  std::vector<TapeStep> code_;
  std::vector<bool> dead_;
  std::vector<std::array<int, 3>> made_;
  std::vector<int> readers_;
  std::map<int, int> last_;  // of each register, the step that wrote it
  std::vector<std::pair<int, TapeStep>> more_;
};

}  // namespace

std::vector<TapeStep> fused(std::vector<TapeStep> code) { return Fusing(std::move(code)).run(); }

}  // namespace elman::program
