// A cell's program and its two passes, on torch's tensors: every tensor is looked at by
// the function table of DLPack, and its shape compared with what the program needs. All
// of them are the caller's, those to be written too; they are plain ones, with memory of
// their own and nothing left to negate. Nothing may alias.
#include "graph.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sequence.h"

namespace nb = nanobind;
using elman::border::DLTensor;

namespace elman {
namespace {

using Axes = std::vector<int64_t>;

std::string text(const int64_t* axes, long n) {
  std::string s = "(";
  for (long i = 0; i < n; ++i) s += (i ? ", " : "") + std::to_string(axes[i]);
  return s + ")";
}

// A matrix of rows, as the core takes it: steps and rows apart by strides.
template <class T>
struct Strided {
  T* data = nullptr;
  long step = 0, row = 0;
};

template <class T>
class Tensors {
 public:
  // Null for None, and where there is nothing.
  T* whole(nb::handle object, const std::string& name, const Axes& axes) const {
    if (object.is_none()) return nullptr;
    const DLTensor t = look(object, name, axes);
    if (!border::is_together(t, false)) refuse(name, "is not contiguous");
    return at(t);
  }

  Strided<T> strided(nb::handle object, const std::string& name, const Axes& axes) const {
    if (object.is_none()) return {};
    const DLTensor t = look(object, name, axes);
    if (!border::is_together(t, true)) refuse(name, "is not contiguous in its last axis");
    return {at(t), long(t.strides[0]), long(t.strides[1])};
  }

  // A mask of booleans; no bytes: it is none.
  Mask<T> flags(nb::handle object, const std::string& name, const Axes& axes) const {
    if (object.is_none()) return {};
    const DLTensor t = look_at(object, name);
    if (t.code != border::kBool || t.bits != 8 || t.lanes != 1) return {};
    fits(t, name, axes);
    if (!border::is_together(t, true)) refuse(name, "is not contiguous in its last axis");
    static const unsigned char nothing = 0;  // a tensor of no numbers may have no memory
    const auto* const from = static_cast<const unsigned char*>(t.data);
    return {nullptr, long(t.strides[0]), long(t.strides[1]),
            from ? from + t.byte_offset : &nothing};
  }

  // As many as `count`, each of these axes or None; no sequence: none at all.
  template <class F>
  auto each(nb::handle objects, const std::string& name, int count, F f) const {
    std::vector<decltype(f(objects, name, 0))> out(std::size_t(count), decltype(f(objects, name, 0)){});
    if (objects.is_none()) return out;
    if (long(nb::len(objects)) != count)
      refuse(name, "has " + std::to_string(nb::len(objects)) + " tensors, not " +
                       std::to_string(count));
    for (int i = 0; i < count; ++i)
      out[std::size_t(i)] = f(objects[i], name + "[" + std::to_string(i) + "]", i);
    return out;
  }

  static DLTensor look_at(nb::handle object, const std::string& name) {
    if (!border::torch.api) throw nb::value_error("this torch has no table of DLPack functions");
    DLTensor t;
    if (border::torch.api->look(object.ptr(), &t)) {
      PyErr_Clear();
      refuse(name, "is no tensor with memory of its own");
    }
    if (t.device_type != border::kCpu) refuse(name, "is not on the CPU");
    return t;
  }

  [[noreturn]] static void refuse(const std::string& name, const std::string& what) {
    throw nb::value_error(("graph: " + name + " " + what).c_str());
  }

 private:
  static T* at(const DLTensor& t) {
    return reinterpret_cast<T*>(static_cast<char*>(t.data) + t.byte_offset);
  }

