// The border to the core: one layer in one direction, forward and backward, on torch's
// tensors as they are.
#include "sequence.h"

#include <initializer_list>

#include "functions.h"
#include "graph.h"

using namespace elman;
using namespace elman::border;

bool border::set_sizes(Shape& s, const Given (&w)[kWeights]) {
  if (!w[0].object || !w[1].object || w[0].t.ndim != 2 || w[1].t.ndim != 2) return false;
  s.hidden = long(w[0].t.shape[0] / gates_of(s.cell));
  s.output = long(w[1].t.shape[1]);
  return s.hidden >= 1 && s.output >= 1;
}

bool border::weights_fit(const Given (&w)[kWeights], const DLTensor& x, const Shape& s,
                         int64_t inputs) {
  const int64_t stacked = gates_of(s.cell) * s.hidden;
  if (!has_shape(w[0].t, x, stacked, inputs) || !has_shape(w[1].t, x, stacked, s.output))
    return false;
  if (!w[2].object != !w[3].object) return false;
  if (w[2].object && !(has_shape(w[2].t, x, -1, stacked) && has_shape(w[3].t, x, -1, stacked)))
    return false;
  if (!w[4].object) return s.output == s.hidden;
  return s.cell == Cell::lstm && has_shape(w[4].t, x, s.output, s.hidden);
}

bool border::state_fits(const Given& state, const DLTensor& x, int64_t places, int64_t rows,
                        int64_t units) {
  const DLTensor& t = state.t;
  if (t.bits != x.bits || t.ndim < 2 || t.ndim > 3) return false;
  if (t.ndim == 3 ? t.shape[0] != places : places != 1) return false;
  return t.shape[t.ndim - 2] == rows && t.shape[t.ndim - 1] == units;
}

const int64_t* border::lengths_of(PyObject* object, int64_t rows) {
  DLTensor t;
  if (!look_at(object, t, kInt) || t.bits != 64 || t.ndim != 1 || t.shape[0] != rows)
    return nullptr;
  if (!is_together(t, false) || !has_memory(object, t.data)) return nullptr;
  return reinterpret_cast<const int64_t*>(static_cast<char*>(t.data) + t.byte_offset);
}

