// How torch's tensors are read here. torch tells where a tensor's numbers lie
// through the function table of DLPack, so nothing of torch is linked.
//
// Functions that read tensors give back None for what they cannot read: it goes
// where it can be served, or gets its error message.
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>

#include "elman/core.h"
#include "elman/program.h"

namespace elman::border {

// DLPack 1.x, as far as it is used here (github.com/dmlc/dlpack).
struct DLTensor {
  void* data;
  int32_t device_type, device_id;
  int32_t ndim;
  uint8_t code, bits;
  uint16_t lanes;
  int64_t* shape;
  int64_t* strides;
  uint64_t byte_offset;
};
struct ExchangeApi {
  uint32_t major, minor;
  ExchangeApi* previous;
  void* allocate;
  void* from_object;
  void* to_object;
  int (*look)(void* object, DLTensor* out);
  void* stream;
};
inline constexpr int kCpu = 1, kInt = 0, kFloat = 2, kBool = 6;

// What elman.ops handed over once; see step_setup.
struct Torch {
  const ExchangeApi* api = nullptr;
  PyObject *tensor, *parameter;      // the types served
  PyObject* idle;                    // functions that must return nothing, or zero
  PyObject* hooks;                   // one more such function, where a graph is made
  PyObject *gradients, *threads;     // torch.is_grad_enabled, get_num_threads
  PyObject* forward_mode;            // the module whose level is that of dual numbers
  PyObject *level, *requires_grad;
  PyObject* stored;                  // from a tensor to one that can be read as it lies
  PyObject *new_empty, *empty_like, *is_neg, *is_zero, *transpose, *turn;  // of torch.Tensor, unbound
  PyObject* names[4];                // of a cell's parameters
  PyObject *parameters, *all_weights;
  PyObject *batch_first, *training, *bidirectional, *dropout, *proj_size, *beyond;  // of a layer
};
inline Torch torch;

// A reference given back at the end of the scope.
struct Own {
  PyObject* p;
  Own(PyObject* object) : p(object) {}
  ~Own() { Py_XDECREF(p); }
  Own(const Own&) = delete;
  Own& operator=(const Own&) = delete;
  PyObject* release() {
    PyObject* out = p;
    p = nullptr;
    return out;
  }
};

// 1: true, 0: false, -1: a Python error is set.
inline int truth(PyObject* owned) {
  if (!owned) return -1;
  const int t = PyObject_IsTrue(owned);
  Py_DECREF(owned);
  return t;
}

inline bool ordinary(PyObject* object) {
  PyObject* type = reinterpret_cast<PyObject*>(Py_TYPE(object));
  return type == torch.tensor || type == torch.parameter;
}

// No transform, mode, tracer or autocast is active, and nobody asks for a path; where
// a graph is made, no hooks on saved tensors either.
inline int undisturbed(bool graph) {
  if (graph)
    if (const int t = truth(PyObject_CallNoArgs(torch.hooks))) return t < 0 ? t : 0;
  for (Py_ssize_t i = 0; i < PyTuple_Size(torch.idle); ++i)
    if (const int t = truth(PyObject_CallNoArgs(PyTuple_GetItem(torch.idle, i)))) return t < 0 ? t : 0;
  const Own level(PyObject_GetAttr(torch.forward_mode, torch.level));
  if (!level.p) return -1;
  const long n = PyLong_AsLong(level.p);
  if (n == -1 && PyErr_Occurred()) return -1;
  return n < 0;
}

// A view whose numbers are still to be negated: the imaginary part of a conjugate.
// 1, 0 or -1.
inline int is_negated(PyObject* tensor) {
  return truth(PyObject_Vectorcall(torch.is_neg, &tensor, 1, nullptr));
}

// A tensor of zeros without memory has its offset for an address; asked only below
// where memory is usually had.
inline bool has_memory(PyObject* tensor, const void* data) {
  if (!data) return false;
  if (reinterpret_cast<uintptr_t>(data) >> 44) return true;
  const int zero = truth(PyObject_Vectorcall(torch.is_zero, &tensor, 1, nullptr));
  if (zero < 0) PyErr_Clear();
  return !zero;
}

// Whether this is a dense CPU tensor of such numbers, whatever its strides. 0: it is
// not, which holds for what has no memory of its own: batched, fake, functional, meta,
// sparse …
inline int look_at(PyObject* object, DLTensor& t, int code = kFloat) {
  if (!ordinary(object)) return 0;
  if (torch.api->look(object, &t)) {
    PyErr_Clear();
    return 0;
  }
  if (t.device_type != kCpu || t.code != code || t.lanes != 1) return 0;
  return t.bits == 32 || t.bits == 64;
}

inline bool is_empty(const DLTensor& t) {
  for (int i = 0; i < t.ndim; ++i)
    if (!t.shape[i]) return true;
  return false;
}

// Whether its numbers lie one after another, if only along its last axis.
inline bool is_together(const DLTensor& t, bool rows) {
  if (is_empty(t)) return true;
  int64_t expected = 1;
  for (int i = t.ndim - 1; i >= (rows ? t.ndim - 1 : 0); expected *= t.shape[i--])
    if (t.shape[i] != 1 && t.strides[i] != expected) return false;
  return true;
}

// Where the numbers of a tensor lie that has at least one, one after another.
inline int look(PyObject* object, DLTensor& t) {
  if (!look_at(object, t) || is_empty(t) || !is_together(t, false)) return 0;
  if (!has_memory(object, t.data)) return 0;
  t.data = static_cast<char*>(t.data) + t.byte_offset;
  return 1;
}

// The same of any dense CPU tensor: what cannot be read as it lies is copied. `rows`:
// only its last axis has to be together; `sure`: none are still to be negated. 1: read,
// 0: it cannot be, -1: a Python error.
inline int read(Own& held, PyObject* object, DLTensor& t, bool rows, bool sure, int code = kFloat) {
  if (!look_at(object, t, code)) return 0;
  const int negated = sure ? 0 : is_negated(object);
  if (negated < 0) return -1;
  if (negated || !is_together(t, rows) || (!is_empty(t) && !has_memory(object, t.data))) {
    held.p = PyObject_Vectorcall(torch.stored, &object, 1, nullptr);
    if (!held.p) return -1;
    if (!look_at(held.p, t, code) || !is_together(t, rows)) return 0;
    if (!is_empty(t) && !has_memory(held.p, t.data)) return 0;
  }
  t.data = static_cast<char*>(t.data) + t.byte_offset;
  return 1;
}

struct Given {
  PyObject* object;
  DLTensor t;
};

// Whether this matrix, or with rows < 0 this vector, is of the same numbers as `like`.
inline bool has_shape(const DLTensor& t, const DLTensor& like, int64_t rows, int64_t width) {
  if (t.bits != like.bits) return false;
  if (rows < 0) return t.ndim == 1 && t.shape[0] == width;
  return t.ndim == 2 && t.shape[0] == rows && t.shape[1] == width;
}

// The states that a call was given, if any. False: not as many as the cell has.
inline bool states_of(PyObject* hx, bool lstm, Given (&state)[2]) {
  if (hx == Py_None) return true;
  if (!lstm) {
    state[0].object = hx;
    return true;
  }
  if (!PyTuple_CheckExact(hx) || PyTuple_Size(hx) != 2) return false;
  for (int i = 0; i < 2; ++i) state[i].object = PyTuple_GetItem(hx, i);
  return true;
}

// A new tensor of x's dtype, of one to four axes.
inline PyObject* empty(PyObject* x, const int64_t* shape, int axes) {
  PyObject* args[5] = {x};
  bool failed = false;
  for (int i = 0; i < axes; ++i) {
    args[i + 1] = PyLong_FromLongLong(shape[i]);
    failed = failed || !args[i + 1];
  }
  PyObject* out =
      failed ? nullptr
             : PyObject_Vectorcall(torch.new_empty, args, std::size_t(axes) + 1, nullptr);
  for (int i = 0; i < axes; ++i) Py_XDECREF(args[i + 1]);
  return out;
}

// The same of x's shape, but for its last axis; `state`, if given, is such a tensor.
inline PyObject* empty_like(const Given& x, long width, const Given* state = nullptr) {
  if (state && state->object)
    return PyObject_Vectorcall(torch.empty_like, &state->object, 1, nullptr);
  int64_t shape[3];
  for (int i = 0; i < x.t.ndim; ++i) shape[i] = i + 1 < x.t.ndim ? x.t.shape[i] : width;
  return empty(x.object, shape, x.t.ndim);
}

// In multiplications: what one thread does in less time than others need to
// notice that the lock is free.
inline constexpr long kQuick = 100000;

template <class T> void run(const Forward<T>& f) { forward(f); }
template <class T> void run(const Backward<T>& f) { backward(f); }
template <class T> void run(const GraphForward<T>& f) { forward(f); }
template <class T> void run(const GraphBackward<T>& f) { backward(f); }

// None, borrowed, or null and a Python error. The interpreter's lock comes back without a
// destructor, so that a daemon thread ended by the interpreter's exit while it waits for
// the lock unwinds, where a destructor would end the process.
template <class Pass>
PyObject* compute(const Pass& pass) {
  std::exception_ptr failure;
  const Shape& s = pass.shape;
  const long work = (s.input + s.hidden) * s.hidden * s.batch * s.steps;
  PyThreadState* state = work > kQuick ? PyEval_SaveThread() : nullptr;
  try {
    run(pass);
  } catch (const std::exception&) {
    failure = std::current_exception();
  }
  if (state) PyEval_RestoreThread(state);
  if (!failure) return Py_None;
  try {
    std::rethrow_exception(failure);
  } catch (const std::bad_alloc&) {
    PyErr_SetString(PyExc_MemoryError, "the core could not allocate its working memory");
  } catch (const std::exception& e) {
    PyErr_SetString(PyExc_ValueError, e.what());
  }
  return nullptr;
}

inline PyObject* none() { return Py_NewRef(Py_None); }

inline PyObject* unless_none(PyObject* object) { return object == Py_None ? nullptr : object; }

inline long gates_of(Cell cell) { return cell == Cell::lstm ? 4 : cell == Cell::rnn ? 1 : 3; }

}  // namespace elman::border
