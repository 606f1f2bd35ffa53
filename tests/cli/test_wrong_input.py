"""Whatever is asked in a wrong way ends in one line, with status 2 and no loss."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import elman as package

SMALL = ["--horizon", 6, "--context", 24, "--hidden", 4, "--epochs", 1]


def refused(answer, *words):
    assert answer.status == 2
    assert answer.err.startswith("elman: error: ")
    assert answer.err.count("\n") == 1
    for word in words:
        assert word in answer.err
    assert answer.out == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("trian", ("no such command 'trian'", "see: elman --help")),
        ("--nothing", ("no such option: --nothing", "see: elman --help")),
        ("train forecats x.csv", ("'forecats'", "'forecast'", "elman train --help")),
        ("train forecast", ("missing argument 'DATA'", "elman train forecast --help")),
        ("train forecast a.csv b.csv", ("(b.csv)",)),
        ("train forecast a.csv --hidden few", ("--hidden", "(got 'few')")),
        ("train forecast a.csv --hidden=few", ("--hidden", "(got 'few')")),
        ("train forecast a.csv --hidden", ("--hidden", "requires an argument")),
        ("info --jsno", ("--jsno", "--json", "elman info --help")),
    ],
)
def test_a_command_misspelt(elman, words, said):
    refused(elman(*words.split()), *said)


def test_no_command_shows_the_commands(elman):
    answer = elman("train")
    assert "forecast" in answer.out + answer.err
    assert "error" not in answer.err


def test_a_series_that_is_too_short_is_named(elman, series, tmp_path):
    data = series(lambda rows: rows[:1])
    for command in (("train", "forecast"), ("diagnose", "forecast")):
        answer = elman(*command, data, "--target", "load")
        refused(answer, f"{data}: the series has 1 row, too few")


def test_an_argument_is_not_blamed_on_the_file(elman, cases):
    answer = elman("train", "classify", cases(), "--cell", "gur")
    refused(answer, "error: --cell must be one of", "did you mean 'gru'")
    assert "elman.Cell" not in answer.err
    other = elman("train", "classify", cases(), "--cell", "tcn(width=3)")
    refused(other, "--cell: tcn takes no options here; write tcn alone")
    alike = cases("alike.ts", classes=("a",))
    refused(elman("train", "classify", alike), "alike.ts: y holds one class")
    refused(elman("diagnose", "classify", alike), "alike.ts: y holds one class")


@pytest.mark.parametrize("second", ["--encoder", "--cell"])
def test_one_choice_is_made_once(elman, cases, second):
    answer = elman("train", "classify", cases(), "--cell", "gru", second, "tcn")
    refused(answer, "--cell and --encoder are names for one choice, and got gru and")


def test_values_that_are_too_large_to_square(elman, series):
    def large(rows):
        return [[t, "1e200" if i == 7 else v, w] for i, (t, v, w) in enumerate(rows)]

    answer = elman("train", "forecast", series(large), "--target", "load", *SMALL)
    refused(answer, "column 'load', row 9: 1e+200 is too large", "larger unit")
    assert not Path("runs").exists()


@pytest.mark.parametrize("seed", [-1, 2**32, 10**30])
def test_seeds_out_of_range(elman, series, cases, seed):
    options = ["--seed", seed, *SMALL]
    answer = elman("train", "forecast", series(), "--target", "load", *options)
    refused(answer, "4294967295", str(seed))
    refused(elman("train", "classify", cases(), "--seed", seed), "--seed", str(seed))
    assert not Path("runs").exists()


def test_more_units_than_any_memory_holds(elman, series):
    options = ["--horizon", 6, "--context", 24, "--hidden", 10**18]
    answer = elman("train", "forecast", series(), "--target", "load", *options)
    refused(answer, "the memory is not enough", "--hidden")
    assert not Path("runs").exists()


def test_a_prescription_overwrites_nothing(elman, series):
    data = series()
    before = data.read_bytes()
    asked = ["diagnose", "forecast", data, "--target", "load", "--apply", "best"]
    refused(elman(*asked, "--to", data), "load.csv exists", "--force")
    assert data.read_bytes() == before
    refused(elman(*asked, "--to", "."), "is a folder")
    refused(elman(*asked, "--to", "none/p.toml"), "--to none/p.toml cannot be written")


def test_ctrl_c_while_the_command_loads(elman, monkeypatch):
    from elman.cli import _main

    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr(_main, "main", interrupt)
    answer = elman("info")
    assert (answer.status, answer.out, answer.err) == (130, "", "elman: interrupted\n")


def test_output_that_is_closed():
    """A job without standard output: commands work, and say nothing elsewhere."""
    script = "import sys; from elman.cli import main; assert not sys.stdout; main()"
    closed = ["sh", "-c", 'exec "$@" >&-', "sh"]
    done = subprocess.run(
        [*closed, sys.executable, "-c", script, "info"],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(package.__file__).parents[1])},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [["--help"], ["train", "--help"], ["--version"]])
def test_a_disk_too_full_for_the_answer(words):
    script = "from elman.cli import main; main()"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", script, *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(package.__file__).parents[1])},
            check=False,
        )
    assert done.returncode != 0
    assert "no space left" in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_a_report_of_a_file(elman, series):
    refused(elman("report", series()), "load.csv is a file, not a run directory")
