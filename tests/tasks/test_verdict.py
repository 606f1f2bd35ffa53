"""Who won and by how much, for errors and for shares that are right."""

from __future__ import annotations

import pytest

from elman.tasks._verdict import verdict


def rows(mine, theirs, kind="baseline", name="Elman"):
    return [
        {"model": name, "kind": "network", "values": {"m": mine}},
        {"model": "ridge", "kind": kind, "values": {"m": theirs}},
        {"model": "poor", "kind": "baseline", "values": {"m": 0.4}},
    ]


@pytest.mark.parametrize(
    ("mine", "theirs", "winner", "sentence"),
    [
        (0.9, 0.8, "Elman", "Elman has the highest m, 90.0 %: 10.0 points above ridge"),
        (0.8, 0.9, "ridge", "ridge has m 90.0 %, Elman 80.0 %, 10.0 points below."),
        (0.9, 0.9, "Elman", "Elman and ridge have the same m, 90.0 %."),
    ],
)
def test_shares_that_are_right(mine, theirs, winner, sentence):
    found, said = verdict(rows(mine, theirs), "m", lower_is_better=False)
    assert found == winner
    assert sentence in said


@pytest.mark.parametrize(
    ("mine", "theirs", "winner", "sentence"),
    [
        (0.1, 0.2, "Elman", "Elman has the lowest m, 0.1: 50.0% below ridge (0.2)."),
        (0.3, 0.2, "ridge", "ridge has m 0.2, Elman 0.3, 50.0% above."),
        (0.9, 0.2, "ridge", "Elman 0.9, 350.0% above."),
        (3.0, 0.002, "ridge", "ridge has m 0.002, Elman 3, 1,500 times as much."),
        (3.0, 1e-9, "ridge", "Elman 3, more than a million times as much."),
        (0.3, 0.0, "ridge", "ridge makes no error at all, Elman has m 0.3."),
        (0.0, 0.2, "Elman", "100.0% below ridge"),
    ],
)
def test_errors(mine, theirs, winner, sentence):
    found, said = verdict(rows(mine, theirs), "m")
    assert found == winner
    assert sentence in said


def test_only_what_it_is_made_of_shows_that_training_added_nothing():
    assert "found nothing to add" in verdict(rows(0.1, 0.1, "part"), "m")[1]
    assert "nothing to add" not in verdict(rows(0.1, 0.1), "m")[1]


def test_a_network_without_a_name_and_without_rivals():
    only = rows(0.9, 0.8, name="network")[:1]
    name, said = verdict(only, "m", lower_is_better=False)
    assert (name, said) == ("network", "The network has m 90.0 %.")
    said = verdict(rows(0.3, 0.2, name="network"), "m")[1]
    assert "ridge has m 0.2, the network 0.3" in said


@pytest.mark.parametrize(
    ("mine", "winner", "said"),
    [
        (1.0, "net", "lowest MAE"),
        (3.0, "naive", "A baseline wins"),
        (2.0, "net", "same"),
    ],
)
def test_the_verdict_says_who_wins(mine, winner, said):
    rows = [
        {"model": "net", "kind": "network", "values": {"MAE": mine}},
        {"model": "naive", "kind": "baseline", "values": {"MAE": 2.0}},
    ]
    name, sentence = verdict(rows)
    assert name == winner
    assert said in sentence


def test_a_score_of_a_hundred_is_said_in_its_own_points():
    rows = [
        {"model": "network", "kind": "network", "values": {"BLEU": 36.24}},
        {"model": "copy", "kind": "baseline", "values": {"BLEU": 8.9}},
    ]
    name, words = verdict(rows, "BLEU", lower_is_better=False, percent=False)
    assert name == "network"
    assert words == (
        "The network has the highest BLEU, 36.2: 27.3 points above copy (8.9)."
    )