  static DLTensor look(nb::handle object, const std::string& name, const Axes& axes) {
    const DLTensor t = look_at(object, name);
    if (t.code != border::kFloat || t.bits != 8 * sizeof(T) || t.lanes != 1)
      refuse(name, sizeof(T) == 4 ? "is not float32 as x is" : "is not float64 as x is");
    fits(t, name, axes);
    return t;
  }
  static void fits(const DLTensor& t, const std::string& name, const Axes& axes) {
    if (!std::equal(t.shape, t.shape + t.ndim, axes.begin(), axes.end()))
      refuse(name, "has shape " + text(t.shape, t.ndim) + ", not " +
                       text(axes.data(), long(axes.size())));
    if (!t.data && !border::is_empty(t)) refuse(name, "has no memory");
  }
};

// What both passes are given.
struct Given {
  nb::handle x, weights, units, masks, first, y, saved, tracks, rows, lengths;
  bool reverse;
  int threads;
};

template <class T>
class Ready {
 public:
  Ready(const Program& g, const Given& a, bool saving) : g_(g) {
    const DLTensor x = Tensors<T>::look_at(a.x, "x"), y = Tensors<T>::look_at(a.y, "y");
    if (x.ndim != 3) t_.refuse("x", "has " + std::to_string(x.ndim) + " axes, not 3");
    if (y.ndim != 3) t_.refuse("y", "has " + std::to_string(y.ndim) + " axes, not 3");
    S_ = x.shape[0], B_ = x.shape[1], I_ = x.shape[2], H_ = y.shape[2];
    if (H_ < 1) t_.refuse("y", "has no units");
    shape_ = {Cell::rnn, Activation::tanh, long(S_), long(B_), long(I_), long(H_), long(H_),
              a.reverse, nullptr, a.threads};
    if (!a.lengths.is_none()) {
      shape_.lengths = border::lengths_of(a.lengths.ptr(), B_);
      if (!shape_.lengths && B_)
        t_.refuse("lengths", "is no contiguous int64 tensor of " + std::to_string(B_));
    }
    x_ = t_.strided(a.x, "x", {S_, B_, I_});
    y_ = t_.strided(a.y, "y", {S_, B_, H_});
    weights_ = weights(a.weights, "weights");
    units_ = vectors(a.units, "units");
    masks_ = t_.each(a.masks, "masks", g.masks, [&](nb::handle o, const std::string& n, int) {
      if (const Mask<T> bytes = t_.flags(o, n, {S_, B_, H_}); bytes.bytes) return bytes;
      const Strided<T> m = t_.strided(o, n, {S_, B_, H_});
      return Mask<T>{m.data, m.step, m.row, nullptr};
    });
    first_ = states(a.first, "first");
    if (I_ > 0) need(x_.data, "x");
    need(y_.data, "y");
    for (std::size_t i = 0; i < weights_.size(); ++i)
      if (I_ > 0 || fed_by_units(int(i))) need(weights_[i], "weights");
    for (const T* u : units_) need(u, "units");
    for (const Mask<T>& m : masks_)
      if (!m.bytes) need(m.data, "masks");
    if (!saving) return;
    saved_ = t_.whole(a.saved, "saved", {S_, B_, g.saved, H_});
    tracks_ = t_.each(a.tracks, "tracks", g.states, [&](nb::handle o, const std::string& n, int) {
      return t_.whole(o, n, {S_, B_, H_});
    });
    rows_ = t_.whole(a.rows, "rows", {S_, B_, g.rows});
    if (g.saved) need(saved_, "saved");
    if (g.rows) need(rows_, "rows");
    for (int i = 1; i < g.states; ++i) need(tracks_[std::size_t(i)], "tracks");
  }

  template <class Pass>
  void give(Pass& p) const {
    p.shape = shape_;
    p.program = &g_;
    p.x = x_.data, p.x_step = x_.step, p.x_row = x_.row;
    p.y = y_.data, p.y_step = y_.step, p.y_row = y_.row;
    p.weights = weights_.data();
    p.units = units_.data();
    p.masks = masks_.data();
    p.first = first_.data();
    p.saved = saved_;
    p.tracks = tracks_.data();
    p.rows = rows_;
  }

