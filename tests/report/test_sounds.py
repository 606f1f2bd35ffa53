import pytest

from elman.report.pictures._sounds import heard_picture, kept_picture, kept_words


def example(**changed):
    row = {"label": "yes", "predicted": "yes", "seconds": 0.4}
    row |= {"values": [[0.0, 1.0, 2.0]] * 8, "counts": [0.0, 0.1, 0.9, 0.2] * 2}
    return row | changed


def kept(**changed):
    row = {"name": "a.wav", "seconds": 0.4, "lowest": 31.25, "highest": 3969.0}
    row |= {"recorded": [[0.0, 1.0, 2.0]] * 8, "rebuilt": [[0.5, 1.0, 1.5]] * 8}
    return row | {"share": 0.87, "above": 0.2, "widths": [69.0, 411.0]} | changed


SOUNDS = {"front_end": {"window": 0.025, "hop": 0.01, "level": "mean"}}


def test_each_recording_has_its_label_and_what_counted():
    wrong = example(predicted="no")
    drawn = heard_picture({"split": "test: 2", "examples": [example(), wrong]})
    for svg in (drawn.wide, drawn.narrow):
        assert "yes, taken for no" in svg
        assert "var(--accent)" in svg
        assert "var(--signal)" in svg
    assert "taken for where that is another" in drawn.finding
    right = heard_picture({"split": "test: 1", "examples": [example()]})
    assert "taken for" not in right.finding


@pytest.mark.parametrize(
    "changed",
    [
        {"values": []},
        {"values": [[1.0], [1.0, 2.0]]},
        {"counts": [1.0]},
        {"values": "text"},
    ],
)
def test_what_does_not_fit_is_left_out(changed):
    assert heard_picture({"examples": [example(**changed)]}) is None
    assert heard_picture({}) is None


def test_nothing_that_counts_is_no_line():
    drawn = heard_picture({"examples": [example(counts=[0.0] * 8)]})
    assert drawn is not None


def test_what_is_kept_is_drawn_and_said():
    drawn = kept_picture(SOUNDS | {"kept": kept()})
    assert "rebuilt from the features" in drawn.wide
    said = drawn.finding
    assert "87 % can be rebuilt" in said
    assert "69 Hz wide at the bottom and 411 Hz at the top" in said
    assert "25 ms long" in said
    assert "--level none keeps them" in said
    assert "20 % of its power lies above" in said
    quiet = SOUNDS | {"kept": kept(above=0.0), "front_end": {"level": "none"}}
    assert "power" not in kept_words(quiet)
    assert "level" not in kept_words(quiet)
    assert kept_picture(SOUNDS | {"kept": kept(rebuilt=[[1.0]])}) is None
    assert kept_picture({}) is None
