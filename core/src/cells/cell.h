// What a cell is to the driver: a pointwise step on one vector of units of one
// row, its adjoint, and which of its slots each product fills.

// One row at one step. Slot s of unit j is pre[s * H + j].
template <class T>
struct Row {
  T* pre;             // pre-activations
  T* gates;           // where gates are saved, or null
  const T* h_before;
  const T* c_before;
  T* c;
  T* y;               // h of this step, before a projection
};

template <class T>
struct AdjointRow {
  const T* gates;
  const T* h_before;
  const T* c_before;
  const T* c;
  const T* y;
  T* dh;              // dL/dh in; out, where the cell passes_on, what h keeps of it
  T* dc;              // the same for c
  T* dg;              // out: gradients of the slots' pre-activations
  const T* extra;     // dL/d(r h), GruResetBefore
};

struct CellDefaults {
  static constexpr bool has_cell = false;
  static constexpr bool two_products = false;
  static constexpr bool passes_on = false;  // some of dh, past the products
  // step() leaves the rest to finish(), after all rows: what hangs on a division
  // would else fill the processor's queue, and the next row's work wait behind it.
  static constexpr bool in_two = false;
};
