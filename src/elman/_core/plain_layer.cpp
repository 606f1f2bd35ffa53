// A plain layer over whole sequences, past all that Python would ask and look
// up: what a training step of a small layer costs beside its kernels is the way
// to them and back. See plain.h for what is served.
#include <initializer_list>

#include "plain.h"
#include "settings.h"
#include "step.h"

using namespace elman;
using namespace elman::plain;

namespace {

PyObject* none() { return Py_NewRef(Py_None); }

// One layer in one direction, as forward and backward are given it.
struct Sequence {
  Shape shape;
  bool lstm, turned;  // turned: x is (B, T, I)
  Given x, state[2], weights[4];  // what is None has no object
};

// cell, activation, reverse, turned, x, h_0, c_0, four weights, lengths
constexpr int kGiven = 12;

long gates_of(Cell cell) { return cell == Cell::lstm ? 4 : cell == Cell::rnn ? 1 : 3; }

PyObject* unless_none(PyObject* object) { return object == Py_None ? nullptr : object; }

// Whether four parameters are those of `hidden` units over `inputs` numbers like x's.
bool weights_fit(Given (&w)[4], const DLTensor& x, Cell cell, int64_t inputs, int64_t hidden) {
  const int64_t stacked = gates_of(cell) * hidden;
  for (Given& g : w)
    if (g.object && !look(g.object, g.t)) return false;
  if (!w[0].object || !has_shape(w[0].t, x, stacked, inputs)) return false;
  if (!w[1].object || !has_shape(w[1].t, x, stacked, hidden)) return false;
  if (!w[2].object != !w[3].object) return false;
  return !w[2].object || (has_shape(w[2].t, x, -1, stacked) && has_shape(w[3].t, x, -1, stacked));
}

bool state_fits(Given& state, const DLTensor& x, int64_t places, int64_t rows, int64_t hidden) {
  if (!state.object) return true;
  if (!look(state.object, state.t)) return false;
  const DLTensor& t = state.t;
  if (t.bits != x.bits || t.ndim < 2 || t.ndim > 3) return false;
  if (t.ndim == 3 ? t.shape[0] != places : places != 1) return false;
  return t.shape[t.ndim - 2] == rows && t.shape[t.ndim - 1] == hidden;
}

// Where the lengths of so many rows lie, null if this is anything else.
const int64_t* lengths_of(PyObject* object, int64_t rows) {
  DLTensor t;
  if (!look_at(object, t, kInt) || t.bits != 64) return nullptr;
  if (t.ndim != 1 || t.shape[0] != rows || (rows > 1 && t.strides[0] != 1)) return nullptr;
  return static_cast<const int64_t*>(t.data);
}

// 1: read, 0: not plain, -1: a Python error is set.
int read(Sequence& q, PyObject* const* args) {
  Shape& s = q.shape;
  s.cell = static_cast<Cell>(PyLong_AsLong(args[0]));
  s.activation = static_cast<Activation>(PyLong_AsLong(args[1]));
  const int reverse = PyObject_IsTrue(args[2]), turned = PyObject_IsTrue(args[3]);
  if (reverse < 0 || turned < 0 || PyErr_Occurred()) return -1;
  s.reverse = reverse;
  q.turned = turned;
  q.lstm = s.cell == Cell::lstm;
  q.x.object = args[4];
  for (int i = 0; i < 2; ++i) q.state[i].object = unless_none(args[5 + i]);
  for (int i = 0; i < 4; ++i) q.weights[i].object = unless_none(args[7 + i]);
  if (!look(q.x.object, q.x.t) || q.x.t.ndim != 3) return 0;
  const DLTensor& x = q.x.t;
  s.steps = long(x.shape[turned]);
  s.batch = long(x.shape[!turned]);
  s.input = long(x.shape[2]);
  DLTensor w_hh;
  if (!q.weights[1].object || !look(q.weights[1].object, w_hh) || w_hh.ndim != 2) return 0;
  s.hidden = s.output = long(w_hh.shape[1]);
  if (!weights_fit(q.weights, x, s.cell, s.input, s.hidden)) return 0;
  for (Given& state : q.state)
    if (!state_fits(state, x, 1, s.batch, s.hidden)) return 0;
  if (args[11] != Py_None && !(s.lengths = lengths_of(args[11], s.batch))) return 0;
  const Own threads(PyObject_CallNoArgs(torch.threads));
  s.threads = threads.p ? int(PyLong_AsLong(threads.p)) : 1;
  return PyErr_Occurred() ? -1 : 1;
}

template <class T>
T* address(const Given& g) {
  return g.object ? static_cast<T*>(g.t.data) : nullptr;
}

// What both passes are given, in their own words.
template <class T, class Pass>
void give(const Sequence& q, Pass& p) {
  const Shape& s = q.shape;
  p.shape = s;
  p.weights = {address<T>(q.weights[0]), address<T>(q.weights[1]), address<T>(q.weights[2]),
               address<T>(q.weights[3]), nullptr};
  p.x = address<T>(q.x);
  p.x_step = q.turned ? s.input : s.batch * s.input;
  p.x_row = q.turned ? s.steps * s.input : s.input;
  p.h0 = address<T>(q.state[0]);
  p.c0 = address<T>(q.state[1]);
  p.y_step = s.batch * s.hidden;
  p.y_row = s.hidden;
}

// A new tensor of x's numbers, looked at; false: a Python error is set.
bool make(Own& held, Given& out, const Sequence& q, std::initializer_list<int64_t> shape) {
  held.p = out.object = empty(q.x.object, shape.begin(), int(shape.size()));
  if (!out.object) return false;
  if (look(out.object, out.t)) return true;
  PyErr_SetString(PyExc_RuntimeError, "a new tensor is not a plain one");
  return false;
}

template <class T>
PyObject* run_forward(const Sequence& q, bool save) {
  const Shape& s = q.shape;
  const long slots = save ? saved_gates(s.cell) : 0;
  Own held[5] = {nullptr, nullptr, nullptr, nullptr, nullptr};
  Given y{}, h{}, c{}, gates{}, cells{};
  if (!make(held[0], y, q, {s.steps, s.batch, s.hidden}) ||
      !make(held[1], h, q, {1, s.batch, s.hidden}) ||
      (q.lstm && !make(held[2], c, q, {1, s.batch, s.hidden})) ||
      (slots && !make(held[3], gates, q, {s.steps, s.batch, slots, s.hidden})) ||
      (save && q.lstm && !make(held[4], cells, q, {s.steps, s.batch, s.hidden})))
    return nullptr;
  Forward<T> f{};
  give<T>(q, f);
  f.y = address<T>(y);
  f.hn = address<T>(h);
  f.cn = address<T>(c);
  f.gates = address<T>(gates);
  f.cells = address<T>(cells);
  f.single = !save && fits_single(s);
  if (!compute(f)) return nullptr;
  auto or_none = [](const Own& o) { return o.p ? o.p : Py_None; };
  return PyTuple_Pack(5, held[0].p, held[1].p, or_none(held[2]), or_none(held[3]),
                      or_none(held[4]));
}

// A tensor's strides may be anything but along its last axis; copied where even
// that one is not together, as in the gradient of a sum. 1, 0 or -1 as ever.
int look_rows(Own& held, PyObject* object, DLTensor& t) {
  if (!look_at(object, t) || t.ndim < 1) return 0;
  if (t.strides[t.ndim - 1] == 1 || t.shape[t.ndim - 1] == 1) return 1;
  held.p = PyObject_Vectorcall(torch.contiguous, &object, 1, nullptr);
  return held.p ? look_at(held.p, t) : -1;
}

// Gradients of the outputs, held while they are read.
struct Incoming {
  Own held[3] = {nullptr, nullptr, nullptr};
  Given g[3] = {};  // of y, h_n, c_n
};

int read(Incoming& in, const Sequence& q, PyObject* const* args) {
  const Shape& s = q.shape;
  for (int i = 0; i < 3; ++i) {
    PyObject* const object = unless_none(args[i]);
    if (!object) continue;
    if (!ordinary(object)) return 0;
    if (const int neg = is_negated(object)) return neg < 0 ? neg : 0;
    DLTensor& t = in.g[i].t;
    if (const int known = look_rows(in.held[i], object, t); known <= 0) return known;
    const bool fits = t.bits == q.x.t.bits && t.ndim == 3 && t.shape[0] == (i ? 1 : s.steps) &&
                      t.shape[1] == s.batch && t.shape[2] == s.hidden;
    if (!fits) return 0;
    if (i && s.batch > 1 && t.strides[1] != s.hidden) return 0;
    in.g[i].object = object;
  }
  return 1;
}

// Whether this is what forward saved, so many vectors of units a step and row.
bool is_saved(Given& g, const Sequence& q, long slots) {
  if (!g.object || !look(g.object, g.t)) return false;
  const DLTensor& t = g.t;
  if (t.bits != q.x.t.bits || t.ndim < 3 || t.ndim > 4) return false;
  return t.shape[0] == q.shape.steps && t.shape[1] == q.shape.batch &&
         (t.ndim == 4 ? t.shape[2] : 1) == slots && t.shape[t.ndim - 1] == q.shape.hidden;
}

template <class T>
PyObject* run_backward(const Sequence& q, const Incoming& in, PyObject* const* kept,
                       PyObject* wanted) {
  const Shape& s = q.shape;
  Given y{kept[0], {}}, gates{unless_none(kept[1]), {}}, cells{unless_none(kept[2]), {}};
  const long slots = saved_gates(s.cell);
  if (!is_saved(y, q, 1) || (slots && !is_saved(gates, q, slots)) ||
      (q.lstm && !is_saved(cells, q, 1)))
    return none();
  Backward<T> b{};
  give<T>(q, b);
  b.y = address<T>(y);
  b.gates = address<T>(gates);
  b.cells = address<T>(cells);
  b.dy = address<T>(in.g[0]);
  if (b.dy) {
    b.dy_step = long(in.g[0].t.strides[0]);
    b.dy_row = long(in.g[0].t.strides[1]);
  }
  b.dhn = address<T>(in.g[1]);
  b.dcn = address<T>(in.g[2]);

  Own found[7] = {nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr};
  T* to[7] = {};
  const Given* const of[] = {&q.x,          &q.state[0],   &q.state[1],  &q.weights[0],
                             &q.weights[1], &q.weights[2], &q.weights[3]};
  for (int i = 0; i < 7; ++i) {
    const int want = of[i]->object ? PyObject_IsTrue(PyTuple_GetItem(wanted, i)) : 0;
    if (want < 0) return nullptr;
    if (!want) continue;
    DLTensor t;
    found[i].p = empty(of[i]->object, of[i]->t.shape, of[i]->t.ndim);
    if (!found[i].p) return nullptr;
    if (!look(found[i].p, t)) return none();
    to[i] = static_cast<T*>(t.data);
  }
  b.dx = to[0];
  b.dx_step = b.x_step;
  b.dx_row = b.x_row;
  b.dh0 = to[1];
  b.dc0 = to[2];
  b.dw_ih = to[3];
  b.dw_hh = to[4];
  b.db_ih = to[5];
  b.db_hh = to[6];
  if (!compute(b)) return nullptr;
  auto out = [&](int i) { return found[i].p ? found[i].p : Py_None; };
  return PyTuple_Pack(7, out(0), out(1), out(2), out(3), out(4), out(5), out(6));
}

// The parameters of one layer in one direction, checked, onto a list.
int append(PyObject* list, const Layer& layer, PyObject* parameters, PyObject* names,
           const Sequence& q, int64_t inputs, bool& differentiable) {
  const Py_ssize_t count = PyList_Check(names) ? PyList_Size(names) : 0;
  if (count != 2 && count != 4) return 0;
  Own held[4] = {nullptr, nullptr, nullptr, nullptr};
  Given weights[4] = {};
  for (int i = 0; i < count; ++i) {
    held[i].p = weights[i].object = parameter_of(layer, parameters, PyList_GetItem(names, i));
    if (!held[i].p) return PyErr_Occurred() ? -1 : 0;
  }
  if (!weights_fit(weights, q.x.t, q.shape.cell, inputs, q.shape.hidden)) return 0;
  for (Given& w : weights) {
    if (PyList_Append(list, w.object ? w.object : Py_None)) return -1;
    if (!w.object) continue;
    if (const int neg = is_negated(w.object)) return neg < 0 ? neg : 0;
    if (differentiable) continue;
    const int t = truth(PyObject_GetAttr(w.object, torch.requires_grad));
    if (t < 0) return t;
    differentiable = t;
  }
  return 1;
}

}  // namespace

