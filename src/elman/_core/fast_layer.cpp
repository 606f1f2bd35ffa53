// Whether a layer's call is eligible for the fast path, past all that Python would ask
// and look up; and such a call itself where it is one run of the core.
#include <algorithm>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "functions.h"
#include "layer.h"
#include "sequence.h"

using namespace elman;
using namespace elman::border;

namespace {

// The parameters of every layer and direction, held.
struct Places {
  std::vector<Given> weights;  // kWeights of each
  explicit Places(Py_ssize_t places) : weights(std::size_t(places) * kWeights, Given{}) {}
  ~Places() {
    for (Given& g : weights) Py_XDECREF(g.object);
  }
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;
  Given (&operator[](Py_ssize_t place))[kWeights] {
    return *reinterpret_cast<Given(*)[kWeights]>(&weights[std::size_t(place) * kWeights]);
  }
};

// The parameters of one layer in one direction: 1, 0 or -1 as ever.
int weights_of(Given (&w)[kWeights], const Layer& layer, PyObject* parameters, PyObject* names,
               bool projects) {
  const Py_ssize_t count = PyList_Check(names) ? PyList_Size(names) - projects : 0;
  if (count != 2 && count != 4) return 0;
  for (Py_ssize_t i = 0; i < count + projects; ++i) {
    Given& g = w[i < count ? i : kWeights - 1];
    g.object = parameter_of(layer, parameters, PyList_GetItem(names, i));
    if (!g.object) return PyErr_Occurred() ? -1 : 0;
    if (!look(g.object, g.t)) return 0;
  }
  return 1;
}

// Whether one of them wants a gradient. 1, 0 or -1.
int wants(const Given* given, int count) {
  for (int i = 0; i < count; ++i) {
    if (!given[i].object) continue;
    if (const int t = truth(PyObject_GetAttr(given[i].object, torch.requires_grad))) return t;
  }
  return 0;
}

// 1: some of them are still to be negated, 0, or -1.
int negated(const Given* given, int count) {
  for (int i = 0; i < count; ++i) {
    if (!given[i].object) continue;
    if (const int t = is_negated(given[i].object)) return t;
  }
  return 0;
}

// (y, state) of layers in one direction, without a graph. What lies between them here,
// the driver of elman/layers/_stack.py would take longer for than the core for a step.
PyObject* at_once(Sequence& q, Places& places, Py_ssize_t layers) {
  Shape& s = q.shape;
  const bool turned = q.turned;
  s.threads = 1;
  if ((s.input + s.hidden) * s.hidden * s.batch * s.steps > kQuick) {
    const Own threads(PyObject_CallNoArgs(torch.threads));
    s.threads = threads.p ? int(PyLong_AsLong(threads.p)) : 1;
    if (PyErr_Occurred()) return nullptr;
  }
  Own made[2] = {nullptr, nullptr};
  void* to[2] = {nullptr, nullptr};
  int64_t size[2] = {};
  for (int i = 0; i < (q.lstm ? 2 : 1); ++i) {
    const int64_t units = i ? s.hidden : s.output;
    const int64_t shape[3] = {layers, q.unbatched ? units : s.batch, units};
    Given out{};
    if (q.state[i].object) {  // the quickest way to its like
      made[i].p = PyObject_Vectorcall(torch.empty_like, &q.state[i].object, 1, nullptr);
      if (!made[i].p) return nullptr;
      if (!look(made[i].p, out.t)) return none();
    } else if (!make(made[i], out, q.x, shape, q.unbatched ? 2 : 3)) {
      return nullptr;
    }
    to[i] = out.t.data;
    size[i] = s.batch * units * q.x.t.bits / 8;
  }
  Own y(nullptr);
  // What lies between two layers is nobody else's: as x to the next, (T, B, P).
  std::unique_ptr<char[]> between[2];
  const long row = s.output, step = s.batch * s.output;
  int64_t strides[3] = {step, row, 1};
  if (q.unbatched) strides[1] = 1;
  for (Py_ssize_t k = 0; k < layers; ++k) {
    Run out;
    std::copy(places[k], places[k] + kWeights, q.weights);
    std::unique_ptr<char[]>& room = between[k & 1];
    const bool inner = k + 1 < layers;
    if (inner && !room) room.reset(new char[std::size_t(s.steps * step) * q.x.t.bits / 8]);
    if (!run(out, q, false, to, inner ? room.get() : nullptr)) return nullptr;
    if (!inner) {
      std::swap(y.p, out.y.p);
      break;
    }
    q.x.t.data = room.get();
    q.x.t.strides = strides;
    s.input = s.output;
    q.turned = false;
    for (int i = 0; i < 2; ++i) {
      if (to[i]) to[i] = static_cast<char*>(to[i]) + size[i];
      if (q.state[i].object) q.state[i].t.data = static_cast<char*>(q.state[i].t.data) + size[i];
    }
  }
  if (turned) {  // in the caller's order, and no view: see elman/layers/batch/_own.py
    const Own zero(PyLong_FromLong(0)), one(PyLong_FromLong(1));
    PyObject* const args[3] = {y.p, zero.p, one.p};
    const Own same(zero.p && one.p ? PyObject_Vectorcall(torch.turn, args, 3, nullptr) : nullptr);
    if (!same.p) return nullptr;
  }
  if (!q.lstm) return PyTuple_Pack(2, y.p, made[0].p);
  const Own pair(PyTuple_Pack(2, made[0].p, made[1].p));
  return pair.p ? PyTuple_Pack(2, y.p, pair.p) : nullptr;
}

}  // namespace

