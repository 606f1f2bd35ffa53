"""Fixed features of sequences, in blocks: what the linear models read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.models import CompetingKernels, ConvolutionFeatures, Reservoir
from elman.tasks._networks import within
from elman.tasks.sequence._baselines import resampled, slopes, summary

from ._counts import CountBlock

Values = NDArray[np.float32]
Features = NDArray[np.float32]

# A batch of so many steps keeps the responses of 84 kernels in the cache.
_BATCH_STEPS = 4096
_LEAST_FRAMES, _MOST_FRAMES = 32, 512
_MOST_NUMBERS, _MOST_STEPS = 1024, 64
_MANY, _LONG = 2000, 1_000_000
_KINDS = ("convolutions", "kernels", "reservoir", "frames", "summary", "likeness")


@dataclass(frozen=True)
class Size:
    """How many features of each kind.

    Attributes
    ----------
    thresholds, groups, units, centres, runs : int
        Of the convolutions, the competing kernels, the reservoir, the sequences that
        others are compared with, and the runs of values that are counted.
    """

    thresholds: int
    groups: int
    units: int
    centres: int
    runs: int


def size_for(count: int, steps: int) -> Size:
    """Return what ``count`` sequences with ``steps`` steps in all call for.

    Few and short: more features than sequences, solved over the sequences. Else so
    few features that they can be solved for, and computed, in a minute.
    """
    if count <= _MANY and steps <= _LONG:
        return Size(2500, 32, 300, _MANY, 4000)
    return Size(336, 8, 100, 1000, 2000)


class ModuleBlock:
    """One of the feature modules on one view of the sequences.

    Parameters
    ----------
    view : str
        A name of `VIEWS`.
    frames : int
        Length for the views that have one.
    module : nn.Module
        ``module(values, lengths)`` returns (B, F).
    """

    def __init__(self, view: str, frames: int, module: torch.nn.Module) -> None:
        self.view, self.frames, self.module = view, frames, module

    def __call__(self, sequences: Sequence[Values]) -> Features:
        """Return (n, F)."""
        return in_batches(self.module, VIEWS[self.view](sequences, self.frames))

    def tensors(self) -> dict[str, Tensor]:
        """Return everything but the view, for a file."""
        state = self.module.state_dict().items()
        own = {f"module.{name}": value for name, value in state}
        return {"frames": torch.tensor(self.frames), **own}


class FrameBlock:
    """Each sequence resampled to a number of frames, end to end."""

    def __init__(self, frames: int) -> None:
        self.frames = frames

    def __call__(self, sequences: Sequence[Values]) -> Features:
        """Return (n, frames·C)."""
        rows = [resampled(s, self.frames).ravel() for s in sequences]
        return np.stack(rows).astype(np.float32)

    def tensors(self) -> dict[str, Tensor]:
        """Return everything, for a file."""
        return {"frames": torch.tensor(self.frames)}


class SummaryBlock:
    """Mean, deviation, extremes, ends, movement, slope of each channel; the length."""

    def __call__(self, sequences: Sequence[Values]) -> Features:
        """Return (n, 8·C + 1)."""
        found = np.stack([summary(s) for s in sequences])
        slope = [slopes(s) for s in sequences]
        return np.concatenate([found, slope], 1).astype(np.float32)

    def tensors(self) -> dict[str, Tensor]:
        """Return nothing: there is nothing to know."""
        return {}


class LikenessBlock:
    r"""How like the training sequences each one is, as a Gaussian kernel's features.

    .. math:: \phi(x) = K^{-1/2} k(x, z), \qquad
              k(x, z) = \exp(-\gamma \lVert x - z \rVert^2)

    of resampled sequences, with :math:`\gamma` one over the median squared distance
    (Nyström's features: Williams and Seeger 2001).

    Attributes
    ----------
    frames : FrameBlock
    mean, scale : ndarray
        Of the frames.
    centres : ndarray
        (m, p): scaled frames of training sequences.
    whiten : ndarray
        (m, m).
    gamma : float
    """

    def __init__(
        self,
        frames: FrameBlock,
        mean: Features,
        scale: Features,
        centres: Features,
        gamma: float,
    ) -> None:
        self.frames, self.mean, self.scale = frames, mean, scale
        self.centres, self.gamma = centres, gamma
        lengths, axes = np.linalg.eigh(self._likeness(centres))
        kept = lengths > 1e-6 * lengths[-1]
        self.whiten = axes[:, kept] / np.sqrt(lengths[kept])

    @classmethod
    def drawn(
        cls,
        sequences: Sequence[Values],
        frames: FrameBlock,
        most: int,
        rng: np.random.Generator,
    ) -> LikenessBlock:
        """Return the block with at most so many training sequences as centres."""
        rows = np.sort(
            rng.choice(len(sequences), min(len(sequences), most), replace=False)
        )
        raw = frames([sequences[i] for i in rows])
        mean, scale = raw.mean(0), raw.std(0)
        scale[scale < 1e-6] = 1.0
        centres = (raw - mean) / scale
        apart = _squares(centres, centres)[np.triu_indices(len(centres), 1)]
        middle = float(np.median(apart)) if len(apart) else 1.0
        return cls(frames, mean, scale, centres, 1.0 / max(middle, 1e-6))

    def __call__(self, sequences: Sequence[Values]) -> Features:
        """Return (n, m)."""
        scaled = (self.frames(sequences) - self.mean) / self.scale
        return (self._likeness(scaled) @ self.whiten).astype(np.float32)

    def tensors(self) -> dict[str, Tensor]:
        """Return everything, for a file."""
        return {
            **self.frames.tensors(),
            "mean": torch.from_numpy(self.mean.copy()),
            "scale": torch.from_numpy(self.scale.copy()),
            "centres": torch.from_numpy(self.centres.copy()),
            "gamma": torch.tensor(self.gamma, dtype=torch.float64),
        }

    def _likeness(self, frames: Features) -> NDArray[np.float64]:
        return np.exp(-self.gamma * _squares(frames, self.centres))


Block = ModuleBlock | FrameBlock | SummaryBlock | LikenessBlock | CountBlock


def blocks_of(
    sequences: Sequence[Values],
    size: Size,
    rng: np.random.Generator,
    wanted: Collection[str] = _KINDS,
) -> dict[str, Block]:
    """Return the blocks that these training sequences call for, by name.

    Where lengths differ, the convolutions also read every sequence at one length:
    the same movement, quicker or slower, looks the same then.

    Parameters
    ----------
    sequences : sequence of ndarray
        (T_i, C), without missing values.
    size : Size
    rng : Generator
    wanted : collection of str
        The kinds of blocks to make.
    """
    lengths = [len(s) for s in sequences]
    channels = sequences[0].shape[1]
    frames = int(np.clip(max(lengths), _LEAST_FRAMES, _MOST_FRAMES))
    views = ["steps", "changes"]
    if min(lengths) < max(lengths):
        views += ["stretched", "stretched changes"]
    blocks: dict[str, Block] = {}
    for view in views if "convolutions" in wanted else ():
        seen = VIEWS[view](sequences, frames)
        module: torch.nn.Module
        module = ConvolutionFeatures.drawn(seen, rng, size.thresholds)
        blocks[f"convolutions.{view}"] = ModuleBlock(view, frames, module)
        if "stretched" not in view:
            module = CompetingKernels.drawn(seen, rng, size.groups)
            blocks[f"kernels.{view}"] = ModuleBlock(view, frames, module)
    reservoir = Reservoir.drawn(channels, size.units, rng)
    blocks["reservoir"] = ModuleBlock("steps", frames, reservoir)
    most = max(1, _MOST_NUMBERS // channels)
    short = FrameBlock(int(min(np.median(lengths), _MOST_STEPS, most)))
    blocks["frames"] = short
    blocks["summary"] = SummaryBlock()
    blocks["likeness"] = LikenessBlock.drawn(sequences, short, size.centres, rng)
    return blocks


def in_batches(module: torch.nn.Module, sequences: Sequence[Values]) -> Features:
    """Return what a module makes of each sequence, those of like length together."""
    found: Features | None = None
    for rows in _batches([len(s) for s in sequences]):
        steps = max(len(sequences[i]) for i in rows)
        values = np.zeros((len(rows), steps, sequences[0].shape[1]), np.float32)
        for place, i in enumerate(rows):
            values[place, : len(sequences[i])] = sequences[i]
        lengths = torch.tensor([len(sequences[i]) for i in rows])
        features = module(torch.from_numpy(values), lengths).numpy()
        if found is None:
            found = np.empty((len(sequences), features.shape[1]), np.float32)
        found[rows] = features
    assert found is not None  # noqa: S101 - there is at least one sequence
    return found


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    rows: list[int] = []
    for i in np.argsort(lengths, kind="stable"):
        if rows and (len(rows) + 1) * lengths[i] > _BATCH_STEPS:
            yield rows
            rows = []
        rows.append(int(i))
    yield rows


def _changes(sequences: Sequence[Values]) -> list[Values]:
    return [np.diff(s, axis=0) if len(s) > 1 else np.zeros_like(s) for s in sequences]


def _stretched(sequences: Sequence[Values], frames: int) -> list[Values]:
    return [resampled(s, frames).astype(np.float32) for s in sequences]


VIEWS: dict[str, Callable[[Sequence[Values], int], Sequence[Values]]] = {
    "steps": lambda sequences, frames: sequences,
    "changes": lambda sequences, frames: _changes(sequences),
    "stretched": _stretched,
    "stretched changes": lambda sequences, frames: _changes(
        _stretched(sequences, frames)
    ),
}
"""Ways to look at sequences; each takes them and a number of frames."""


def block_from_tensors(name: str, tensors: dict[str, Tensor]) -> Block:
    """Return the block of that name whose own tensors these are."""
    kind, _, view = name.partition(".")
    if kind == "counts":
        return CountBlock.from_tensors(tensors)
    if kind == "summary":
        return SummaryBlock()
    frames = int(tensors["frames"])
    if kind == "frames":
        return FrameBlock(frames)
    if kind == "likeness":
        mean, scale, centres = (
            tensors[k].numpy() for k in ("mean", "scale", "centres")
        )
        return LikenessBlock(
            FrameBlock(frames), mean, scale, centres, float(tensors["gamma"])
        )
    state = within(tensors, "module.")
    module: torch.nn.Module
    if kind == "convolutions":
        module = ConvolutionFeatures(**state)
    elif kind == "kernels":
        module = CompetingKernels(**state)
    else:
        hidden = state["cell.weight_hh_l0"].shape[1]
        module = Reservoir(state["cell.weight_ih_l0"].shape[1], hidden)
        module.load_state_dict(state)
    return ModuleBlock(view or "steps", frames, module)


def _squares(a: Features, b: Features) -> NDArray[np.float64]:
    """Return (n, m): squared distances divided by the number of features."""
    wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
    apart = (wide_a**2).sum(1)[:, None] + (wide_b**2).sum(1) - 2 * wide_a @ wide_b.T
    return np.maximum(apart, 0.0) / a.shape[1]
