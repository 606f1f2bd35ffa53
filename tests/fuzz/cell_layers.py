"""Layers of cells given as equations, drawn at random, beside a loop over their steps.

The loop runs a cell's own ``step`` on torch tensors, a row and a step at a time; it has
no graph, no program, and nothing of a layer's driver. A draw is named by its seed.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from elman import cells, ops
from elman.cells.numeric._evaluate import _At, _Weights
from elman.layers import CellLayer
from random_cells import random_cell

SEEN_AS_THEY_ARE = {"RNN", "GRU", "LSTM", "CoupledLSTM", "JANET", "CoRNN", "SLSTM"}
"""Cells whose recurrent matrices multiply states, and nothing computed from them."""
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "janet": [{"beta": 0.0}, {"beta": 2.0}],
    "indrnn": [{"activation": "tanh"}],
    "rnn": [{"nonlinearity": n} for n in ("relu", "sigmoid", "identity", "softplus")],
    "slstm": [{"heads": 2}, {"heads": 3}],
    "cornn": [{"dt": 0.3, "gamma": 1.0, "epsilon": 0.0}],
}
FORMS = ("dense", "lengths", "packed", "nested", "unbatched")


@dataclass
class Drawn:
    """A layer, what it is called with, and how."""

    seed: int
    layer: CellLayer
    form: str
    x: Tensor  # (T, B, I)
    lengths: list[int] | None
    state: tuple[Tensor, ...] | None  # (L·D, B, H)
    training: bool
    threads: int

    def __str__(self) -> str:
        how = "training" if self.training else "evaluating"
        given = "from a state" if self.state else ""
        return (
            f"seed {self.seed}: {self.layer} {self.form} {tuple(self.x.shape)} "
            f"{self.lengths or ''} {how} {given}"
        )


def drawn(seed: int) -> Drawn:
    """Return the draw of a seed."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    cell = _cell(rng, seed)
    heads = cell.traced.heads
    H = heads * int(rng.integers(1, 1 + 19 // heads))
    T, B, I = int(rng.integers(0, 7)), int(rng.integers(0, 6)), int(rng.integers(1, 5))
    form = FORMS[int(rng.integers(len(FORMS)))]
    if form in ("packed", "nested"):
        T, B = max(T, 1), max(B, 1)
    if form == "unbatched":
        B = 1
    options: dict[str, Any] = {
        "num_layers": int(rng.integers(1, 3)),
        "bidirectional": bool(rng.integers(2)),
        "bias": bool(rng.integers(4)),
        "batch_first": bool(rng.integers(2)),
        "state_batch_first": bool(rng.integers(2)),
        "learn_initial_state": bool(rng.integers(2)),
        "stateful": (False, False, True, "detached")[int(rng.integers(4))],
    }
    if form == "unbatched":
        options["stateful"] = False
    if rng.integers(2):
        options["zoneout"] = _zoneout(rng, len(cell.states))
    if rng.integers(2) and _hides(cell):
        options["recurrent_dropout"] = 0.4
    layer = CellLayer(cell, I, H, dtype=torch.float64, **options)
    for p in layer.parameters():  # a learned start lies off 0, and no bias is 0
        p.data += 0.2 * torch.randn_like(p)
    _at_its_limits(layer)
    training = bool(rng.integers(2))
    layer.train(training)
    least = 1 if form in ("packed", "nested") else 0
    ragged = form in ("lengths", "packed", "nested")
    lengths = [int(n) for n in rng.integers(least, T + 1, B)] if ragged else None
    if form == "packed" and lengths:
        lengths[int(rng.integers(B))] = T
        if training:  # the masks that are seen are those of the sorted rows
            lengths.sort(reverse=True)
    places = layer.num_layers * (1 + layer.bidirectional)
    state = None
    if rng.integers(2):
        state = tuple(torch.randn(places, B, H).double() for _ in cell.states)
    for k, name in enumerate(cell.states if state else ()):
        if (type(cell).__name__, name) == ("SLSTM", "n"):
            state[k].abs_().add_(0.5)  # type: ignore[index]
    x = _spread(rng, torch.randn(T, B, I, dtype=torch.float64))
    return Drawn(
        seed, layer, form, x, lengths, state, training, int(rng.integers(1, 4))
    )


def _cell(rng: np.random.Generator, seed: int) -> cells.Cell:
    if rng.integers(2):
        return random_cell(int(rng.integers(10_000)))
    names = cells.names()
    name = names[int(rng.integers(len(names)))]
    further = [{}, *OPTIONS.get(name, [])]
    return cells.cell(name, **further[int(rng.integers(len(further)))])


def _hides(cell: cells.Cell) -> bool:
    try:
        cells.noisy(cell.traced, dropout=True)
    except ValueError:
        return False
    return True


def _zoneout(rng: np.random.Generator, states: int) -> float | tuple[float, ...]:
    if states == 1 or rng.integers(2):
        return float(rng.choice([0.3, 1.0]))
    return tuple(float(rng.choice([0.0, 0.2, 0.5])) for _ in range(states))


def _at_its_limits(layer: CellLayer) -> None:
    for name, (low, high) in layer.cell.limits.items():
        for key, p in layer.named_parameters():
            if key.startswith(f"{name}_"):
                p.data.clamp_(low, high)


def _spread(rng: np.random.Generator, x: Tensor) -> Tensor:
    """Return the same numbers in memory of another order."""
    kind = int(rng.integers(4))
    if kind == 1:
        return x.transpose(0, 1).contiguous().transpose(0, 1)
    if kind == 2:
        wide = torch.full((*x.shape[:2], x.shape[2] + 3), torch.nan, dtype=x.dtype)
        wide[..., 1:-2] = x
        return wide[..., 1:-2]
    if kind == 3:
        return x.flip(0).contiguous().flip(0) if x.shape[0] else x
    return x


@dataclass
class Found:
    """What came out of a call, time first, and the gradients of a fixed sum."""

    y: Tensor
    last: tuple[Tensor, ...]
    gradients: list[Tensor | None]
    noise: list[Any]


def called(given: Drawn, path: str | None = None, *, watched: bool = False) -> Found:
    """Call the layer as a program does; watched, the noise is seen as it is drawn."""
    layer, seen = given.layer, []
    layer.reset_state() if layer.stateful else None
    leaves = _leaves(given)
    x, state = leaves[0], tuple(leaves[1 : 1 + len(given.state or ())]) or None
    torch.manual_seed(given.seed + 1)
    run = ops.run

    def run_and_see(call: ops.Call) -> Any:
        seen.append(call.noise)
        return run(call)

    # A call that is recorded goes the ordinary way, others a faster one where they can.
    way = ops.force_path(path) if path else nullcontext()
    record = ops.record_paths() if watched else nullcontext()
    ops.run = run_and_see  # type: ignore[assignment]
    try:
        with way, record:
            y, last = _call(given, x, state)
    finally:
        ops.run = run
    return Found(y, last, _gradients(y, last, leaves, layer), seen)


def _leaves(given: Drawn) -> list[Tensor]:
    tensors = [given.x, *(given.state or ())]
    return [t.detach().requires_grad_() for t in tensors]


def _call(given: Drawn, x: Tensor, state: Any) -> tuple[Tensor, tuple[Tensor, ...]]:
    layer, form = given.layer, given.form
    T = x.shape[0]
    if state and layer.state_batch_first and form != "unbatched":
        state = tuple(s.transpose(0, 1) for s in state)
    if form == "unbatched":
        x, state = x[:, 0], state and tuple(s[:, 0] for s in state)
    elif layer.batch_first:
        x = x.transpose(0, 1)
    hx = state[0] if state and len(state) == 1 else state
    if form == "packed":
        packed = pack_padded_sequence(x, given.lengths, layer.batch_first, False)
        y, last = layer(packed, hx)
        y, _ = pad_packed_sequence(y, layer.batch_first, total_length=T)
    elif form == "nested":
        rows = x if layer.batch_first else x.transpose(0, 1)
        parts = [row[:n] for row, n in zip(rows, given.lengths, strict=True)]
        y, last = layer(torch.nested.as_nested_tensor(parts, layout=torch.jagged), hx)
        y = torch.nested.to_padded_tensor(y, 0.0, (len(parts), T, y.shape[-1]))
        y = y if layer.batch_first else y.transpose(0, 1)
    elif form == "lengths":
        y, last = layer(x, hx, lengths=given.lengths)
    else:
        y, last = layer(x, hx)
    last = last if isinstance(last, tuple) else (last,)
    if form == "unbatched":
        return y[:, None], tuple(s[:, None] for s in last)
    if layer.state_batch_first:
        last = tuple(s.transpose(0, 1) for s in last)
    return (y.transpose(0, 1) if layer.batch_first else y), last


def _gradients(y: Tensor, last: Any, leaves: Any, layer: CellLayer) -> list[Any]:
    wanted = [*leaves, *layer.parameters()]
    loss = sum((t * _weights(t)).sum() for t in (y, *last))
    if not loss.requires_grad:
        return [None] * len(wanted)
    return list(torch.autograd.grad(loss, wanted, allow_unused=True))


def _weights(t: Tensor) -> Tensor:
    """Return numbers that weigh every result in a sum, the same for the same shape."""
    return torch.cos(torch.arange(t.numel(), dtype=t.dtype)).reshape(t.shape)


class _Seen(_Weights):
    """Weights that see some states through masks."""

    masked: list[tuple[Tensor, Tensor]]

    def linear(
        self, name: str, sources: tuple[Any, ...], bias: bool, shared: bool, first: int
    ) -> Any:
        seen = []
        for source in sources:
            masks = [mask for state, mask in self.masked if state is source]
            seen.append(source * masks[0] if masks else source)
        return super().linear(name, tuple(seen), bias, shared, first)


def looped(given: Drawn, noise: list[Any]) -> Found:
    """Compute the same with a loop over layers, directions, rows and steps."""
    layer, leaves = given.layer, _leaves(given)
    x, state = leaves[0], leaves[1:]
    T, B, _ = x.shape
    starts = [s[:, None] for s in _learned(layer)]
    lengths = given.lengths or [T] * B
    lasts: list[list[Tensor]] = [[] for _ in layer.cell.states]
    directions = 1 + layer.bidirectional
    for k in range(layer.num_layers):
        outs = []
        for d in range(directions):
            place = k * directions + d
            begin = [
                s[place]
                if state
                else starts[i][place].expand(B, -1)
                if starts
                else x.new_zeros(B, layer.hidden_size)
                for i, s in enumerate(state or layer.cell.states)
            ]
            rows = [
                _row(layer, place, x[:n, b], [s[b] for s in begin], b, d, noise[place])
                for b, n in enumerate(lengths)
            ]
            padded = [_padded(y, T, layer.hidden_size) for y, _ in rows]
            outs.append(torch.stack(padded, 1) if rows else x.new_zeros(T, 0, 1))
            for i, all_of in enumerate(lasts):
                all_of.append(torch.stack([last[i] for _, last in rows]))
        x = torch.cat(outs, -1)
    last = tuple(torch.stack(s) for s in lasts)
    return Found(x, last, _gradients(x, last, leaves, layer), noise)


def _learned(layer: CellLayer) -> list[Tensor]:
    if not layer.learn_initial_state:
        return []
    return [getattr(layer, name).flatten(1) for name, _ in layer._state_widths()]


def _padded(y: list[Tensor], T: int, H: int) -> Tensor:
    zeros = torch.zeros(T - len(y), H, dtype=torch.float64)
    return torch.cat([torch.stack(y), zeros]) if y else zeros


def _row(
    layer: CellLayer, place: int, x: Tensor, state: Any, b: int, back: int, noise: Any
) -> tuple[list[Tensor], list[Tensor]]:
    """Run one row through one layer in one direction: outputs by time, last states."""
    cell = layer.cell
    weights = _Seen(cell.traced, layer._all_weights_by_place()[place])
    step, outputs = cell.bound(weights), {}
    for t in range(len(x))[:: -1 if back else 1]:
        before = [s[None] for s in state]
        weights.masked = []
        if noise and noise.recurrent is not None:
            dropped = [before[k] for k in cell.traced.dropped]
            factors = [m[b : b + 1] for m in noise.recurrent]
            weights.masked = list(zip(dropped, factors, strict=True))
        after = [
            (new + 0 * old)[0]
            for new, old in zip(step(_At(x[t : t + 1]), *before), before, strict=True)
        ]
        for k, stays in enumerate(noise.stays if noise else ()):
            if isinstance(stays, float):
                after[k] = stays * state[k] + (1 - stays) * after[k]
            elif stays is not None:
                after[k] = torch.where(stays[t, b], state[k], after[k])
        state = after
        outputs[t] = state[0]
    return [outputs[t] for t in range(len(x))], state


def check(given: Drawn) -> str | None:
    """Say in a line what is wrong with a draw, or nothing."""
    threads = torch.get_num_threads()
    found = called(given, watched=True)
    try:
        torch.set_num_threads(given.threads)
        again = called(given)
    finally:
        torch.set_num_threads(threads)
    name = type(given.layer.cell).__name__
    # A matrix that is computed from a parameter is computed by torch, in its own order.
    same = 1e-12 if given.layer.cell.transforms else 0.0
    if wrong := _differs(found, again, same):
        return f"{given.threads} threads: {wrong}"
    if wrong := _differs(found, called(given, "composite"), 1e-9):
        return f"composite path: {wrong}"
    hidden = any(n and n.recurrent is not None for n in found.noise)
    if hidden and name not in SEEN_AS_THEY_ARE:
        return None
    if not given.x.shape[1]:
        return None
    wrong = _differs(found, looped(given, found.noise), 1e-9)
    return f"loop over steps: {wrong}" if wrong else None


def _differs(a: Found, b: Found, tolerance: float) -> str | None:
    pairs = [("y", a.y, b.y)]
    pairs += [
        (f"state {k}", *s) for k, s in enumerate(zip(a.last, b.last, strict=True))
    ]
    pairs += [
        (f"gradient {k}", *g)
        for k, g in enumerate(zip(a.gradients, b.gradients, strict=True))
    ]
    for name, one, other in pairs:
        if one is None or other is None:
            rest = other if one is None else one
            if rest is not None and bool((rest != 0).any()):
                return f"{name}: one has none"
            continue
        if one.shape != other.shape:
            return f"{name}: {tuple(one.shape)} not {tuple(other.shape)}"
        most = (one - other).abs() > tolerance * (1 + other.abs())
        if bool((most | (one.isnan() != other.isnan())).any()):
            return f"{name}: off by {(one - other).abs().max().item():.3g}"
    return None
