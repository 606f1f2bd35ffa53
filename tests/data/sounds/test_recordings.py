import os

import numpy as np
import pytest

from elman import FrontEnd, InputError, read_recordings, read_sound
from recorded import tone, write_tones, write_wav


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def refused(path, **given):
    with pytest.raises(InputError) as caught:
        read_recordings(path, **given)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_for_each_label(tmp_path):
    found = read_recordings(write_tones(tmp_path / "r", each=3))
    assert found.y.tolist() == ["high"] * 3 + ["low"] * 3
    assert found.ids[:2] == ["high/anna_1.wav", "high/bert_0.wav"]
    assert found.groups is None
    assert found.front_end == FrontEnd(rate=8000)
    assert found.X.front_end is found.front_end
    assert [x.shape for x in found.X] == [
        (front_steps, 40) for front_steps in [len(x) for x in found.X]
    ]
    assert found.channels[0].endswith(" Hz")
    assert found.seconds[0] == pytest.approx(0.16)
    assert found.notes == []


def test_folders_named_by_numbers_are_numbers(tmp_path):
    found = read_recordings(write_tones(tmp_path / "r", each=2, labels=("0", "1")))
    assert found.y.tolist() == [0, 0, 1, 1]


def test_names_say_label_and_group(tmp_path):
    for name in ("7_anna_0", "7_bert_1", "8_anna_2", "other"):
        write_wav(tmp_path / "r" / f"{name}.wav", tone(500))
    found = read_recordings(tmp_path / "r", pattern="{label}_{group}_[0-2].wav")
    assert found.y.tolist() == [7, 7, 8]
    assert found.groups.tolist() == ["anna", "bert", "anna"]
    assert found.notes[0].endswith("were left out, such as other.wav")
    nested = write_tones(tmp_path / "n", each=2)
    found = read_recordings(nested, pattern="{label}/{group}_*.wav")
    assert found.groups.tolist() == ["anna", "bert"] * 2


def test_a_table_of_paths(tmp_path):
    write_tones(tmp_path / "r", each=2)
    (tmp_path / "r" / "list.csv").write_text(
        "file,who,mood\nhigh/bert_0.wav,bert,007\nlow/anna_1.wav,anna,8\n"
    )
    found = read_recordings(tmp_path / "r" / "list.csv", "mood", "who")
    assert found.y.tolist() == ["007", "8"]
    assert found.groups.tolist() == ["bert", "anna"]
    assert found.ids == ["high/bert_0.wav", "low/anna_1.wav"]
    named = read_recordings(tmp_path / "r" / "list.csv", recording="file")
    assert named.y is None


def test_rates_channels_and_short_ones_are_read_and_said(tmp_path):
    folder = write_tones(tmp_path / "r", each=3)
    write_wav(folder / "low" / "stereo.wav", np.zeros((800, 2)), channels=2)
    write_wav(folder / "low" / "fast.wav", tone(500, rate=22050), 22050)
    write_wav(folder / "low" / "one.wav", [0.1], bits=24)
    (folder / "low" / "._one.wav").write_bytes(b"of the system")
    (folder / "README.md").write_text("text")
    found = read_recordings(folder)
    said = "\n".join(found.notes)
    assert "1 files are no recordings and were left out, such as README.md" in said
    assert "such as low/stereo.wav: several channels were averaged" in said
    assert "such as low/stereo.wav: nothing but silence" in said
    assert "22,050 samples a second became 8,000" in said
    assert "such as low/one.wav: shorter than a window of 25 ms" in said
    assert all(np.isfinite(x).all() for x in found.X)
    # From the cache it says the same.
    again = read_recordings(folder)
    assert again.notes == found.notes
    for one, other in zip(again.X, found.X, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_same_recording_twice_is_said(tmp_path):
    place = write_tones(tmp_path / "r", each=3)
    for copy in ("high/zoe_9.wav", "low/zoe_9.wav"):
        (place / copy).write_bytes((place / "high" / "anna_1.wav").read_bytes())
    twice, otherwise = read_recordings(place).notes
    assert "2 of 8 recordings, such as high/zoe_9.wav (as high/anna_1.wav)" in twice
    assert "1 of 8 recordings, such as low/zoe_9.wav (as high/anna_1.wav)" in otherwise
    assert "another label" in otherwise
    for file in place.glob("low/*"):
        file.unlink()
    (place / "high" / "zoe_9.wav").rename(place / "low" / "only.wav")
    assert "another label" in read_recordings(place).notes[-1]


def test_the_rate_is_that_of_most_and_at_most_16000(tmp_path):
    for i, rate in enumerate((22050, 22050, 8000)):
        write_wav(tmp_path / "r" / f"{i}.wav", tone(500, rate=rate), rate)
    assert read_recordings(tmp_path / "r").front_end.rate == 16000
    told = read_recordings(tmp_path / "r", front_end={"rate": 22050, "bands": 10})
    assert told.front_end == FrontEnd(rate=22050, bands=10)


def test_bad_files_are_counted_and_the_first_is_named(tmp_path):
    folder = write_tones(tmp_path / "r", each=3)
    (folder / "high" / "a.wav").write_bytes(b"")
    (folder / "high" / "b.wav").write_text("a text")
    (folder / "low" / "c.wav").write_text("a text")
    said = refused(folder)
    assert said.startswith(f"{folder / 'high' / 'a.wav'} is empty")
    assert "2 more recordings" in said
    assert "b.wav is no WAV file" in said
    (folder / "low" / "c.wav").unlink()
    assert "another recording" in refused(folder)


def test_folders_with_nothing_to_read(tmp_path):
    (tmp_path / "empty").mkdir()
    assert "holds no recordings; put files that end in .wav" in refused(
        tmp_path / "empty"
    )
    (tmp_path / "texts" / "high").mkdir(parents=True)
    (tmp_path / "texts" / "high" / "a.txt").write_text("a")
    assert "holds no recordings; there are 1 other files" in refused(tmp_path / "texts")
    assert "no such file" in refused(tmp_path / "absent")


def test_a_folder_that_may_not_be_read(tmp_path):
    folder = write_tones(tmp_path / "r", each=1)
    (folder / "high").chmod(0)
    try:
        if os.access(folder / "high", os.R_OK):
            pytest.skip("this user may read everything")
        assert "cannot be read (permission denied)" in refused(folder)
    finally:
        (folder / "high").chmod(0o700)


def test_recordings_beside_sub_folders_leave_no_labels(tmp_path):
    folder = write_tones(tmp_path / "r", each=1)
    write_wav(folder / "loose.wav", tone(500))
    found = read_recordings(folder)
    assert found.y is None
    assert "loose.wav is in no sub-folder" in found.notes[0]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("{lable}_*", "has {lable}.*did you mean 'label'"),
        ("{label}_{label}.wav", "has {label} twice"),
        ("x*", "no name fits the pattern 'x\\*'; they are such as high/bert_0.wav"),
        ("[z-a]*", "is wrong"),
    ],
)
def test_patterns_that_do_not_fit(pattern, message, tmp_path):
    import re

    folder = write_tones(tmp_path / "r", each=1)
    assert re.search(message, refused(folder, pattern=pattern))


