// A short call of a plain layer without gradients: a few rows and steps, one
// direction, the whole stack at once. The kernels are those of any other call, and so
// are the bits; nothing is kept between calls. See plain.h for what is served.
#include <vector>

#include "plain.h"
#include "settings.h"
#include "step.h"

using namespace elman;
using namespace elman::plain;

namespace {

struct Call {
  Shape shape;
  bool unbatched;
  Given x, state[2];
  Given y, last[2];
};

PyObject* none() { return Py_NewRef(Py_None); }

bool has_shape(const DLTensor& t, const Call& c, long first, long width) {
  if (t.bits != c.x.t.bits || t.ndim != c.x.t.ndim) return false;
  if (t.shape[0] != first || t.shape[t.ndim - 1] != width) return false;
  return c.unbatched || t.shape[1] == c.shape.batch;
}

// One layer: 1 if it ran, 0 if it is not served, -1: a Python error is set.
template <class T>
int run(Call& c, const Layer& layer, PyObject* parameters, PyObject* names, bool gradients,
        long place, const T* x, T* y) {
  const Py_ssize_t count = PyList_Check(names) ? PyList_Size(names) : 0;
  if (count != 2 && count != 4) return 0;
  Own held[4] = {nullptr, nullptr, nullptr, nullptr};
  Given weights[4] = {};
  Shape& s = c.shape;
  const long stacked = s.hidden * (s.cell == Cell::lstm ? 4 : s.cell == Cell::rnn ? 1 : 3);
  for (int i = 0; i < count; ++i) {
    held[i].p = parameter_of(layer, parameters, PyList_GetItem(names, i));
    if (!held[i].p) return PyErr_Occurred() ? -1 : 0;
    weights[i].object = held[i].p;
    if (!look(held[i].p, weights[i].t)) return 0;
    const bool fits = i == 0   ? plain::has_shape(weights[i].t, c.x.t, stacked, s.input)
                      : i == 1 ? plain::has_shape(weights[i].t, c.x.t, stacked, s.hidden)
                               : plain::has_shape(weights[i].t, c.x.t, -1, stacked);
    if (!fits) return 0;
    if (const int neg = is_negated(held[i].p)) return neg < 0 ? neg : 0;
    if (gradients)
      if (const int t = truth(PyObject_GetAttr(held[i].p, torch.requires_grad))) return t < 0 ? t : 0;
  }
  auto address = [](const Given& g) { return g.object ? static_cast<const T*>(g.t.data) : nullptr; };
  Forward<T> f{};
  f.shape = s;
  f.weights = {address(weights[0]), address(weights[1]), address(weights[2]), address(weights[3]),
               nullptr};
  f.single = fits_single(s);
  const long offset = place * s.batch * s.hidden;
  f.x = x;
  f.x_row = s.input;
  f.x_step = s.batch * s.input;
  f.h0 = c.state[0].object ? address(c.state[0]) + offset : nullptr;
  f.c0 = c.state[1].object ? address(c.state[1]) + offset : nullptr;
  f.y = y;
  f.y_row = s.hidden;
  f.y_step = s.batch * s.hidden;
  f.hn = static_cast<T*>(c.last[0].t.data) + offset;
  f.cn = c.last[1].object ? static_cast<T*>(c.last[1].t.data) + offset : nullptr;
  return compute(f) ? 1 : -1;
}

template <class T>
int run_all(Call& c, const Layer& layer, PyObject* parameters, PyObject* names, bool gradients) {
  const Py_ssize_t layers = PyList_Size(names);
  const long numbers = c.shape.steps * c.shape.batch * c.shape.hidden;
  std::vector<T> between[2];
  const T* x = static_cast<const T*>(c.x.t.data);
  for (Py_ssize_t l = 0; l < layers; ++l) {
    T* y = static_cast<T*>(c.y.t.data);
    if (l + 1 < layers) {
      between[l & 1].resize(std::size_t(numbers));
      y = between[l & 1].data();
    }
    const int ran = run(c, layer, parameters, PyList_GetItem(names, l), gradients, long(l), x, y);
    if (ran <= 0) return ran;
    x = y;
    c.shape.input = c.shape.hidden;
  }
  return 1;
}

}  // namespace

