"""What TensorBoard reads back is what the training saw."""

from __future__ import annotations

import builtins
import math

import numpy as np
import pytest
import torch
from torch import nn

from elman._errors import InputError
from elman.training import (
    Checkpoints,
    RaggedSequences,
    TensorBoard,
    TrainingSettings,
    train,
)
from elman.training.watch._callbacks import Callback
from elman.training.watch._tensorboard import flow_image

pytest.importorskip("tensorboard")


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.rnn = nn.GRU(2, 4, batch_first=True)
        self.out = nn.Linear(4, 1)

    def forward(self, x, lengths):
        return self.out(self.rnn(x)[0][:, -1])


class Flow:
    """A record of three steps: the second layer has lags the first has not."""

    def to_dict(self):
        return {
            "steps": [1, 5, 9],
            "layers": [
                {"name": "rnn", "norm": [[4.0, 0.4, 0.004]] * 3, "reach": [2, 2, 1]},
                {
                    "name": "rnn reverse",
                    "norm": [[1.0, None, None], [0.0, None, None], [2.0, None, None]],
                    "reach": [0, None, 0],
                },
            ],
        }


class See(Callback):
    def __init__(self):
        self.loss = {}

    def on_step(self, state):
        self.loss[state.step] = state.loss


def run(folder, *more, epochs=3, **options):
    draw = np.random.default_rng(0)
    data = RaggedSequences(
        [draw.normal(size=(5, 2)).astype(np.float32) for _ in range(12)],
        torch.from_numpy(draw.normal(size=(12, 1)).astype(np.float32)),
    )
    settings = TrainingSettings(epochs=epochs, batch_size=3, seed=0)
    board = TensorBoard(folder, every=2, flow=Flow())
    return train(
        Model(), nn.functional.mse_loss, data, None, settings, [board, *more], **options
    )


def read(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder), size_guidance={"images": 0})
    found.Reload()
    return found


def points(found, name):
    return {event.step: event.value for event in found.Scalars(name)}


def test_the_curves_come_back(tmp_path):
    see = See()
    result = run(tmp_path, see)
    found = read(tmp_path)
    losses = points(found, "step/loss")
    assert list(losses) == [2, 4, 6, 8, 10, 12]
    assert losses == pytest.approx({k: see.loss[k] for k in losses}, rel=1e-6)
    by_epoch = points(found, "epoch/loss")
    assert list(by_epoch) == [4, 8, 12]  # the start has no loss
    assert list(by_epoch.values()) == pytest.approx(
        [row["loss"] for row in result.history[1:]], rel=1e-6
    )
    assert "epoch/validation_loss" not in found.Tags()["scalars"]


def test_the_flow_comes_back(tmp_path):
    run(tmp_path)
    found = read(tmp_path)
    assert points(found, "flow/rnn/reach") == {1: 2, 5: 2, 9: 1}
    assert points(found, "flow/rnn/largest") == {1: 4, 5: 4, 9: 4}
    assert points(found, "flow/rnn/farthest") == pytest.approx(
        {1: 1e-3, 5: 1e-3, 9: 1e-3}
    )
    assert points(found, "flow/rnn_reverse/largest") == {1: 1, 5: 0, 9: 2}
    assert list(points(found, "flow/rnn_reverse/reach")) == [1, 9]
    (image,) = found.Images("flow/rnn/map")
    assert (image.step, image.height) == (9, 36)


def test_the_map_is_a_shade_a_decade():
    picture = flow_image([[1.0, 0.1, 1e-3, None], [0.0, 0.0, 0.0, 0.0]])
    assert picture.shape[:2] == (1, 48)
    half = picture.shape[2] // 2
    np.testing.assert_array_equal(picture[0, ::12, 0], [0, 0, 170, 255])
    assert not picture[0, :, half:].any()
    assert flow_image([]).size == 0
    assert flow_image([[math.inf, 1.0]]).max() == 255


class Stop(Callback):
    def on_step(self, state):
        if state.step == 7:
            raise KeyboardInterrupt


def test_a_resumed_run_goes_on_in_the_same_curves(tmp_path):
    run(tmp_path / "whole")
    checkpoints = Checkpoints(tmp_path / "c")
    run(tmp_path / "cut", Stop(), checkpoints=checkpoints)
    run(tmp_path / "cut", Callback(), checkpoints=checkpoints, resume=True)
    whole, cut = read(tmp_path / "whole"), read(tmp_path / "cut")
    for name in ("step/loss", "epoch/loss", "flow/rnn/reach"):
        assert points(cut, name) == points(whole, name)


def test_without_tensorboard_there_is_one_clear_line(tmp_path, monkeypatch):
    known = builtins.__import__

    def refuse(name, *rest, **more):
        if name.startswith("torch.utils.tensorboard"):
            raise ModuleNotFoundError("No module named 'tensorboard'")
        return known(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(
        InputError, match=r'pip install "elman\[tensorboard\]"'
    ) as error:
        TensorBoard(tmp_path)
    assert "\n" not in str(error.value)


def test_a_file_in_the_way_is_said(tmp_path):
    (tmp_path / "x").write_text("")
    with pytest.raises(InputError, match="cannot be written to"):
        run(tmp_path / "x")
    with pytest.raises(InputError, match="every"):
        TensorBoard(tmp_path, every=0)