// None where a layer, or what it is given, is not plain. Otherwise whether
// gradients are wanted, h_0 and c_0 or None, four parameters or Nones for each
// layer and direction, and the lengths, or None where all rows are full.
PyObject* elman::plain_layer(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 8 || !PyDict_Check(args[3])) {
    PyErr_SetString(PyExc_TypeError,
                    "plain_layer: expected cell, activation, layer, dict, options, input, hx, "
                    "lengths");
    return nullptr;
  }
  if (!torch.api) return none();
  const Layer layer{args[2], args[3], args[4]};
  PyObject* const hx = args[6];
  const Own parameters(item(layer.dict, torch.parameters)), names(item(layer.dict, torch.all_weights));
  if (!parameters.p || !names.p) return PyErr_Occurred() ? nullptr : none();
  if (!PyDict_Check(parameters.p) || !PyList_Check(names.p) || !PyList_Size(names.p))
    return none();
  const int off = options_off(layer, hx == Py_None);
  if (off <= 0) return off < 0 ? nullptr : none();

  Sequence q{};
  Shape& s = q.shape;
  s.cell = static_cast<Cell>(PyLong_AsLong(args[0]));
  const int first = on(layer, torch.batch_first), both = on(layer, torch.bidirectional);
  if (PyErr_Occurred()) return nullptr;
  q.lstm = s.cell == Cell::lstm;
  q.x.object = args[5];
  if (!look(q.x.object, q.x.t) || q.x.t.ndim != 3) return none();
  s.steps = long(q.x.t.shape[first]);
  s.batch = long(q.x.t.shape[!first]);
  PyObject* lengths = args[7];
  if (lengths != Py_None) {
    const int64_t* const each = lengths_of(lengths, s.batch);
    if (!each) return none();
    bool full = true;
    for (long i = 0; i < s.batch; ++i) {
      if (each[i] < 0 || each[i] > s.steps) return none();
      full = full && each[i] == s.steps;
    }
    if (full) lengths = Py_None;
  }
  s.hidden = hidden_units(layer, parameters.p, names.p);
  if (s.hidden <= 0) return s.hidden < 0 ? nullptr : none();

  if (!states_of(hx, q.lstm, q.state)) return none();
  const int gradients = truth(PyObject_CallNoArgs(torch.gradients));
  if (gradients < 0) return nullptr;
  bool differentiable = false;
  const Py_ssize_t places = PyList_Size(names.p);
  for (Given* g : {&q.x, &q.state[0], &q.state[1]}) {
    if (!g->object) continue;
    if (g != &q.x && !(state_fits(*g, q.x.t, places, s.batch, s.hidden) && g->t.ndim == 3))
      return none();
    if (const int neg = is_negated(g->object)) return neg < 0 ? nullptr : none();
    const int wants = truth(PyObject_GetAttr(g->object, torch.requires_grad));
    if (wants < 0) return nullptr;
    differentiable = differentiable || wants;
  }
  const Own all(PyList_New(0));
  if (!all.p) return nullptr;
  for (Py_ssize_t k = 0; k < places; ++k) {
    const int64_t inputs = k <= both ? q.x.t.shape[2] : s.hidden * (1 + both);
    const int ok = append(all.p, layer, parameters.p, PyList_GetItem(names.p, k), q, inputs, differentiable);
    if (ok <= 0) return ok < 0 ? nullptr : none();
  }
  differentiable = differentiable && gradients;
  const int clear = undisturbed(differentiable);
  if (clear <= 0) return clear < 0 ? nullptr : none();
  auto or_none = [](const Given& g) { return g.object ? g.object : Py_None; };
  return PyTuple_Pack(5, differentiable ? Py_True : Py_False, or_none(q.state[0]),
                      or_none(q.state[1]), all.p, lengths);
}

