"""``elman search``: the options of ``elman train`` and what is to be tried."""

from __future__ import annotations

import inspect
import json
import shlex
from importlib.util import find_spec

import numpy as np
import pytest

from elman.cli.search._options import searching, training_command
from elman.tasks.selection._trial import Watch
from sequence_data import weighted_end

pytestmark = pytest.mark.skipif(not find_spec("optuna"), reason="needs optuna")

SMALL = shlex.split("--hidden 6 --epochs 2 --highway none --init default --folds 2 -q")
TRY = ["--try", "lr=1e-4..0.1:log", "--trials", "3"]


@pytest.fixture
def pulses(tmp_path):
    X, y = weighted_end(50)
    np.savez(tmp_path / "pulses.npz", X=X, y=y)
    return tmp_path / "pulses.npz"


def trials_of(folder):
    found = json.loads((folder / "results.json").read_text())["search"]
    drop = ("seconds", "number")
    rows = [{k: v for k, v in r.items() if k not in drop} for r in found["trials"]]
    return rows, found["chosen"]["scores"], found["verdict"]


def test_a_search_ends_with_the_command_that_trains_what_it_chose(
    elman, pulses, tmp_path
):
    done = elman(
        "search", "regress", "pulses.npz", *SMALL, *TRY, "--seeds", "2", "--out", "s"
    )
    assert done.status == 0, done.err
    assert done.err == ""
    for words in ("best trials", "R² in folds", "chosen", "Train with it: "):
        assert words in done.out
    found = json.loads((tmp_path / "s" / "results.json").read_text())["search"]
    assert found["bias"] in done.out
    assert found["verdict"] in done.out
    # What it says to train with is the model that it chose.
    command = shlex.split(found["command"])
    assert command[:3] == ["elman", "train", "regress"]
    assert elman(*command[1:], "--out", "t").status == 0
    both = [(tmp_path / run / "model.safetensors").read_bytes() for run in "st"]
    assert both[0] == both[1]
    # The folder is one of a run like others.
    assert elman("predict", "s", "pulses.npz").status == 0
    assert elman("resume", "s").out.startswith("s is finished")


def test_ctrl_c_says_how_to_go_on_and_loses_nothing(
    elman, pulses, tmp_path, monkeypatch
):
    words = ["search", "regress", "pulses.npz", *SMALL, *TRY, "--seeds", "1"]
    assert elman(*words, "--out", "whole").status == 0
    on_epoch, left = Watch.on_epoch, [7]

    def stopping(self, state):
        on_epoch(self, state)
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(Watch, "on_epoch", stopping)
    stopped = elman(*words, "--out", "cut")
    assert stopped.status == 130
    assert stopped.err == "elman: interrupted; go on with: elman resume cut\n"
    assert elman("resume", "cut", "-q").status == 0
    assert trials_of(tmp_path / "cut") == trials_of(tmp_path / "whole")


def test_other_data_are_refused_and_a_new_search_begins_anew(
    elman, pulses, tmp_path, monkeypatch
):
    words = ["search", "regress", "pulses.npz", *SMALL, *TRY, "--seeds", "1"]
    with monkeypatch.context() as patch:
        patch.setattr(Watch, "on_step", lambda self, state: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            elman(*words, "--out", "s")
    X, y = weighted_end(50, seed=1)
    np.savez(pulses, X=X, y=y)
    refused = elman("resume", "s")
    assert refused.status == 2
    assert "is not the file the run began with" in refused.err
    assert "is not empty" in elman(*words, "--out", "s").err
    assert elman(*words, "--out", "s", "--force").status == 0


def test_a_forecast_with_what_to_try_in_a_file(elman, series, tmp_path):
    series(count=220)
    (tmp_path / "space.toml").write_text(
        '[try]\nlr = "1e-3..1e-2:log"\ncell = ["gru", "rnn"]\n'
    )
    done = elman(
        *shlex.split(
            "search forecast load.csv --target load --horizon 6 --context 12 --hidden 4"
            " --epochs 1 --init default --folds 2 --seeds 1 --try-file space.toml"
            " --sampler random --trials 2 --json --out s"
        )
    )
    assert done.status == 0, done.err
    lines = done.err.splitlines()
    assert lines[0].startswith("trial 1 of 2: ")
    found = json.loads(done.out)["search"]
    assert found["space"] == {"learning_rate": "0.001..0.01:log", "cell": "gru,rnn"}
    assert "rolling origins" in found["folds"]


def test_a_text(elman, tmp_path):
    text = "".join(f"line {i} of some\n" for i in range(120))
    (tmp_path / "text.txt").write_text(text)
    done = elman(
        *shlex.split(
            "search language text.txt --hidden 8 --epochs 1 --folds 2 --seeds 1 -q"
            " --try lr=0.001,0.01 --out s"
        )
    )
    assert done.status == 0, done.err
    assert "2 blocks of" in done.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--try", "hiden=1,2"], "'hiden' is no parameter to try; did you mean"),
        (["--try", "hidden"], "--try hidden: write NAME=VALUES"),
        (["--try", "cell=own.py:Mine"], "cells of a file are not searched for here"),
        (["--try", "lr=0.1", "--try", "lr=0.2"], "--try lr is given twice"),
        (["--try", "lr=0.1", "--try", "lr =0.2"], "--try lr is given twice"),
        (["--try-file", "none.toml"], "none.toml: no such file"),
        (["--try-file", "pulses.npz"], "pulses.npz is not TOML"),
        (["--sampler", "tpi"], "did you mean 'tpe'"),
        (["--trials", "0"], "trials must be at least 1, got 0"),
        (["--folds", "1"], "folds must be at least 2, got 1"),
        (["--folds", "45"], "45 folds need 45 sequences at least, and there are 40"),
    ],
)
def test_wrong_uses_are_one_line_and_leave_nothing(
    elman, pulses, tmp_path, words, message
):
    given = ["search", "regress", "pulses.npz", "--out", "s", *words]
    answer = elman(*given)
    assert answer.status == 2
    assert message in answer.err
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "s").exists()


def test_it_has_the_options_of_the_training_and_its_own():
    from elman.cli.commands import _search, _train_forecast, _train_sequences

    for ours, theirs in (
        (_search.forecast, _train_forecast.forecast),
        (_search.classify, _train_sequences.classify),
    ):
        own = set(inspect.signature(ours).parameters)
        training = set(inspect.signature(theirs).parameters)
        assert {"tries", "sampler", "trials", "seconds", "folds", "seeds"} <= own
        assert {"learning_rate", "hidden_size", "encoding", "out"} <= own & training
        assert not own & {"processes", "nodes", "compare", "tensorboard"}
        assert callable(searching(theirs, "x", "y"))


@pytest.mark.parametrize(
    ("command", "chosen", "expected"),
    [
        (
            "elman search classify a.ts --try lr=1..2 --hidden 3 --out s -q",
            [["--lr", "0.1"]],
            "elman train classify a.ts --hidden 3 -q --lr 0.1",
        ),
        (
            "elman search classify a.ts --try=hidden=1..2 --hidden=3 --no-prune",
            [["--hidden", "8"]],
            "elman train classify a.ts --hidden 8",
        ),
        (
            "elman search classify 'a b.ts' --no-bidirectional --group g --trials 3",
            [["--bidirectional"], ["--cell", "lstm"]],
            "elman train classify 'a b.ts' --group g --bidirectional --cell lstm",
        ),
    ],
)
def test_the_training_command(command, chosen, expected):
    assert training_command(command, chosen) == expected
