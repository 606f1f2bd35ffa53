"""``elman train forecast`` and ``predict`` with many series in one file."""

from __future__ import annotations

import json

import numpy as np
import pytest

SMALL = ["--epochs", "1", "--hidden", "8", "--quiet"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return a wide table and what follows, and the same with a row a step."""
    folder, rng = tmp_path_factory.mktemp("many"), np.random.default_rng(0)
    names = [f'"V{i}"' for i in range(1, 66)]
    train, test, long = [",".join(names)], [",".join(names[:5])], ["shop,t,sold"]
    for k in range(9):
        n = 60 if k % 2 else 45
        season = np.tile([5.0, 6, 9, 4], 20)[: n + 4]
        sold = 10.0 ** (k % 3) * (season + 0.1 * rng.standard_normal(n + 4))
        cells = [f"{v:.4f}" for v in sold]
        empty = [""] * (64 - n)
        train.append(",".join([f'"0{k}"', *cells[:n], *empty]))
        test.append(",".join([f'"0{k}"', *cells[n:]]))
        long += [f"0{k},{t},{v}" for t, v in enumerate(cells[:n])]
    for name, lines in (("train", train), ("test", test), ("long", long)):
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_a_row_for_each_series_with_what_follows(files, tmp_path, elman):
    given = [files / "train.csv", "--test-file", files / "test.csv", *SMALL]
    to = tmp_path / "run"
    answer = elman("train", "forecast", *given, "--out", to, "--json")
    assert answer.status == 0, answer.err
    document = json.loads(answer.out)
    assert document["title"] == "value of 9 series, 4 steps ahead"
    assert document["scores"]["series"] == 9
    assert document["series"]["id"][0] == "00"
    assert len(document["series"]["MASE"]) == 9
    answer = elman("predict", to, files / "train.csv")
    assert answer.status == 0, answer.err
    assert answer.out.splitlines()[0].startswith("series,time,prediction")
    assert answer.out.splitlines()[1].startswith("00,45,")
    assert len(answer.out.splitlines()) == 1 + 9 * 4


def test_an_id_stays_what_stands_in_the_file(files, tmp_path, elman):
    given = [files / "long.csv", "--target", "sold", "--time", "t", "--id", "shop"]
    to = tmp_path / "run"
    answer = elman("train", "forecast", *given, "--horizon", 4, *SMALL, "--out", to)
    assert answer.status == 0, answer.err
    assert "9, told apart by shop; 45 to 60 steps" in answer.out
    assert "The worst of 9 series" in answer.out
    answer = elman("predict", to, files / "long.csv")
    assert answer.status == 0, answer.err
    assert answer.out.splitlines()[1].startswith("00,45,")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--test-fraction", "0.2"], "give --test-fraction or --test-file, not both"),
        (["--no-wide"], "--test-file goes with a table that has a row for each series"),
    ],
)
def test_what_does_not_go_together(files, elman, more, words):
    given = [files / "train.csv", "--test-file", files / "test.csv", *SMALL]
    answer = elman("train", "forecast", *given, *more)
    assert answer.status == 2
    assert words in answer.err
