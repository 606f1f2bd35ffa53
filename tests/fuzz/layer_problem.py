"""One random call of a recurrent layer or cell, and the twin that says what is right.

A draw is a few plain values made from its seed, so that a failing one is named by the
seed alone. What torch.nn has too is compared with torch.nn; what it lacks, with the
same layer on the composite path.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

import elman
from elman import ops

LAYERS = ("RNN", "GRU", "LSTM")
CELLS = ("RNNCell", "GRUCell", "LSTMCell")


@dataclass(frozen=True)
class Draw:
    """A call, and what surrounds it."""

    seed: int
    kind: str
    driver: str
    contexts: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)
    extras: dict[str, Any] = field(default_factory=dict)
    form: str = "batch"  # unbatched, packed, lengths
    sizes: tuple[int, int, int, int] = (3, 2, 3, 4)  # T, B, I, H
    dtype: str = "float32"
    state: bool = True
    layout: str = "contiguous"  # strided, expanded, negated
    leaves: str = "all"  # x, weights, none
    training: bool = True

    @property
    def random(self) -> bool:
        """Whether two calls differ."""
        noise = {"dropout", "zoneout", "recurrent_dropout"}
        return self.training and bool(noise & {*self.options, *self.extras})

    @property
    def lstm(self) -> bool:
        return self.kind.startswith("LSTM")

    @property
    def cell(self) -> bool:
        return self.kind.endswith("Cell")

    def __str__(self) -> str:
        where = "+".join((*self.contexts, self.driver))
        keep = {**self.options, **self.extras}
        given = ", ".join(f"{k}={v!r}" for k, v in keep.items())
        return (
            f"seed {self.seed}: {where} of {self.kind}({given}), {self.form}, "
            f"T B I H {self.sizes}, {self.dtype}, state {self.state}, {self.layout}, "
            f"gradients of {self.leaves}, training {self.training}"
        )


EXTRAS: dict[str, tuple[Any, ...]] = {
    "learn_initial_state": (True,),
    "zoneout": (0.25,),
    "recurrent_dropout": (0.25,),
    "state_batch_first": (True,),
    "stateful": ("detached",),
}


def draw(seed: int, drivers: dict[str, int], contexts: tuple[str, ...]) -> Draw:
    """Return the draw of a seed, drivers drawn by their weights."""
    r = random.Random(seed)  # noqa: S311  nobody's secret
    driver = r.choices(list(drivers), list(drivers.values()))[0]
    count = r.choices((0, 1, 2), (5, 4, 1))[0]
    kind = r.choice(LAYERS) if r.random() < 0.75 else r.choice(CELLS)
    found = Draw(
        seed,
        kind,
        driver,
        tuple(r.sample(contexts, count)),
        sizes=(r.choice((1, 2, 3, 5, 17)), r.choice((1, 2, 3, 70)), *_sizes(r)),
        dtype=r.choices(("float32", "float64", "bfloat16"), (6, 4, 1))[0],
        state=r.random() < 0.6,
        layout=r.choices(
            ("contiguous", "strided", "expanded", "negated"), (6, 2, 1, 1)
        )[0],
        leaves=r.choices(("all", "x", "weights", "none"), (6, 1, 2, 2))[0],
        training=r.random() < 0.6,
        options={"bias": False} if r.random() < 0.25 else {},
    )
    return found if found.cell else _of_a_layer(found, r)


def _sizes(r: random.Random) -> tuple[int, int]:
    return r.choice((1, 3, 8)), r.choice((1, 4, 8, 17))


def _of_a_layer(found: Draw, r: random.Random) -> Draw:
    options = dict(found.options)
    if r.random() < 0.3:
        options["num_layers"] = 2
    if r.random() < 0.3:
        options["bidirectional"] = True
    if r.random() < 0.3:
        options["batch_first"] = True
    if options.get("num_layers") and r.random() < 0.3:
        options["dropout"] = 0.4
    if found.kind == "LSTM" and found.sizes[3] > 1 and r.random() < 0.15:
        options["proj_size"] = found.sizes[3] - 1
    if found.kind == "RNN" and r.random() < 0.3:
        options["nonlinearity"] = "relu"
    extras: dict[str, Any] = {}
    if r.random() < 0.15:
        name = r.choice(list(EXTRAS))
        extras[name] = r.choice(EXTRAS[name])
    elif found.kind == "GRU" and r.random() < 0.1:
        extras["reset_after"] = False
    elif found.kind == "RNN" and r.random() < 0.1:
        extras["nonlinearity"] = r.choice(("sigmoid", "softplus", "identity"))
    forms = ("batch", "unbatched", "packed", "lengths")
    form = r.choices(forms, (7, 1, 2, 1))[0]
    return replace(found, options=options, extras=extras, form=form)


@dataclass
class Problem:
    """A module with what it is called with: x, and its states if any."""

    draw: Draw
    module: nn.Module
    tensors: list[Tensor]
    lengths: Tensor | None
    composite: bool = False

    def call(self, *tensors: Tensor, module: Any = None) -> tuple[Tensor, ...]:
        """Return y and the last states as one tuple of tensors."""
        module = self.module if module is None else module
        x, *state = tensors or self.tensors
        given: Any = x
        options: dict[str, Any] = {}
        if self.draw.form == "lengths":
            options["lengths"] = self.lengths
        elif self.lengths is not None:
            first = bool(self.draw.options.get("batch_first"))
            given = pack_padded_sequence(x, self.lengths, first, enforce_sorted=False)
        hx: Any = None
        if state:
            hx = tuple(state) if self.draw.lstm else state[0]
        with (
            ops.force_path("composite") if self.composite else contextlib.nullcontext()
        ):
            found = module(given, *([] if hx is None else [hx]), **options)
        return tuple(flat(found))

    def leaves(self) -> list[tuple[str, Tensor]]:
        """Return what wants a gradient, by name."""
        named = [(f"input {i}", t) for i, t in enumerate(self.tensors)]
        named += self.module.named_parameters()
        return [(name, t) for name, t in named if t.requires_grad]


def flat(found: Any) -> Iterator[Tensor]:
    """Yield the tensors of outputs in order."""
    if isinstance(found, PackedSequence):
        yield found.data
    elif isinstance(found, tuple | list):
        for each in found:
            yield from flat(each)
    else:
        yield found


def pair(draw: Draw) -> tuple[Problem, Problem]:
    """Return the call on what is right, and the same call on Elman."""
    ours = _problem(draw, elman)
    own = bool(draw.extras) or draw.form == "lengths"
    right = _problem(draw, elman if own else nn)
    right.composite = own
    return right, ours


def _problem(draw: Draw, package: Any) -> Problem:
    torch.manual_seed(draw.seed)
    dtype = getattr(torch, draw.dtype)
    T, B, I, H = draw.sizes
    module = getattr(package, draw.kind)(
        I, H, **{**draw.options, **draw.extras}, dtype=torch.float32
    )
    generator = torch.Generator().manual_seed(draw.seed)
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(torch.rand(p.shape, generator=generator) - 0.5)
    module = module.to(dtype).train(draw.training)

    def tensor(*shape: int) -> Tensor:
        return _laid_out(torch.randn(shape, generator=generator).to(dtype), draw.layout)

    first = draw.options.get("batch_first", False)
    shape = [B, I] if draw.cell else [B, T, I] if first else [T, B, I]
    if draw.form == "unbatched":
        shape = [T, I]
    tensors = [tensor(*shape)]
    if draw.state:
        tensors += [tensor(*each) for each in _state_shapes(draw)]
    lengths = None
    if draw.form in ("packed", "lengths"):
        lengths = torch.randint(1, T + 1, (B,), generator=generator)
        lengths[0] = T
    wants_x = draw.leaves in ("all", "x")
    tensors = [t.requires_grad_(wants_x) for t in tensors]
    for p in module.parameters():
        p.requires_grad_(draw.leaves in ("all", "weights"))
    return Problem(draw, module, tensors, lengths)


def _state_shapes(draw: Draw) -> list[tuple[int, ...]]:
    _, B, _, H = draw.sizes
    widths = [draw.options.get("proj_size") or H] + [H] * draw.lstm
    if draw.cell:
        return [(B, width) for width in widths]
    places = draw.options.get("num_layers", 1) * (
        1 + draw.options.get("bidirectional", False)
    )
    if draw.form == "unbatched":
        return [(places, width) for width in widths]
    if draw.extras.get("state_batch_first"):
        return [(B, places, width) for width in widths]
    return [(places, B, width) for width in widths]


def _laid_out(x: Tensor, layout: str) -> Tensor:
    if layout == "strided":
        wide = torch.zeros(*x.shape[:-1], 2 * x.shape[-1], dtype=x.dtype)
        wide[..., ::2] = x
        return wide[..., ::2]
    if layout == "expanded":
        return x[..., :1].expand_as(x)
    if layout == "negated":
        return torch._neg_view(x)
    return x