def test_tables_that_do_not_fit(tmp_path):
    write_tones(tmp_path / "r", each=1)
    table = tmp_path / "r" / "list.csv"
    table.write_text("file,mood\nhigh/bert_0.wav,a\nabsent.wav,b\n,c\n")
    assert "column 'file' is empty (1 in all)" in refused(table, label="mood")
    table.write_text("file,mood\nhigh/bert_0.wav,a\nabsent.wav,b\n")
    assert "absent.wav cannot be read (no such file" in refused(table, label="mood")
    assert "did you mean 'mood'" in refused(table, label="moot")
    table.write_text("name,mood\nhigh/bert_0.wav,a\n")
    assert "no column of recordings was found" in refused(table)
    assert "a pattern is for a folder" in refused(table, pattern="*")
    assert "is a folder, and 'mood' was given" in refused(tmp_path / "r", label="mood")


def test_progress_counts(tmp_path):
    seen = []
    read_recordings(
        write_tones(tmp_path / "r", each=2), progress=lambda *n: seen.append(n)
    )
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_steady_sounds_are_warned_of(tmp_path):
    for i in range(6):
        for label, hertz in (("a", 300), ("b", 1500)):
            x = 0.3 * np.sin(2 * np.pi * hertz * np.arange(1600) / 8000)
            noise = np.random.default_rng(i).normal(0, 0.01, 1600)
            write_wav(tmp_path / "r" / label / f"{i}.wav", x + noise)
    found = read_recordings(tmp_path / "r")
    assert "--level none" in found.notes[0]
    # A front end that is fixed, as by a trained run, is not to be changed any more.
    assert read_recordings(tmp_path / "r", front_end=found.front_end).notes == []
    assert read_recordings(tmp_path / "r", front_end={"level": "none"}).notes == []


@pytest.mark.parametrize("kind", ["log-mel", "mfcc"])
def test_features_are_the_front_ends_own(kind, tmp_path):
    path = write_wav(tmp_path / "a.wav", tone(500))
    front_end = FrontEnd(kind, rate=8000)
    (found,) = read_recordings(path, front_end=front_end).X
    samples, rate = read_sound(path)
    np.testing.assert_allclose(found, front_end(samples, rate), atol=1e-5)


def test_it_says_what_the_features_keep(tmp_path):
    folder = write_tones(tmp_path / "r", each=2, rate=22050)
    fine = read_recordings(folder, front_end={"rate": 22050}).X
    coarse = read_recordings(folder, front_end={"rate": 22050, "bands": 4}).X
    low = read_recordings(folder, front_end={"rate": 1000, "bands": 10}).X
    assert 0 <= coarse.kept["share"] < 0.3 < fine.kept["share"] <= 1
    assert fine.kept["above"] == 0
    assert low.kept["above"] > 0.5
    assert len(fine.kept["recorded"]) == len(fine.kept["rebuilt"])
    assert fine.taken([1, 0]).kept is fine.kept
    silent = write_wav(tmp_path / "s.wav", np.zeros(400))
    assert read_recordings(silent).X.kept is None