PyObject* elman::short_layer(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 8 || !PyDict_Check(args[3])) {
    PyErr_SetString(PyExc_TypeError,
                    "short_layer: expected cell, activation, layer, dict, options, input, hx, most");
    return nullptr;
  }
  if (!torch.api) return none();
  const Layer layer{args[2], args[3], args[4]};
  PyObject* const hx = args[6];
  const Own parameters(item(layer.dict, torch.parameters)), names(item(layer.dict, torch.all_weights));
  if (!parameters.p || !names.p) return PyErr_Occurred() ? nullptr : none();
  if (!PyDict_Check(parameters.p) || !PyList_Check(names.p)) return none();
  const long layers = long(PyList_Size(names.p));
  const int off = options_off(layer, hx == Py_None);
  if (off <= 0 || layers < 1) return off < 0 ? nullptr : none();
  const int both = on(layer, torch.bidirectional), first = on(layer, torch.batch_first);
  const int random = layers > 1 && on(layer, torch.dropout) && on(layer, torch.training);
  Call c{};
  Shape& s = c.shape;
  s.cell = static_cast<Cell>(PyLong_AsLong(args[0]));
  s.activation = static_cast<Activation>(PyLong_AsLong(args[1]));
  const long most = PyLong_AsLong(args[7]);
  if (PyErr_Occurred()) return nullptr;
  if (both || random) return none();
  const bool lstm = s.cell == Cell::lstm;

  c.x.object = args[5];
  if (!look(c.x.object, c.x.t) || c.x.t.ndim < 2 || c.x.t.ndim > 3) return none();
  const DLTensor& x = c.x.t;
  c.unbatched = x.ndim == 2;
  s.steps = long(x.shape[first && !c.unbatched]);
  s.batch = c.unbatched ? 1 : long(x.shape[!first]);
  s.input = long(x.shape[x.ndim - 1]);
  // Beyond one row or one step, batch first lies in memory in another order.
  if (s.steps > most || s.batch > most || s.steps * s.batch > most) return none();
  if (first && s.steps > 1 && s.batch > 1) return none();

  const int gradients = truth(PyObject_CallNoArgs(torch.gradients));
  if (gradients < 0) return nullptr;
  const int clear = undisturbed(false);
  if (clear <= 0) return clear < 0 ? nullptr : none();

  // The hidden size, before there is anything to put the results in.
  s.hidden = s.output = hidden_units(layer, parameters.p, names.p);
  if (s.hidden <= 0) return s.hidden < 0 ? nullptr : none();

  if (!states_of(hx, lstm, c.state)) return none();
  for (Given& state : c.state)
    if (state.object &&
        (!look(state.object, state.t) || !::has_shape(state.t, c, layers, s.hidden)))
      return none();
  for (const Given* g : {&c.x, &c.state[0], &c.state[1]}) {
    PyObject* object = g->object;
    if (!object) continue;
    int bad = gradients ? truth(PyObject_GetAttr(object, torch.requires_grad)) : 0;
    if (!bad) bad = is_negated(object);
    if (bad) return bad < 0 ? nullptr : none();
  }
  const Own threads(PyObject_CallNoArgs(torch.threads));
  s.threads = threads.p ? int(PyLong_AsLong(threads.p)) : 1;
  if (PyErr_Occurred()) return nullptr;

  const Own y(empty_like(c.x, s.hidden));
  if (!y.p) return nullptr;
  Given wanted = c.x;  // (layers, batch, hidden), or (layers, hidden)
  int64_t shape[3] = {layers, s.batch, s.hidden};
  if (c.unbatched) shape[1] = s.hidden;
  wanted.t.shape = shape;
  const Own h(empty_like(wanted, s.hidden, &c.state[0]));
  if (!h.p) return nullptr;
  const Own cells(lstm ? empty_like(wanted, s.hidden, &c.state[1]) : nullptr);
  if (lstm && !cells.p) return nullptr;
  c.y.object = y.p;
  c.last[0].object = h.p;
  c.last[1].object = cells.p;
  if (!look(y.p, c.y.t) || !look(h.p, c.last[0].t) || (lstm && !look(cells.p, c.last[1].t)))
    return none();
  int ran = 0;
  try {
    ran = x.bits == 32 ? run_all<float>(c, layer, parameters.p, names.p, gradients)
                       : run_all<double>(c, layer, parameters.p, names.p, gradients);
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
  if (ran <= 0) return ran < 0 ? nullptr : none();
  if (!lstm) return PyTuple_Pack(2, y.p, h.p);
  const Own pair(PyTuple_Pack(2, h.p, cells.p));
  return pair.p ? PyTuple_Pack(2, y.p, pair.p) : nullptr;
}
