// A short call of a plain layer without gradients: a few rows and steps, one
// direction, with weights that an earlier call has packed. The kernel is that
// of any other call, and so are the bits. See plain.h for what is served.
#include <vector>

#include "packed_handle.h"
#include "plain.h"
#include "settings.h"
#include "step.h"

using namespace elman;
using namespace elman::plain;

namespace {

struct Call {
  PyObject* kept;  // packed weights by the id of w_hh
  Shape shape;
  bool unbatched;
  Given x, state[2];
  Given y, last[2];
};

PyObject* none() { return Py_NewRef(Py_None); }

// The packed weights that `kept` of elman.ops._native_calls noted for w_hh, if
// they are of these tensors as they are now. Null, and perhaps a Python error.
const PackedHandle* find(const Call& c, const Given* weights, Own& entry) {
  const Shape& s = c.shape;
  const Own key(PyLong_FromVoidPtr(weights[1].object));
  if (!key.p) return nullptr;
  entry.p = item(c.kept, key.p);
  if (!entry.p) return nullptr;
  if (!PyTuple_Check(entry.p) || PyTuple_Size(entry.p) != 4) return nullptr;
  PyObject* const kind = PyTuple_GetItem(entry.p, 0);
  PyObject* const references = PyTuple_GetItem(entry.p, 1);
  PyObject* const versions = PyTuple_GetItem(entry.p, 2);
  const long expected[] = {long(s.cell), c.x.t.bits / 8, s.input, s.hidden, s.output};
  if (PyTuple_Size(kind) != 5 || PyTuple_Size(references) != 5) return nullptr;
  for (int i = 0; i < 5; ++i)
    if (PyLong_AsLong(PyTuple_GetItem(kind, i)) != expected[i]) return nullptr;
  for (int i = 0; i < 5; ++i) {
    PyObject* const reference = PyTuple_GetItem(references, i);
    PyObject* const weight = i < 4 ? weights[i].object : nullptr;
    if (reference == Py_None || !weight) {
      if (reference != Py_None || weight) return nullptr;
      continue;
    }
    const Own kept(PyObject_CallNoArgs(reference));
    if (kept.p != weight) return nullptr;
    const Own version(PyObject_GetAttr(weight, torch.version));
    if (!version.p) return nullptr;  // of inference mode: changes are not counted
    const int same = PyObject_RichCompareBool(version.p, PyTuple_GetItem(versions, i), Py_EQ);
    if (same <= 0) return nullptr;
  }
  const Own address(PyObject_GetAttr(PyTuple_GetItem(entry.p, 3), torch.address));
  return address.p ? static_cast<const PackedHandle*>(PyLong_AsVoidPtr(address.p)) : nullptr;
}

bool has_shape(const DLTensor& t, const Call& c, long first, long width) {
  if (t.bits != c.x.t.bits || t.ndim != c.x.t.ndim) return false;
  if (t.shape[0] != first || t.shape[t.ndim - 1] != width) return false;
  return c.unbatched || t.shape[1] == c.shape.batch;
}

// One layer: 1 if it ran, 0 if it is not served, -1: a Python error is set.
template <class T>
int run(Call& c, PyObject* parameters, PyObject* names, bool gradients, long place, const T* x, T* y) {
  const Py_ssize_t count = PyList_Check(names) ? PyList_Size(names) : 0;
  if (count != 2 && count != 4) return 0;
  Own held[4] = {nullptr, nullptr, nullptr, nullptr};
  Given weights[4] = {};
  Shape& s = c.shape;
  const long stacked = s.hidden * (s.cell == Cell::lstm ? 4 : s.cell == Cell::rnn ? 1 : 3);
  for (int i = 0; i < count; ++i) {
    held[i].p = item(parameters, PyList_GetItem(names, i));
    if (!held[i].p) return PyErr_Occurred() ? -1 : 0;  // computed from others
    weights[i].object = held[i].p;
    if (!look(held[i].p, weights[i].t)) return 0;
    const bool fits = i == 0   ? plain::has_shape(weights[i].t, c.x.t, stacked, s.input)
                      : i == 1 ? plain::has_shape(weights[i].t, c.x.t, stacked, s.hidden)
                               : plain::has_shape(weights[i].t, c.x.t, -1, stacked);
    if (!fits) return 0;
    if (gradients)
      if (const int t = truth(PyObject_GetAttr(held[i].p, torch.requires_grad))) return t < 0 ? t : 0;
  }
  Own entry(nullptr);
  const PackedHandle* const packed = find(c, weights, entry);
  if (!packed) {
    PyErr_Clear();
    return 0;
  }
  auto address = [](const Given& g) { return g.object ? static_cast<const T*>(g.t.data) : nullptr; };
  Forward<T> f{};
  f.shape = s;
  f.weights = {address(weights[0]), address(weights[1]), address(weights[2]), address(weights[3]),
               nullptr};
  f.packed = packed->if_fresh(f.weights);
  if (!f.packed) return 0;
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
int run_all(Call& c, PyObject* parameters, PyObject* names, bool gradients) {
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
    const int ran = run(c, parameters, PyList_GetItem(names, l), gradients, long(l), x, y);
    if (ran <= 0) return ran;
    x = y;
    c.shape.input = c.shape.hidden;
  }
  return 1;
}

}  // namespace