  bool fed_by_units(int weight) const {
    for (const ProgramProduct& q : g_.products)
      if (q.weight == weight) return q.source != Source::input;
    return false;
  }
  // Memory that has to be there where anything is.
  void need(const T* data, const char* name) const {
    if (!data && S_ * B_ > 0) t_.refuse(name, "is missing");
  }
  std::vector<T*> weights(nb::handle objects, const char* name) const {
    return t_.each(objects, name, g_.weights, [&](nb::handle o, const std::string& n, int w) {
      for (const ProgramProduct& q : g_.products)
        if (q.weight == w)
          return t_.whole(o, n, {q.slots * H_, q.source == Source::input ? I_ : H_ / q.heads});
      return static_cast<T*>(nullptr);
    });
  }
  std::vector<T*> vectors(nb::handle objects, const char* name) const {
    return t_.each(objects, name, g_.units,
                   [&](nb::handle o, const std::string& n, int) { return t_.whole(o, n, {H_}); });
  }
  // Each (B, H), or (1, B, H) as a layer returns them.
  std::vector<T*> states(nb::handle objects, const char* name) const {
    return t_.each(objects, name, g_.states, [&](nb::handle o, const std::string& n, int) {
      const bool stacked = !o.is_none() && t_.look_at(o, n).ndim == 3;
      return stacked ? t_.whole(o, n, {1, B_, H_}) : t_.whole(o, n, {B_, H_});
    });
  }
  T* bias(nb::handle object, const char* name) const {
    return t_.whole(object, name, {g_.slots * H_});
  }
  Strided<T> sequence(nb::handle object, const char* name, bool of_input) const {
    return t_.strided(object, name, {S_, B_, of_input ? I_ : H_});
  }
  T* norms(nb::handle object) const { return t_.whole(object, "norms", {S_, B_}); }

 private:
  const Program& g_;
  const Tensors<T> t_{};
  int64_t S_, B_, I_, H_;
  Shape shape_;
  Strided<T> x_, y_;
  std::vector<T*> weights_, units_, first_, tracks_;
  std::vector<Mask<T>> masks_;
  T *saved_ = nullptr, *rows_ = nullptr;
};

struct Graph {
  Program program;

  template <class T>
  void forward_of(const Given& a, nb::handle bias, nb::handle last, bool save) const {
    const Ready<T> r(program, a, save);
    const std::vector<T*> to = r.states(last, "last");
    for (const T* p : to) r.need(p, "last");
    GraphForward<T> f{};
    r.give(f);
    f.bias = r.bias(bias, "bias");
    f.last = to.data();
    f.save = save;
    f.single = !save && fits_single(f.shape);
    if (!border::compute(f)) throw nb::python_error();
  }

