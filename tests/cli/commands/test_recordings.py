"""Recordings on the command line: trained on, gone on with, predicted, refused."""

import json
import shutil
import tomllib

import numpy as np
import pytest

import elman
from recorded import tone, write_tones, write_wav

FAST = ("--epochs", "2", "--hidden", "8", "--seed", "0")


@pytest.fixture(scope="module")
def tones(tmp_path_factory):
    return write_tones(tmp_path_factory.mktemp("sounds") / "tones", each=10)


@pytest.fixture(scope="module")
def trained(tones, tmp_path_factory):
    from typer.testing import CliRunner

    from elman.cli._app import app

    out = tmp_path_factory.mktemp("runs") / "tones"
    words = ["train", "classify", str(tones), "--out", str(out), *FAST]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(out.parent / "cache"))
        words += ["--pattern", "{label}/{group}_*.wav", "--bands", "20", "--quiet"]
        found = CliRunner().invoke(app, words)
    assert found.exit_code == 0, found.output
    return out


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def run(elman):
    """Return a function that runs a command, which has to succeed."""

    def call(*words):
        answer = elman(*words)
        assert answer.status == 0, answer.err
        return answer

    return call


@pytest.fixture
def fails(elman):
    """Return a function that runs a command, which has to end with one line."""

    def call(*words):
        answer = elman(*words)
        assert answer.status == 2
        (line,) = [x for x in answer.err.splitlines() if x.startswith("elman: error")]
        return line

    return call


def test_a_run_keeps_its_front_end(trained, tones):
    model = elman.load(trained)
    assert model.front_end_ == elman.FrontEnd(rate=8000, bands=20)
    results = json.loads((trained / "results.json").read_text())
    assert results["input"]["front_end"]["bands"] == 20
    assert ["Features", model.front_end_.in_words()] in results["question"]
    assert results["scores"]["split"].startswith("test, 1 of 2 groups held out")
    found = elman.read_recordings(tones, front_end=model.front_end_)
    assert model.score(found.X, found.y) == 1.0
    other = elman.read_recordings(tones)
    with pytest.raises(elman.InputError, match="read them with read_recordings"):
        model.predict(other.X)


def test_it_predicts_folders_tables_and_single_files(trained, tones, tmp_path, run):
    found = json.loads(run("predict", trained, tones, "--json").out)
    assert found["scores"]["accuracy"] == 1.0
    one = run("predict", trained, tones / "low" / "anna_1.wav").out
    assert one.splitlines()[1].startswith("anna_1.wav,low,")
    table = tones / "new.csv"
    table.write_text("path\nlow/anna_1.wav\nhigh/bert_0.wav\n")
    try:
        rows = run("predict", trained, table).out.splitlines()
    finally:
        table.unlink()
    assert [row.split(",")[1] for row in rows] == ["prediction", "low", "high"]
    # Folders that are no classes are no labels; other names are as good.
    shutil.copytree(tones / "high", tmp_path / "new" / "monday")
    found = run("predict", trained, tmp_path / "new")
    assert "no classes of the run" in found.err
    assert {row.split(",")[1] for row in found.out.splitlines()[1:]} == {"high"}


def test_of_the_other_kind_is_one_line(trained, tones, tmp_path, fails):
    plain = tmp_path / "plain.csv"
    plain.write_text("label,a,b\nx,1,2\ny,3,4\n" * 6)
    assert "holds no recordings, and the run was trained on some" in fails(
        "predict", trained, plain
    )
    assert "no such file" in fails("predict", trained, tmp_path / "absent.wav")


def test_one_goes_on_with_the_recordings_it_began_with(trained, tones, tmp_path, fails):
    copied = tmp_path / "run"
    shutil.copytree(trained, copied)
    job = tomllib.loads((copied / "job.toml").read_text())
    assert job["data"]["bytes"] == sum(p.stat().st_size for p in tones.glob("*/*"))
    text = (copied / "job.toml").read_text().replace("finished = true", "")
    (copied / "job.toml").write_text(text.replace(job["fit"]["contents"], "0" * 64))
    assert "the recordings are not those that the run began with" in fails(
        "resume", copied
    )
    write_wav(tones / "low" / "anna_99.wav", tone(300))
    try:
        assert "is not the folder the run began with" in fails("resume", copied)
    finally:
        (tones / "low" / "anna_99.wav").unlink()


def test_a_pattern_says_what_is_scored(tones, tmp_path, run, fails):
    words = ("train", "classify", tones, *FAST, "--test-pattern", "*_[01].wav")
    found = run(*words, "--out", tmp_path / "r", "--json")
    assert json.loads(found.out)["scores"]["split"].startswith("test, *_[01].wav: 4")
    assert "no recording fits" in fails(*words[:-1], "z*")
    assert "leaves 0 recordings of 20" in fails(*words[:-1], "*")
    assert "give one of them" in fails(*words, "--test", tones)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--features", "mfc"], "--features must be one of log-mel, mfcc"),
        (["--bands", "0"], "--bands must be a whole number"),
        (["--rate", "10"], "--rate must be a whole number"),
        (["--id", "x"], "--id is for tables of steps"),
        (["--label", "x"], "a folder's names say it"),
        (["--pattern", "x*"], "no name fits the pattern"),
    ],
)
def test_options_that_do_not_fit(options, message, tones, fails):
    assert message in fails("train", "classify", tones, *options)


def test_data_that_do_not_fit(tmp_path, fails):
    one = write_tones(tmp_path / "one", each=3, labels=("high",))
    assert "one class only" in fails("train", "classify", one)
    flat = tmp_path / "flat"
    write_wav(flat / "a.wav", tone(300))
    write_wav(flat / "b.wav", tone(300))
    assert "put the recordings into a sub-folder" in fails("train", "classify", flat)
    (tmp_path / "none" / "high").mkdir(parents=True)
    assert "holds no recordings" in fails("train", "classify", tmp_path / "none")
    plain = tmp_path / "plain.csv"
    plain.write_text("label,a,b\nx,1,2\ny,3,4\n" * 6)
    assert "--bands is for recordings" not in fails(
        "train", "classify", plain, "--label", "label", "--pattern", "*"
    )
    alone = tmp_path / "alone"
    for label in ("high", "low"):
        write_wav(alone / label / f"{label}_1.wav", tone(300))
        write_wav(alone / label / f"{label}_2.wav", tone(300))
    said = fails("train", "classify", alone, "--pattern", "{label}/{group}_*")
    assert "no group can be held out whole" in said


def test_groups_of_a_table_stay_together(tmp_path, run, fails):
    rng = np.random.default_rng(0)
    rows = ["who,label," + ",".join(f"t{i}" for i in range(5))]
    for i in range(24):
        values = rng.normal(i % 2, 0.1, 5)
        numbers = ",".join(f"{v:.3f}" for v in values)
        rows.append(f"p{i % 4 // 2},{'ab'[i % 2]},{numbers}")
    table = tmp_path / "t.csv"
    table.write_text("\n".join(rows) + "\n")
    words = ("train", "classify", table, "--label", "label", *FAST, "--json")
    found = json.loads(run(*words, "--group", "who", "--out", tmp_path / "r").out)
    assert "1 of 2 groups held out: 12 sequences" in found["scores"]["split"]
    assert "no column 'whom'; did you mean 'who'" in fails(*words, "--group", "whom")
    predicted = run("predict", tmp_path / "r", table, "--json")
    assert json.loads(predicted.out)["scores"]["accuracy"] == 1.0
