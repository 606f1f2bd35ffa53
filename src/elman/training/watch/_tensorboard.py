"""Training curves and gradient flow for TensorBoard."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from elman._arguments import whole_number
from elman._errors import InputError

from ._callbacks import Callback, TrainingState

_SHADES = 3.0  # decades of the map, as in the report
_MOST_PIXELS = 1024
_FIELD = 12  # pixels of a bin's height


class Flow(Protocol):
    """What records a gradient flow: `elman.diagnosis.FlowRecorder`."""

    def to_dict(self) -> dict[str, Any]:
        """Return the record so far."""
        ...


class TensorBoard(Callback):
    """Write loss, rates and the gradient flow as TensorBoard events.

    Every so many steps ``step/loss``, ``step/gradient_norm`` and
    ``step/learning_rate``; after every epoch ``epoch/…`` with everything of its
    row. Of a gradient flow that is recorded, for each layer ``flow/LAYER/reach``, the
    steps back at which a thousandth of the gradient still arrives,
    ``flow/LAYER/largest``, its norm where it is largest, ``flow/LAYER/farthest``,
    that at the farthest lag relative to it, and a map of all lags over the
    training as an image: white is the largest of its step, black a thousandth.

    A resumed run goes on in the same directory, and what was written after its
    checkpoint is replaced. Needs ``pip install "elman[tensorboard]"``.

    Parameters
    ----------
    directory : path
        Where the event files go; made if it is not there.
    every : int
        Steps between two points of the curves by step.
    flow : FlowRecorder, optional
        Whose record to write. The estimators of `elman.tasks` fill it in. As a
        callback it comes before this one.

    Raises
    ------
    InputError
        If TensorBoard is not installed, or the directory cannot be written to.
    """

    def __init__(
        self,
        directory: str | Path,
        *,
        every: int = 10,
        flow: Flow | None = None,
    ) -> None:
        _writer_class()
        self.every = whole_number("every", every)
        self.directory = Path(directory)
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"TensorBoard: {self.directory} cannot be written to"
                f" ({(error.strerror or str(error)).lower()}); name another folder"
            ) from None
        self.flow = flow
        self._writer: Any = None
        self._written = 0

    def on_start(self, state: TrainingState) -> None:
        """Open an event file."""
        self._writer = _writer_class()(
            str(self.directory),
            purge_step=state.step + 1 if state.step else None,
        )
        self._written = state.step

    def on_step(self, state: TrainingState) -> None:
        """Write the step's numbers if it is one of those to write."""
        if self._writer is None or state.step % self.every:
            return
        for name in ("loss", "gradient_norm", "learning_rate"):
            self._number(f"step/{name}", getattr(state, name), state.step)

    def on_epoch(self, state: TrainingState) -> None:
        """Write the epoch's row, and what there is new of the flow."""
        if self._writer is None:
            return
        for name, value in state.record.items():
            if name != "epoch":
                self._number(f"epoch/{name}", value, state.step)
        self._flow()
        self._writer.flush()

    def on_end(self, state: TrainingState) -> None:
        """Write the rest of the flow and close the file."""
        if self._writer is None:
            return
        self._flow()
        self._writer.close()
        self._writer = None

    def _number(self, name: str, value: Any, step: int) -> None:
        if isinstance(value, int | float) and not math.isnan(value):
            self._writer.add_scalar(name, value, step)

    def _flow(self) -> None:
        found = self.flow.to_dict() if self.flow is not None else {}
        steps = found.get("steps", [])
        new = [i for i, step in enumerate(steps) if step > self._written]
        if not new:
            return
        for layer in found["layers"]:
            name = "flow/" + layer["name"].replace(" ", "_")
            for i in new:
                norms = [v for v in layer["norm"][i] if v is not None]
                if layer["reach"][i] is not None:
                    self._number(f"{name}/reach", layer["reach"][i], steps[i])
                if norms:
                    largest = max(norms)
                    self._number(f"{name}/largest", largest, steps[i])
                    if largest > 0:
                        share = norms[-1] / largest
                        self._number(f"{name}/farthest", share, steps[i])
            image = flow_image(layer["norm"])
            if image.size:
                self._writer.add_image(f"{name}/map", image, steps[-1])
        self._written = steps[-1]


def flow_image(norms: list[list[float | None]]) -> NDArray[np.uint8]:
    """Return a record as a picture: a column a step, the end of a sequence below.

    Parameters
    ----------
    norms : list (R, K)
        By training step and bin of lags, None where there is none.

    Returns
    -------
    array of uint8 (1, height, width)
        255 for the largest of its column, 0 for a thousandth of it or less.
    """
    values = np.array(norms, dtype=float)
    if not values.size:
        return np.zeros((1, 0, 0), np.uint8)
    values = np.nan_to_num(values, posinf=0.0)
    top = values.max(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        decades = np.log10(values / np.where(top > 0, top, 1.0))
    shade = np.rint(255 * np.clip(1 + decades / _SHADES, 0, 1)).astype(np.uint8)
    wide = max(1, min(_FIELD, _MOST_PIXELS // len(shade)))
    picture = np.kron(shade.T[::-1], np.ones((_FIELD, wide), np.uint8))
    return np.asarray(picture[None], np.uint8)


def _writer_class() -> Any:
    """Return torch's writer of event files.

    Raises
    ------
    InputError
        TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise InputError(
            f"TensorBoard is not installed ({error}); "
            'run: pip install "elman[tensorboard]"'
        ) from None
    return SummaryWriter