namespace {

// cell, activation, reverse, turned, sure, noise, x, h_0, c_0, five weights, lengths
constexpr int kGiven = 15;

// (Graph, masks, …): the program with masks, each (T, B, H). 1: read, 0: it cannot be.
int read_noise(Sequence& q, PyObject* noise) {
  const Shape& s = q.shape;
  if (!PyTuple_Check(noise) || PyTuple_Size(noise) < 2) return 0;
  q.noisy = program_of(PyTuple_GetItem(noise, 0));
  PyObject* const masks = PyTuple_GetItem(noise, 1);
  if (!q.noisy || q.weights[4].object || !with_masks(*q.noisy, s)) return 0;
  if (!PyTuple_Check(masks) || PyTuple_Size(masks) != q.noisy->masks || q.noisy->masks > kMasks)
    return 0;
  for (int k = 0; k < q.noisy->masks; ++k) {
    PyObject* const object = PyTuple_GetItem(masks, k);
    DLTensor& t = q.masks[k];
    if (!ordinary(object)) return 0;
    if (torch.api->look(object, &t)) {
      PyErr_Clear();
      return 0;
    }
    const bool numbers = t.code == kFloat && t.bits == q.x.t.bits;
    if (t.device_type != kCpu || t.lanes != 1 || !(numbers || (t.code == kBool && t.bits == 8)))
      return 0;
    if (t.ndim != 3 || t.shape[0] != s.steps || t.shape[1] != s.batch || t.shape[2] != s.hidden)
      return 0;
    if (!is_together(t, true) || (!is_empty(t) && !has_memory(object, t.data))) return 0;
    t.data = static_cast<char*>(t.data) + t.byte_offset;
  }
  return 1;
}

// 1: read, 0: it cannot be, -1: a Python error is set.
int read_call(Sequence& q, PyObject* const* args) {
  Shape& s = q.shape;
  const long cell = PyLong_AsLong(args[0]);
  s.activation = static_cast<Activation>(PyLong_AsLong(args[1]));
  const int reverse = PyObject_IsTrue(args[2]), turned = PyObject_IsTrue(args[3]);
  const int sure = PyObject_IsTrue(args[4]);
  if (reverse < 0 || turned < 0 || sure < 0 || PyErr_Occurred()) return -1;
  if (cell < 0 || cell > long(Cell::lstm)) return 0;
  s.cell = static_cast<Cell>(cell);
  s.reverse = reverse;
  q.turned = turned;
  q.sure = sure;
  q.lstm = s.cell == Cell::lstm;
  Own* held = q.held;
  q.x.object = args[6];
  if (const int known = read(*held++, q.x.object, q.x.t, true, sure); known <= 0) return known;
  const DLTensor& x = q.x.t;
  if (x.ndim != 3) return 0;
  s.steps = long(x.shape[turned]);
  s.batch = long(x.shape[!turned]);
  s.input = long(x.shape[2]);
  for (int i = 0; i < kWeights; ++i) {
    Given& w = q.weights[i];
    if (!(w.object = unless_none(args[9 + i]))) continue;
    if (const int known = read(*held++, w.object, w.t, false, sure); known <= 0) return known;
  }
  if (!set_sizes(s, q.weights) || !weights_fit(q.weights, x, s, s.input)) return 0;
  for (int i = 0; i < 2; ++i) {
    Given& state = q.state[i];
    if (!(state.object = unless_none(args[7 + i]))) continue;
    if (const int known = read(*held++, state.object, state.t, false, sure); known <= 0) return known;
    if (!state_fits(state, x, 1, s.batch, i ? s.hidden : s.output)) return 0;
  }
  if (q.state[1].object && !q.lstm) return 0;
  if (args[5] != Py_None && !read_noise(q, args[5])) return 0;
  if (args[14] != Py_None) {
    DLTensor t;
    const int known = read(*held, args[14], t, false, true, kInt);
    if (known <= 0) return known;
    s.lengths = lengths_of(held->p ? held->p : args[14], s.batch);
    if (!s.lengths && s.batch) return 0;
  }
  const Own threads(PyObject_CallNoArgs(torch.threads));
  s.threads = threads.p ? int(PyLong_AsLong(threads.p)) : 1;
  return PyErr_Occurred() ? -1 : 1;
}

template <class T>
T* address(const Given& g) {
  return g.object ? static_cast<T*>(g.t.data) : nullptr;
}

long saved_of(const Sequence& q) {
  return q.noisy ? q.noisy->saved : saved_gates(q.shape.cell, q.shape.activation);
}

// What both passes are given, in their own words; `masks` is room for them.
template <class T, class Pass>
void give(const Sequence& q, Pass& p, Mask<T> (&masks)[kMasks]) {
  const Shape& s = q.shape;
  p.shape = s;
  p.noisy = q.noisy;
  p.masks = masks;
  for (int k = 0; q.noisy && k < q.noisy->masks; ++k) {
    const DLTensor& t = q.masks[k];
    const bool bytes = t.code == kBool;
    masks[k] = {bytes ? nullptr : static_cast<const T*>(t.data), long(t.strides[0]),
                long(t.strides[1]), bytes ? static_cast<const unsigned char*>(t.data) : nullptr};
  }
  p.weights = {address<T>(q.weights[0]), address<T>(q.weights[1]), address<T>(q.weights[2]),
               address<T>(q.weights[3]), address<T>(q.weights[4])};
  p.x = address<T>(q.x);
  p.x_step = long(q.x.t.strides[q.turned]);
  p.x_row = q.unbatched ? s.input : long(q.x.t.strides[!q.turned]);
  p.h0 = address<T>(q.state[0]);
  p.c0 = address<T>(q.state[1]);
  p.y_step = s.batch * s.output;
  p.y_row = s.output;
}

bool make(Own& held, Given& out, const Sequence& q, std::initializer_list<int64_t> shape) {
  return border::make(held, out, q.x, shape.begin(), int(shape.size()));
}

template <class T>
bool run_as(Run& out, const Sequence& q, bool save, void* const* to, void* to_y) {
  const Shape& s = q.shape;
  const long slots = save ? saved_of(q) : 0;
  const bool raw = save && q.weights[4].object;
  Given y{}, last[2] = {}, kept[3] = {};
  const bool flat = q.unbatched || (q.state[0].object && q.state[0].t.ndim == 2);
  if (!to_y &&
      !(q.unbatched ? make(out.y, y, q, {s.steps, s.output})
                    : make(out.y, y, q, {s.steps, s.batch, s.output})))
    return false;
  for (int i = 0; i < (q.lstm ? 2 : 1) && !to; ++i) {
    const long units = i ? s.hidden : s.output;
    if (!(flat ? make(out.last[i], last[i], q, {s.batch, units})
               : make(out.last[i], last[i], q, {1, s.batch, units})))
      return false;
  }
  if ((slots && !make(out.gates, kept[0], q, {s.steps, s.batch, slots, s.hidden})) ||
      (save && q.lstm && !make(out.cells, kept[1], q, {s.steps, s.batch, s.hidden})) ||
      (raw && !make(out.raw, kept[2], q, {s.steps, s.batch, s.hidden})))
    return false;
  Forward<T> f{};
  Mask<T> masks[kMasks];
  give<T>(q, f, masks);
  f.y = to_y ? static_cast<T*>(to_y) : address<T>(y);
  f.hn = to ? static_cast<T*>(to[0]) : address<T>(last[0]);
  f.cn = to ? static_cast<T*>(to[1]) : address<T>(last[1]);
  f.gates = address<T>(kept[0]);
  f.cells = address<T>(kept[1]);
  f.raw = address<T>(kept[2]);
  f.single = !save && !q.weights[4].object && fits_single(s);
  return compute(f) != nullptr;
}

// Gradients of y, h_n and c_n, held while they are read.
struct Incoming {
  Own held[3] = {nullptr, nullptr, nullptr};
  Given g[3] = {};
};

int read_gradients(Incoming& in, const Sequence& q, PyObject* const* args) {
  const Shape& s = q.shape;
  for (int i = 0; i < 3; ++i) {
    PyObject* const object = unless_none(args[i]);
    if (!object) continue;
    DLTensor& t = in.g[i].t;
    if (const int known = read(in.held[i], object, t, !i, false); known <= 0) return known;
    const long units = i == 2 ? s.hidden : s.output;
    if (i ? !state_fits(in.g[i], q.x.t, 1, s.batch, units)
          : t.bits != q.x.t.bits || t.ndim != 3 || t.shape[0] != s.steps ||
                t.shape[1] != s.batch || t.shape[2] != units)
      return 0;
    in.g[i].object = object;
  }
  return 1;
}

// Whether this is what forward saved, so many vectors of units a step and row.
int is_saved(Own& held, Given& g, const Sequence& q, long slots, long units) {
  if (!g.object) return 0;
  if (const int known = read(held, g.object, g.t, false, q.sure); known <= 0) return known;
  const DLTensor& t = g.t;
  if (t.bits != q.x.t.bits || t.ndim < 3 || t.ndim > 4) return 0;
  return t.shape[0] == q.shape.steps && t.shape[1] == q.shape.batch &&
         (t.ndim == 4 ? t.shape[2] : 1) == slots && t.shape[t.ndim - 1] == units;
}

// A gradient of a tensor's shape. x's lies in memory as x does.
PyObject* gradient_of(const Given& g, bool rows_outside, DLTensor& t) {
  if (!rows_outside) {
    Own made(empty(g.object, g.t.shape, g.t.ndim));
    if (!made.p || !look_at(made.p, t)) return nullptr;
    t.data = static_cast<char*>(t.data) + t.byte_offset;
    return made.release();
  }
  const int64_t shape[3] = {g.t.shape[1], g.t.shape[0], g.t.shape[2]};
  const Own made(empty(g.object, shape, 3));
  if (!made.p) return nullptr;
  const Own zero(PyLong_FromLong(0)), one(PyLong_FromLong(1));
  PyObject* const args[3] = {made.p, zero.p, one.p};
  Own turned(zero.p && one.p ? PyObject_Vectorcall(torch.transpose, args, 3, nullptr) : nullptr);
  if (!turned.p || !look_at(turned.p, t)) return nullptr;
  t.data = static_cast<char*>(t.data) + t.byte_offset;
  return turned.release();
}

template <class T>
PyObject* run_backward(const Sequence& q, const Incoming& in, PyObject* const* kept,
                       PyObject* wanted, bool norms) {
  const Shape& s = q.shape;
  Given y{kept[0], {}}, saved[3] = {};
  Own held[4] = {nullptr, nullptr, nullptr, nullptr};
  const long slots = saved_of(q);
  const bool needed[3] = {slots > 0, q.lstm, q.weights[4].object != nullptr};
  int known = is_saved(held[0], y, q, 1, s.output);
  for (int i = 0; i < 3 && known > 0; ++i) {
    if (!needed[i]) continue;
    saved[i].object = unless_none(kept[1 + i]);
    known = is_saved(held[1 + i], saved[i], q, i ? 1 : slots, s.hidden);
  }
  if (known <= 0) return known < 0 ? nullptr : none();
  Backward<T> b{};
  Mask<T> masks[kMasks];
  give<T>(q, b, masks);
  b.y = address<T>(y);
  b.gates = address<T>(saved[0]);
  b.cells = address<T>(saved[1]);
  b.raw = address<T>(saved[2]);
  b.dy = address<T>(in.g[0]);
  if (b.dy) {
    b.dy_step = long(in.g[0].t.strides[0]);
    b.dy_row = long(in.g[0].t.strides[1]);
  }
  b.dhn = address<T>(in.g[1]);
  b.dcn = address<T>(in.g[2]);

  constexpr int kWanted = 3 + kWeights;
  Own found[kWanted] = {nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr};
  T* to[kWanted] = {};
  const Given* const of[] = {&q.x,          &q.state[0],   &q.state[1],   &q.weights[0],
                             &q.weights[1], &q.weights[2], &q.weights[3], &q.weights[4]};
  for (int i = 0; i < kWanted; ++i) {
    const int want = of[i]->object ? PyObject_IsTrue(PyTuple_GetItem(wanted, i)) : 0;
    if (want < 0) return nullptr;
    if (!want) continue;
    DLTensor t;
    const bool rows_outside = !i && of[i]->t.strides[0] < of[i]->t.strides[1];
    found[i].p = gradient_of(*of[i], rows_outside, t);
    if (!found[i].p) return PyErr_Occurred() ? nullptr : none();
    to[i] = static_cast<T*>(t.data);
    if (i) continue;
    b.dx_step = long(t.strides[q.turned]);
    b.dx_row = long(t.strides[!q.turned]);
  }
  b.dx = to[0];
  b.dh0 = to[1];
  b.dc0 = to[2];
  b.dw_ih = to[3];
  b.dw_hh = to[4];
  b.db_ih = to[5];
  b.db_hh = to[6];
  b.dw_hr = to[7];
  Own lengths_of_gradients(nullptr);
  Given each{};
  if (norms) {
    if (!make(lengths_of_gradients, each, q, {s.steps, s.batch})) return nullptr;
    b.norms = address<T>(each);
  }
  if (!compute(b)) return nullptr;
  auto out = [&](int i) { return found[i].p ? found[i].p : Py_None; };
  return PyTuple_Pack(9, out(0), out(1), out(2), out(3), out(4), out(5), out(6), out(7),
                      norms ? each.object : Py_None);
}

}  // namespace