PyObject* elman::short_layer(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 7 || !PyDict_Check(args[0]) || !PyDict_Check(args[3])) {
    PyErr_SetString(PyExc_TypeError,
                    "short_layer: expected dict, cell, activation, dict, input, hx, most");
    return nullptr;
  }
  if (!torch.api) return none();
  PyObject *const layer = args[3], *const hx = args[5];
  const Own parameters(item(layer, torch.parameters)), names(item(layer, torch.all_weights));
  if (!parameters.p || !names.p) return PyErr_Occurred() ? nullptr : none();
  if (!PyDict_Check(parameters.p) || !PyList_Check(names.p)) return none();
  const long layers = long(PyList_Size(names.p));
  const int off = settings_off(layer, kBidirectional, hx == Py_None);
  if (off <= 0 || layers < 1) return off < 0 ? nullptr : none();
  Call c{};
  c.kept = args[0];
  Shape& s = c.shape;
  s.cell = static_cast<Cell>(PyLong_AsLong(args[1]));
  s.activation = static_cast<Activation>(PyLong_AsLong(args[2]));
  const long most = PyLong_AsLong(args[6]);
  const int first = on(layer, torch.batch_first);
  if (first < 0) return nullptr;
  if (PyErr_Occurred()) return nullptr;
  const bool lstm = s.cell == Cell::lstm;

  c.x.object = args[4];
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
  const int clear = undisturbed();
  if (clear <= 0) return clear < 0 ? nullptr : none();

  // The hidden size, before there is anything to put the results in.
  s.hidden = s.output = hidden_units(parameters.p, names.p);
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
    if (!bad) bad = truth(PyObject_Vectorcall(torch.is_neg, &object, 1, nullptr));
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
  const Own h(empty_like(wanted, s.hidden));
  if (!h.p) return nullptr;
  const Own cells(lstm ? empty_like(wanted, s.hidden) : nullptr);
  if (lstm && !cells.p) return nullptr;
  c.y.object = y.p;
  c.last[0].object = h.p;
  c.last[1].object = cells.p;
  if (!look(y.p, c.y.t) || !look(h.p, c.last[0].t) || (lstm && !look(cells.p, c.last[1].t)))
    return none();
  int ran = 0;
  try {
    ran = x.bits == 32 ? run_all<float>(c, parameters.p, names.p, gradients)
                       : run_all<double>(c, parameters.p, names.p, gradients);
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
  if (ran <= 0) return ran < 0 ? nullptr : none();
  if (!lstm) return PyTuple_Pack(2, y.p, h.p);
  const Own pair(PyTuple_Pack(2, h.p, cells.p));
  return pair.p ? PyTuple_Pack(2, y.p, pair.p) : nullptr;
}