// (cell, activation, layer, its own dictionary, input, hx, lengths, noisy): None where the
// call is not eligible. (y, state) where it is one run of the core without a graph, and not
// noisy: then the caller has looked at the options beyond torch's. Else
// whether gradients are wanted, h_0 and c_0 or None, five parameters or Nones for each
// layer and direction, and the lengths, or None where all rows are full.
PyObject* elman::fast_layer(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 8 || !PyDict_Check(args[3])) {
    PyErr_SetString(PyExc_TypeError,
                    "fast_layer: expected cell, activation, layer, dict, input, hx, lengths, "
                    "noisy");
    return nullptr;
  }
  const Layer layer{args[2], args[3]};
  PyObject* const hx = args[5];
  const Own parameters(item(layer.dict, torch.parameters)), names(item(layer.dict, torch.all_weights));
  if (!parameters.p || !names.p) return PyErr_Occurred() ? nullptr : none();
  if (!PyDict_Check(parameters.p) || !PyList_Check(names.p) || !PyList_Size(names.p))
    return none();
  const int noisy = PyObject_IsTrue(args[7]);
  if (noisy < 0) return nullptr;
  const int off = noisy ? 1 : as_torchs(layer, hx == Py_None);
  if (off <= 0) return off < 0 ? nullptr : none();

  Sequence q{};
  Shape& s = q.shape;
  s.cell = static_cast<Cell>(PyLong_AsLong(args[0]));
  s.activation = static_cast<Activation>(PyLong_AsLong(args[1]));
  const int first = on(layer, torch.batch_first), both = on(layer, torch.bidirectional);
  const int projects = on(layer, torch.proj_size);
  if (PyErr_Occurred()) return nullptr;
  q.lstm = s.cell == Cell::lstm;
  q.x.object = args[4];
  if (!look(q.x.object, q.x.t) || q.x.t.ndim < 2 || q.x.t.ndim > 3) return none();
  q.unbatched = q.x.t.ndim == 2;
  q.turned = first && !q.unbatched;
  s.steps = long(q.x.t.shape[q.turned]);
  s.batch = q.unbatched ? 1 : long(q.x.t.shape[!q.turned]);
  s.input = long(q.x.t.shape[q.x.t.ndim - 1]);
  PyObject* lengths = args[6];
  if (lengths != Py_None) {
    s.lengths = q.unbatched ? nullptr : lengths_of(lengths, s.batch);
    if (!s.lengths) return none();
    bool full = true;
    for (long i = 0; i < s.batch; ++i) {
      if (s.lengths[i] < 0 || s.lengths[i] > s.steps) return none();
      full = full && s.lengths[i] == s.steps;
    }
    if (full) {
      lengths = Py_None;
      s.lengths = nullptr;
    }
  }
  const Py_ssize_t count_of_places = PyList_Size(names.p);
  Places places(count_of_places);
  for (Py_ssize_t k = 0; k < count_of_places; ++k) {
    const int known = weights_of(places[k], layer, parameters.p, PyList_GetItem(names.p, k), projects);
    if (known <= 0) return known < 0 ? nullptr : none();
    Shape sizes = s;
    if (!set_sizes(sizes, places[k])) return none();
    if (k && (sizes.hidden != s.hidden || sizes.output != s.output)) return none();
    s.hidden = sizes.hidden;
    s.output = sizes.output;
    if (!weights_fit(places[k], q.x.t, s, k <= both ? s.input : s.output * (1 + both))) return none();
  }

  if (!states_of(hx, q.lstm, q.state)) return none();
  const int gradients = truth(PyObject_CallNoArgs(torch.gradients));
  if (gradients < 0) return nullptr;
  const Given* const given[] = {&q.x, &q.state[0], &q.state[1]};
  int differentiable = 0;
  for (int i = 0; i < 3; ++i) {
    const Given& g = *given[i];
    if (!g.object) continue;
    if (i) {
      if (!look(g.object, q.state[i - 1].t) || g.t.ndim != (q.unbatched ? 2 : 3)) return none();
      // (L·D, B, ·) and unbatched (L·D, ·)
      const long units = i == 2 ? s.hidden : s.output;
      if (q.unbatched ? !has_shape(g.t, q.x.t, count_of_places, units)
                      : !state_fits(g, q.x.t, count_of_places, s.batch, units))
        return none();
    }
    if (gradients && !differentiable) differentiable = wants(&g, 1);
  }
  const int all = int(count_of_places) * kWeights;
  if (gradients && !differentiable) differentiable = wants(places.weights.data(), all);
  if (differentiable < 0) return nullptr;
  const int random = count_of_places > 1 && on(layer, torch.dropout) && on(layer, torch.training);
  const bool one_run = !differentiable && !both && !random && !noisy;
  if (PyErr_Occurred()) return nullptr;
  if (q.unbatched && !one_run) return none();
  const int clear = undisturbed(differentiable);
  if (clear <= 0) return clear < 0 ? nullptr : none();
  int bad = negated(places.weights.data(), all);
  for (const Given* g : given)
    if (!bad) bad = negated(g, 1);
  if (bad) return bad < 0 ? nullptr : none();
  if (one_run) {
    try {
      return at_once(q, places, count_of_places);
    } catch (const std::bad_alloc&) {
      return PyErr_NoMemory();
    }
  }
  const Own list(PyList_New(0));
  if (!list.p) return nullptr;
  for (const Given& g : places.weights)
    if (PyList_Append(list.p, g.object ? g.object : Py_None)) return nullptr;
  auto or_none = [](const Given& g) { return g.object ? g.object : Py_None; };
  return PyTuple_Pack(5, differentiable ? Py_True : Py_False, or_none(q.state[0]),
                      or_none(q.state[1]), list.p, lengths);
}