  struct Wanted {
    nb::handle dy, dlast, dx, dweights, dbias, dunits, dfirst, norms;
  };
  template <class T>
  void backward_of(const Given& a, const Wanted& w) const {
    if (!program.differentiable())
      throw nb::value_error("graph: this cell's program has no backward pass");
    const Ready<T> r(program, a, true);
    const Strided<T> dy = r.sequence(w.dy, "dy", false), dx = r.sequence(w.dx, "dx", true);
    const std::vector<T*> last = r.states(w.dlast, "dlast"), first = r.states(w.dfirst, "dfirst");
    const std::vector<T*> weights = r.weights(w.dweights, "dweights");
    const std::vector<T*> units = r.vectors(w.dunits, "dunits");
    GraphBackward<T> b{};
    r.give(b);
    b.dy = dy.data, b.dy_step = dy.step, b.dy_row = dy.row;
    b.dx = dx.data, b.dx_step = dx.step, b.dx_row = dx.row;
    b.dlast = last.data();
    b.dweights = weights.data();
    b.dbias = r.bias(w.dbias, "dbias");
    b.dunits = units.data();
    b.dfirst = first.data();
    b.norms = r.norms(w.norms);
    if (!border::compute(b)) throw nb::python_error();
  }
};

// Calls f<float> or f<double>, as x is.
template <class F>
void by_type(nb::handle x, F f) {
  const DLTensor t = Tensors<float>::look_at(x, "x");
  if (t.code == border::kFloat && t.lanes == 1 && t.bits == 32) return f(float());
  if (t.code == border::kFloat && t.lanes == 1 && t.bits == 64) return f(double());
  Tensors<float>::refuse("x", "is neither float32 nor float64");
}

}  // namespace

const Program* program_of(PyObject* object) {
  const nb::handle given(object);
  return nb::isinstance<Graph>(given) ? &nb::inst_ptr<Graph>(given)->program : nullptr;
}

void add_graph(nb::module_& m) {
  using O = nb::handle;
  m.def("use_compiled", &use_compiled);
  m.def("saved_vectors", [](int cell, int activation) {
    return saved_gates(static_cast<Cell>(cell), static_cast<Activation>(activation));
  });
  m.def("draw", [](O mask, std::uint64_t key, double share, int threads) {
    const DLTensor t = Tensors<float>::look_at(mask, "mask");
    if (t.code != border::kBool || t.bits != 8 || !border::is_together(t, false))
      Tensors<float>::refuse("mask", "is no contiguous tensor of booleans");
    long count = 1;
    for (int k = 0; k < t.ndim; ++k) count *= long(t.shape[k]);
    auto* const to = static_cast<unsigned char*>(t.data) + t.byte_offset;
    const nb::gil_scoped_release released;
    draw(key, share, to, count, threads);
  }, nb::arg("mask"), nb::arg("key"), nb::arg("share"), nb::arg("threads"));
  m.def("forget_provided", &forget_provided);
  m.def("pieces_flags", &pieces_flags);
  m.def("pieces_text", &pieces_text);
  nb::class_<Graph>(m, "Graph")
      .def("__init__",
           [](Graph* self, const std::vector<int64_t>& integers, const std::vector<double>& floats) {
             new (self) Graph{parse(integers.data(), long(integers.size()), floats.data(),
                                    long(floats.size()))};
           })
      .def_prop_ro("hash", [](const Graph& g) { return g.program.hash; })
      .def_prop_ro("compiled", [](const Graph& g) { return has_compiled_pieces(g.program); })
      .def("compiled_for",
           [](const Graph& g, bool doubles) { return has_compiled_pieces(g.program, doubles); })
      // Where elman_pieces() of a library, which stays loaded, says its pieces are.
      .def("provide", [](const Graph& g, std::uintptr_t library) {
        provide(g.program, *reinterpret_cast<const PiecesLibrary*>(library));
      })
      .def(
          "forward",
          [](const Graph& g, O x, O weights, O bias, O units, O masks, O first, O y, O last, O saved,
             O tracks, O rows, O lengths, bool reverse, int threads, bool save) {
            const Given a{x, weights, units, masks, first, y, saved, tracks, rows, lengths, reverse,
                          threads};
            by_type(x, [&](auto t) { g.forward_of<decltype(t)>(a, bias, last, save); });
          },
          nb::arg("x"), nb::arg("weights"), nb::arg("bias").none(), nb::arg("units"),
          nb::arg("masks"), nb::arg("first").none(), nb::arg("y"), nb::arg("last"),
          nb::arg("saved").none() = nb::none(), nb::arg("tracks").none() = nb::none(),
          nb::arg("rows").none() = nb::none(), nb::arg("lengths").none() = nb::none(),
          nb::arg("reverse") = false, nb::arg("threads") = 1, nb::arg("save") = false)
      .def(
          "backward",
          [](const Graph& g, O x, O weights, O units, O masks, O first, O y, O saved, O tracks,
             O rows, O lengths, bool reverse, int threads, O dy, O dlast, O dx, O dweights, O dbias,
             O dunits, O dfirst, O norms) {
            const Given a{x, weights, units, masks, first, y, saved, tracks, rows, lengths, reverse,
                          threads};
            const Graph::Wanted w{dy, dlast, dx, dweights, dbias, dunits, dfirst, norms};
            by_type(x, [&](auto t) { g.backward_of<decltype(t)>(a, w); });
          },
          nb::arg("x"), nb::arg("weights"), nb::arg("units"), nb::arg("masks"),
          nb::arg("first").none(), nb::arg("y"), nb::arg("saved").none(), nb::arg("tracks").none(),
          nb::arg("rows").none(), nb::arg("lengths").none() = nb::none(),
          nb::arg("reverse") = false, nb::arg("threads") = 1, nb::arg("dy").none() = nb::none(),
          nb::arg("dlast").none() = nb::none(), nb::arg("dx").none() = nb::none(),
          nb::arg("dweights").none() = nb::none(), nb::arg("dbias").none() = nb::none(),
          nb::arg("dunits").none() = nb::none(), nb::arg("dfirst").none() = nb::none(),
          nb::arg("norms").none() = nb::none());
}

}  // namespace elman