bool border::make(Own& held, Given& out, const Given& x, const int64_t* shape, int axes) {
  held.p = out.object = empty(x.object, shape, axes);
  if (!out.object) return false;
  if (look_at(out.object, out.t) && is_together(out.t, false)) {
    out.t.data = static_cast<char*>(out.t.data) + out.t.byte_offset;
    return true;
  }
  PyErr_SetString(PyExc_RuntimeError, "a new tensor is not an ordinary one");
  return false;
}

bool border::run(Run& out, const Sequence& q, bool save, void* const* last, void* y) {
  return q.x.t.bits == 32 ? run_as<float>(out, q, save, last, y)
                          : run_as<double>(out, q, save, last, y);
}

// (cell, activation, reverse, turned, sure, noise, x, h_0, c_0, w_ih, w_hh, b_ih, b_hh,
// w_hr, lengths, save): y, h_n, and where there are any c_n, gates, cells and h before its
// projection. x is (T, B, I), or turned (B, T, I). sure: none of them is still to be
// negated. noise: None, or (Graph of the cell with masks, the masks, …). States are
// (1, B, ·), or (B, ·) where h_0 is. What does not lie together is
// copied. None: something cannot be read.
PyObject* elman::sequence_forward(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != kGiven + 1) {
    PyErr_SetString(PyExc_TypeError, "sequence_forward: expected 16 arguments");
    return nullptr;
  }
  Sequence q{};
  const int known = read_call(q, args), save = PyObject_IsTrue(args[kGiven]);
  if (known < 0 || save < 0) return nullptr;
  if (!known) return none();
  Run out;
  if (!run(out, q, save)) return nullptr;
  auto or_none = [](const Own& o) { return o.p ? o.p : Py_None; };
  return PyTuple_Pack(6, out.y.p, out.last[0].p, or_none(out.last[1]), or_none(out.gates),
                      or_none(out.cells), or_none(out.raw));
}

