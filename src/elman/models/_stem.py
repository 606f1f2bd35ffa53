"""Fewer and wider steps before an encoder: patches, or strided convolutions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, relu

from elman._arguments import whole_number
from elman._errors import InputError, did_you_mean

from ._encoded import mask_of, without_padding


class PatchStem(nn.Module):
    r"""Patches of steps, each mapped linearly to one step (Nie et al. 2023).

    .. math:: z_k = b + \sum_{i=0}^{s-1} W_i\, x_{r k + i},
              \qquad k = 0, \dots, \lceil T / r \rceil - 1

    Zeros stand in for steps beyond the end of a sequence.

    Parameters
    ----------
    channels, width : int
        C and W.
    size : int
        s, steps of a patch.
    stride : int, optional
        r, from the start of a patch to that of the next; s if not given.
    """

    def __init__(
        self, channels: int, width: int, *, size: int, stride: int | None = None
    ) -> None:
        super().__init__()
        whole_number("size", size)
        stride = size if stride is None else stride
        whole_number("stride", stride)
        if stride > size:
            raise InputError(
                f"stride: {stride} is more than the {size} steps of a patch, so that "
                f"steps between patches would be lost; give at most {size}"
            )
        self._config = {
            "channels": channels,
            "width": width,
            "size": size,
            "stride": stride,
        }
        self.width = width
        self.filter = nn.Conv1d(channels, width, size, stride=stride)

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return dict(self._config)

    def lengths(self, lengths: Tensor) -> Tensor:
        """Return how many steps are left of so many."""
        return fewer(lengths, self._config["stride"])

    def forward(
        self, values: Tensor, lengths: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Return (B, ⌈T/r⌉, W), zero beyond each length, and the new lengths."""
        return _strided(self.filter, values, lengths)


class ConvolutionStem(nn.Module):
    """Strided convolutions, each followed by a rectifier.

    Parameters
    ----------
    channels, width : int
        C, and W of every layer.
    strides : sequence of int
        From step to step of each layer: (2, 2) leaves a quarter of the steps.
    kernel_size : int
        Steps that a filter covers, at least the largest stride.
    """

    def __init__(
        self,
        channels: int,
        width: int,
        *,
        strides: Sequence[int] = (2, 2),
        kernel_size: int = 7,
    ) -> None:
        super().__init__()
        if not strides:
            raise InputError("strides: got none; give one for each layer, such as [2]")
        for stride in strides:
            whole_number("strides", stride)
        whole_number("kernel_size", kernel_size, max(strides))
        self._config = {
            "channels": channels,
            "width": width,
            "strides": [int(stride) for stride in strides],
            "kernel_size": kernel_size,
        }
        self.width = width
        self.filters = nn.ModuleList(
            nn.Conv1d(channels if i == 0 else width, width, kernel_size, stride=stride)
            for i, stride in enumerate(strides)
        )

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return dict(self._config)

    def lengths(self, lengths: Tensor) -> Tensor:
        """Return how many steps are left of so many."""
        for stride in cast("list[int]", self._config["strides"]):
            lengths = fewer(lengths, stride)
        return lengths

    def forward(
        self, values: Tensor, lengths: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Return (B, T', W), zero beyond each length, and the new lengths."""
        for layer in self.filters:
            values, lengths = _strided(cast("nn.Conv1d", layer), values, lengths)
            values = relu(values)
        return values, lengths


STEMS: dict[str, Callable[..., Any]] = {
    "patch": PatchStem,
    "convolution": ConvolutionStem,
}
"""Every stem by its name."""


def stem_from(config: dict[str, Any]) -> nn.Module:
    """Build a stem from its name, as ``kind``, and its own `config`.

    Raises
    ------
    InputError
        The name is not known.
    """
    options = dict(config)
    kind = options.pop("kind", None)
    if kind not in STEMS:
        hint = did_you_mean(str(kind), STEMS)
        raise InputError(f"kind must be one of {', '.join(STEMS)}, got {kind!r}{hint}")
    stem: nn.Module = STEMS[kind](**options)
    return stem


def fewer(lengths: Tensor, stride: int) -> Tensor:
    """Return ⌈n / r⌉: the windows that begin within n steps, every r steps."""
    return torch.div(lengths + stride - 1, stride, rounding_mode="floor")


def _strided(
    layer: nn.Conv1d, values: Tensor, lengths: Tensor | None
) -> tuple[Tensor, Tensor | None]:
    """Apply a filter to the windows that begin within each sequence.

    Windows begin on whole multiples of the stride and look ahead, with zeros beyond
    the end: where they lie depends on no other row and on no padding.
    """
    size, stride = layer.kernel_size[0], layer.stride[0]
    mask = mask_of(values, lengths)
    x = without_padding(values, mask).transpose(1, 2)
    count = -(-x.shape[2] // stride)
    lacking = (count - 1) * stride + size - x.shape[2]
    steps = layer(pad(x, (0, max(lacking, 0))))[..., :count].transpose(1, 2)
    if lengths is None:
        return steps, None
    left = fewer(lengths, stride)
    return without_padding(steps, mask_of(steps, left)), left
