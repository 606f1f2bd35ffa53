"""One step of a cell, for streaming: past everything that a short call can do without.

torch's own cell takes 15 to 30 µs a step, most of it on the way to its products. Here
the core reads torch's tensors itself, by the function table of DLPack, and the weights
where they lie: nothing is prepared, so nothing can be out of date.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from ._ordinary import HOOKS, IDLE
from ._scoped import open_scopes

MOST_SHORT = 16
"""Rows times steps up to which a layer's call without gradients is a short one."""

MOST_ROWS = 8
"""Rows up to which products row by row are the quicker ones."""


def _never(*_: Any) -> None:
    """Return None: a core that does not have the function serves no call."""


def _prepare() -> tuple[Any, Any, Any, dict[tuple[str, str], tuple[int, int]]]:
    try:
        from elman._core import _native

        from ._native_calls import CELLS
    except ModuleNotFoundError:  # a source tree without its core
        return _never, _never, _never, {}
    table = getattr(Tensor, "__dlpack_c_exchange_api__", None)  # torch 2.10 and later
    if table is None or not hasattr(_native, "step"):
        return _never, _never, _never, CELLS
    try:
        served = _native.step_setup(
            table,
            Tensor,
            nn.Parameter,
            IDLE,
            open_scopes,
            HOOKS,
            torch.is_grad_enabled,
            torch.get_num_threads,
            forward_ad,
            torch.empty_like,
        )
        quick = _native.step, _native.short_layer, _native.plain_layer
    except (TypeError, AttributeError) as error:  # built from other sources
        raise ImportError(
            "the compiled core does not match these sources; install again: "
            "pip install -e ."
        ) from error
    if not served:
        return _never, _never, _never, CELLS
    return *quick, CELLS


step, _short_layer, _plain_layer, _cells = _prepare()
"""``step(cell, activation, parameters, input, hx, most_rows)``, with a cell's numbers
from `STEPS` and a module's own parameters: the next state, or None if the call is not
a plain one: gradients wanted, a transform, mode or tracer active, autocast, a path
asked for, parameters computed from others, subclasses, other devices or layouts, more
rows, wrong shapes. Not to be called while compiling.
"""

plain_layer = _plain_layer
"""``plain_layer(cell, activation, layer, attributes, options, input, hx, lengths)``,
with a layer, its own dictionary, and the names of options that must be off: always, in
training, and where no state is given. For sequences of a stack in one or both
directions: whether gradients are wanted, h_0 and c_0 or None, a list of four parameters
or Nones for each layer and direction, and the lengths, or None where every row is full.
None where `step` would return it, for lengths that are not int64, and for layers of
which an option is on or that project. What `plain_forward` takes.
"""

short_layer = _short_layer
"""``short_layer(cell, activation, layer, attributes, options, input, hx, most)``:
(y, state) of a stack in one direction, or None where `plain_layer` would return it, for
gradients, and for more than ``most`` rows times steps.
"""

STEPS = {key: numbers for key, numbers in _cells.items() if key[1] != "projected"}
"""The cells and variants that `step` knows, by the core's numbers for them."""
