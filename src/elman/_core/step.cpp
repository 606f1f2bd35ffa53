// One step of a cell, its weights where they lie: see tensors.h for what is served.
#include "functions.h"
#include "tensors.h"

using namespace elman;
using namespace elman::border;

namespace {

template <class T>
PyObject* one_step(Shape& shape, const Given& x, const Given* state, const Given* weights, bool bias) {
  Forward<T> f{};
  f.single = true;  // y is null: the state says it
  f.shape = shape;
  const bool lstm = shape.cell == Cell::lstm;
  auto address = [](const Given& g) { return g.object ? static_cast<const T*>(g.t.data) : nullptr; };
  f.x = address(x);
  f.x_row = f.x_step = shape.input;
  f.h0 = address(state[0]);
  f.c0 = address(state[1]);
  f.weights = {address(weights[0]), address(weights[1]), bias ? address(weights[2]) : nullptr,
               bias ? address(weights[3]) : nullptr, nullptr};
  Given out[2] = {};
  Own h(empty_like(x, shape.hidden, &state[0]));
  if (!h.p) return nullptr;
  Own c(lstm ? empty_like(x, shape.hidden, &state[1]) : nullptr);
  if (lstm && !c.p) return nullptr;
  if (!look(h.p, out[0].t) || (lstm && !look(c.p, out[1].t))) Py_RETURN_NONE;
  f.hn = static_cast<T*>(out[0].t.data);
  f.cn = static_cast<T*>(out[1].t.data);
  if (!compute(f)) return nullptr;
  return lstm ? PyTuple_Pack(2, h.p, c.p) : h.release();
}

PyObject* parameter(PyObject* parameters, int i) {
  PyObject* found = PyDict_GetItemWithError(parameters, torch.names[i]);
  Py_XINCREF(found);
  return found;
}

}  // namespace

// (cell, activation, parameters, input, hx, most rows): the next state, or None.
PyObject* elman::step(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 6 || !PyDict_Check(args[2])) {
    PyErr_SetString(PyExc_TypeError, "step: expected cell, activation, dict, input, hx, rows");
    return nullptr;
  }
  if (!torch.api) Py_RETURN_NONE;
  Shape shape{};
  shape.cell = static_cast<Cell>(PyLong_AsLong(args[0]));
  shape.activation = static_cast<Activation>(PyLong_AsLong(args[1]));
  const long most = PyLong_AsLong(args[5]);
  if (PyErr_Occurred()) return nullptr;
  const bool lstm = shape.cell == Cell::lstm;

  // Held, since another thread may put others in their place meanwhile.
  const Own held[4] = {parameter(args[2], 0), parameter(args[2], 1), parameter(args[2], 2),
                       parameter(args[2], 3)};
  Given weights[4] = {};
  for (int i = 0; i < 4; ++i) {
    weights[i].object = held[i].p;
    if (!held[i].p) {
      if (PyErr_Occurred()) return nullptr;
      Py_RETURN_NONE;  // computed from other parameters
    }
  }
  const int gradients = truth(PyObject_CallNoArgs(torch.gradients));
  if (gradients < 0) return nullptr;
  if (gradients) {
    const int t = truth(PyObject_GetAttr(weights[0].object, torch.requires_grad));
    if (t) return t < 0 ? nullptr : Py_NewRef(Py_None);
  }
  const int clear = undisturbed(false);
  if (clear <= 0) return clear < 0 ? nullptr : Py_NewRef(Py_None);

  Given x{args[3], {}}, state[2] = {};
  if (!look(x.object, x.t) || x.t.ndim < 1 || x.t.ndim > 2) Py_RETURN_NONE;
  const int64_t rows = x.t.ndim == 2 ? x.t.shape[0] : -1;
  const int64_t inputs = x.t.shape[x.t.ndim - 1];
  if (rows > most || rows > 8) Py_RETURN_NONE;
  if (!look(weights[1].object, weights[1].t) || weights[1].t.ndim != 2) Py_RETURN_NONE;
  const int64_t hidden = weights[1].t.shape[1];
  const int64_t stacked = hidden * gates_of(shape.cell);
  const bool bias = weights[2].object != Py_None;
  if (!look(weights[0].object, weights[0].t)) Py_RETURN_NONE;
  if (!has_shape(weights[0].t, x.t, stacked, inputs) ||
      !has_shape(weights[1].t, x.t, stacked, hidden))
    Py_RETURN_NONE;
  for (int i = 2; i < 4; ++i) {
    if (!bias && weights[i].object == Py_None) continue;
    if (!look(weights[i].object, weights[i].t) || !has_shape(weights[i].t, x.t, -1, stacked))
      Py_RETURN_NONE;
  }
  if (!states_of(args[4], lstm, state)) Py_RETURN_NONE;
  for (Given& given : state)
    if (given.object && (!look(given.object, given.t) || !has_shape(given.t, x.t, rows, hidden)))
      Py_RETURN_NONE;
  const Given* const all[] = {&x,          &state[0],   &state[1],  &weights[0],
                              &weights[1], &weights[2], &weights[3]};
  for (int i = 0; i < 7; ++i) {
    PyObject* object = all[i]->object;
    if (!object || object == Py_None) continue;
    int t = gradients ? truth(PyObject_GetAttr(object, torch.requires_grad)) : 0;
    if (!t) t = is_negated(object);
    if (t) return t < 0 ? nullptr : Py_NewRef(Py_None);
  }

  shape.steps = 1;
  shape.batch = rows < 0 ? 1 : long(rows);
  shape.input = long(inputs);
  shape.hidden = shape.output = long(hidden);
  shape.threads = 1;
  if (shape.batch * stacked * (hidden + inputs) > kQuick) {
    const Own n(PyObject_CallNoArgs(torch.threads));
    shape.threads = n.p ? int(PyLong_AsLong(n.p)) : 1;
    if (PyErr_Occurred()) return nullptr;
  }
  return x.t.bits == 32 ? one_step<float>(shape, x, state, weights, bias)
                        : one_step<double>(shape, x, state, weights, bias);
}