// The same up to the lengths, then y, gates, cells and h before its projection, the
// gradients of y, h_n and c_n, for which of x, the states and the weights one is wanted,
// whether |dL/dh_t| is, and whether anything may watch: those gradients and norms, or
// None where something watches or cannot be read.
PyObject* elman::sequence_backward(PyObject*, PyObject* const* args, Py_ssize_t count) {
  PyObject* const* const more = args + kGiven;
  if (count != kGiven + 10 || !PyTuple_Check(more[7]) || PyTuple_Size(more[7]) != 8) {
    PyErr_SetString(PyExc_TypeError,
                    "sequence_backward: expected 25 arguments, the 23rd a tuple of 8");
    return nullptr;
  }
  const int norms = PyObject_IsTrue(more[8]), watched = PyObject_IsTrue(more[9]);
  if (norms < 0 || watched < 0) return nullptr;
  const int clear = watched ? 1 : undisturbed(false);
  if (clear < 0) return nullptr;
  Sequence q{};
  Incoming in;
  int known = clear ? read_call(q, args) : 0;
  if (known > 0) known = read_gradients(in, q, more + 4);
  if (known < 0) return nullptr;
  if (!known) return none();
  return q.x.t.bits == 32 ? run_backward<float>(q, in, more, more[7], norms)
                          : run_backward<double>(q, in, more, more[7], norms);
}
