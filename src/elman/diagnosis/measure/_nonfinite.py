"""Where the first infinity or NaN of a training step comes from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from elman._errors import InputError
from elman.diagnosis.open._call_model import Forward, Loss, call, loss_of
from elman.diagnosis.open._cells import knows
from elman.diagnosis.open._preserve import preserved, unwrapped
from elman.diagnosis.open._probe import opened, recurrent
from elman.diagnosis.open._rows import named_leaves

from ._look import Forward as Looking
from ._look import Spot, in_adjoints, in_batch, look


@dataclass(frozen=True)
class NonFinite:
    """The first tensor of a training step that is not finite.

    Parameters
    ----------
    kind : str
        "parameter", "input", "target", "state", "output", "loss", "adjoint" or
        "parameter gradient".
    name : str
        The parameter, the place in the batch, the layer and direction, or the
        module.
    step, row : int or None
        The step in time, from 0, and the first row of it; None where the tensor has
        no such axes.
    value : str
        "nan", "inf" or "-inf".
    count : int
        Elements of that tensor, or of that step of it, that are not finite.
    batch : dict of str to Tensor
        The batch that did it, by place: "inputs", "targets.0", …
    path : str or None
        The file it was saved to.
    """

    kind: str
    name: str
    step: int | None
    row: int | None
    value: str
    count: int
    batch: dict[str, Tensor] = field(default_factory=dict, repr=False, compare=False)
    path: str | None = None

    def __str__(self) -> str:
        """Return one line."""
        at = "" if self.step is None else f" at step {self.step}"
        at += "" if self.row is None else f", row {self.row}"
        more = f" ({self.count} elements)" if self.count > 1 else ""
        what = self.kind if self.kind == self.name else f"{self.kind} {self.name}"
        return f"first non-finite value: {self.value} in {what}{at}{more}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; of the batch only the names."""
        names = ("kind", "name", "step", "row", "value", "count", "path")
        found = {name: getattr(self, name) for name in names}
        return {**found, "batch": sorted(self.batch)}


def first_nonfinite(
    model: nn.Module,
    inputs: Any,
    targets: Any,
    loss: Loss,
    *,
    path: str | Path | None = None,
    forward: Forward | None = None,
) -> NonFinite | None:
    """Find the first value of a training step that is infinite or no number.

    Looks, in this order, at the weights, the inputs (not at padding beyond the
    lengths the layers were given), the targets, the state of every recurrent layer
    at every step and the output of every other module in the order they run, the
    loss, ∂L/∂h_t from the last layer and step back, and the gradients of the
    weights. A step whose loss and gradients are finite is sound, whatever a mask of
    infinities holds on the way.

    Parameters
    ----------
    model, inputs, targets, loss
        As for `elman.diagnose`.
    path : str or Path, optional
        A ``.safetensors`` file to save the batch to if something is found, with the
        finding in its metadata.
    forward : callable, optional
        ``forward(model, inputs)``, for a call of another form.

    Returns
    -------
    NonFinite or None
        None if the step is sound.

    Raises
    ------
    InputError
        If the model has no recurrent layer, the loss is no scalar, or the file
        cannot be written.
    """
    model = unwrapped(model)
    recurrent(model)
    for name, p in model.named_parameters():
        spot = look("parameter", name, p)
        if spot:
            return _kept(spot, inputs, targets, path)
    spot = _spot(model, inputs, targets, loss, forward)
    return None if spot is None else _kept(spot, inputs, targets, path)


def _spot(
    model: nn.Module, inputs: Any, targets: Any, loss: Loss, forward: Forward | None
) -> Spot | None:
    looking = Looking()
    handles = [
        module.register_forward_hook(partial(looking.ran, name))
        for name, module in model.named_modules()
        if knows(module) or not any(True for _ in module.children())
    ]
    end: Spot | None = None
    value: Tensor | None = None
    try:
        with opened(model) as tracks:
            looking.tracks = tracks
            try:
                value = loss_of(loss, call(model, inputs, forward), targets)
            except (ValueError, RuntimeError):
                if looking.first is None:
                    raise  # not ours to explain
            else:
                end = look("loss", "loss", value) or _adjoints(looking, value)
        stopped = looking.first is not None and value is None
        if end is None and not stopped:
            end = _gradients(model, inputs, targets, loss, forward)
            if end is None:
                return None
    finally:
        for handle in handles:
            handle.remove()
    first = all(getattr(m, "batch_first", True) for m in model.modules() if knows(m))
    return (
        in_batch("input", inputs, looking.tracks, first)
        or in_batch("target", targets, looking.tracks, first)
        or looking.first
        or end
    )


def _adjoints(looking: Looking, value: Tensor) -> Spot | None:
    """Look at ∂L/∂h_t, the last layer's first."""
    tracks = looking.tracks[::-1]
    states = [s[0] for track in tracks for s in track.states]
    if not value.requires_grad or not states:
        return None
    found = torch.autograd.grad(value, states, allow_unused=True)
    place = 0
    for track in tracks:
        spot = in_adjoints(track, list(found[place : place + len(track.states)]))
        if spot:
            return spot
        place += len(track.states)
    return None


def _gradients(
    model: nn.Module, inputs: Any, targets: Any, loss: Loss, forward: Forward | None
) -> Spot | None:
    """Look at the gradients of the weights, from a run of the model as it is."""
    wanted = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    with preserved(model):
        value = loss_of(loss, call(model, inputs, forward), targets)
        if not wanted or not value.requires_grad:
            return look("loss", "loss", value)
        found = torch.autograd.grad(value, [p for _, p in wanted], allow_unused=True)
    spots = (
        look("parameter gradient", name, gradient)
        for (name, _), gradient in zip(wanted, found, strict=True)
    )
    return next((spot for spot in spots if spot), None)


def _kept(spot: Spot, inputs: Any, targets: Any, path: str | Path | None) -> NonFinite:
    leaves = [*named_leaves("inputs", inputs), *named_leaves("targets", targets)]
    batch = {
        name: leaf.detach().clone().contiguous()
        for name, leaf in leaves
        if isinstance(leaf, Tensor)
    }
    saved = None if path is None else str(path)
    found = NonFinite(**asdict(spot), batch=batch, path=saved)
    if path is not None:
        metadata = {"finding": json.dumps(found.to_dict())}
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            save_file(batch, path, metadata)
        except (OSError, SafetensorError) as error:
            raise InputError(f"path: cannot write {path}: {error}") from error
    return found