// (cell, activation, reverse, turned, x, h_0, c_0, w_ih, w_hh, b_ih, b_hh, lengths,
// save): y, h_n, and where there are any c_n, gates and cells. States are (1, B, H), and
// y is (T, B, H) for an x of (B, T, I) too. None where something is not plain.
PyObject* elman::plain_forward(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != kGiven + 1) {
    PyErr_SetString(PyExc_TypeError, "plain_forward: expected 13 arguments");
    return nullptr;
  }
  if (!torch.api) return none();
  Sequence q{};
  const int known = read(q, args), save = PyObject_IsTrue(args[kGiven]);
  if (known < 0 || save < 0) return nullptr;
  if (!known) return none();
  return q.x.t.bits == 32 ? run_forward<float>(q, save) : run_forward<double>(q, save);
}

// The same up to the lengths, then y, gates, cells, the gradients of y, h_n and c_n, and
// for which of x, the states and the weights one is wanted: those, or None where
// something is not plain.
PyObject* elman::plain_backward(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != kGiven + 7 || !PyTuple_Check(args[kGiven + 6]) ||
      PyTuple_Size(args[kGiven + 6]) != 7) {
    PyErr_SetString(PyExc_TypeError, "plain_backward: expected 19 arguments, the last of them 7");
    return nullptr;
  }
  const int clear = torch.api ? undisturbed(false) : 0;
  if (clear < 0) return nullptr;
  Sequence q{};
  Incoming in;
  int known = clear ? read(q, args) : 0;
  if (known > 0) known = read(in, q, args + kGiven + 3);
  if (known < 0) return nullptr;
  if (!known) return none();
  return q.x.t.bits == 32 ? run_backward<float>(q, in, args + kGiven, args[kGiven + 6])
                          : run_backward<double>(q, in, args + kGiven, args[kGiven + 6]);
}
