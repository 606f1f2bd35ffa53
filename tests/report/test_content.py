"""What the page says, and that it never says what the results do not hold."""

from __future__ import annotations

import math
import random
import re

import pytest

from elman.report import render
from elman.report.flow._flow import lag_curves

HOSTILE = "<script>alert(1)</script>\"'&${x}$_{y}%</svg><!--"


def words(page: str) -> str:
    page = re.sub(r"<style>.*?</style>|<svg.*?</svg>", " ", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_forecast_tells_the_whole_story(forecast_results):
    said = words(render(forecast_results))
    for part in (
        "What was asked",
        "count, 24 hours ahead",
        "highway + GRU has the best MAE.",
        "15 → 212",
        "short of the 168 the data need: bad",
        "With the remedy “chrono”, gradients reach 212 steps back",
        "88.7 % of the truth",
        "its linear part alone",
        "10 missing hours were filled.",
        "elman demo --out runs/demo",
        "The weights of epoch 14 were kept.",
        "10 are missing and show as gaps",
    ):
        assert part in said


def test_best_model_comes_first_and_is_marked(forecast_results):
    page = render(forecast_results)
    table = page[page.index('class="scores"') :]
    order = [table.index(m) for m in ("highway + GRU", "ridge", "linear", "last week")]
    assert order == sorted(order)
    assert table.index("winner") < order[0]


def test_a_winning_baseline_is_named_plainly(classify_results, forecast_results):
    assert "A baseline wins: ridge does better" in render(classify_results)
    assert "A baseline wins" not in render(forecast_results)
    # Once is enough: not again where the verdict has said it.
    classify_results["scores"]["verdict"] = "A baseline wins: ridge has 0.984."
    assert render(classify_results).count("A baseline wins") == 1


def test_higher_is_better_sorts_downwards(classify_results):
    page = render(classify_results)
    table = page[page.index('class="scores"') :]
    assert table.index("0.984") < table.index("0.978")


def test_exploding_network_is_called_bad(forecast_results):
    forecast_results["diagnosis"]["before"]["verdict"] = "exploding"
    said = words(render(forecast_results))
    assert "gradients grow as they travel back: bad" in said
    assert "explodes → 212" in said


def test_confusion_matrix_holds_every_count(classify_results):
    page = render(classify_results)
    assert page.count(">40<") >= 9
    assert re.search(r'wrong" style="--share:0.07">3<', page)


def test_hostile_text_stays_text(forecast_results):
    results = forecast_results
    results["title"] = HOSTILE
    results["notes"] = [HOSTILE]
    results["question"] = [[HOSTILE, HOSTILE]]
    results["data"]["target"] = HOSTILE
    results["scores"]["rows"][0]["model"] = HOSTILE
    results["diagnosis"]["remedy"] = HOSTILE
    results["diagnosis"]["remedies"][0]["name"] = HOSTILE
    results["environment"]["command"] = HOSTILE
    page = render(results)
    assert "<script" not in page
    assert page.count("alert(1)") >= 8
    assert page.count("<svg") == page.count("</svg>")


def test_hostile_labels_stay_text(classify_results):
    results = classify_results
    results["data"]["classes"] = {HOSTILE: 3}
    results["data"]["examples"][0]["label"] = HOSTILE
    results["confusion"] = {"labels": [HOSTILE], "matrix": [[3]]}
    assert "<script" not in render(results)


def test_a_dollar_is_no_formula(forecast_results):
    forecast_results["data"]["target"] = "price $ per $unit"
    assert "price $ per $unit" in render(forecast_results)


def test_each_part_may_stand_alone(results):
    for key, part in results.items():
        assert "</html>" in render({key: part})


@pytest.mark.parametrize("empty", [None, {}, []])
def test_every_part_may_be_empty(results, empty):
    assert "</html>" in render(dict.fromkeys(results, empty))
    assert "</html>" in render({})


def test_optional_parts_may_be_missing(forecast_results):
    """No remedy, no test part, no linear part, no interval."""
    results = forecast_results
    results["diagnosis"] = {**results["diagnosis"], "after": None, "remedy": None}
    forecast = results["forecast"]
    forecast["test"] = forecast["error_by_step"] = None
    forecast["next"] = {k: forecast["next"][k] for k in ("time", "prediction")}
    results["data"]["validation_end"] = len(results["data"]["time"])
    said = words(render(results))
    assert "On the test part" not in said
    assert "the test, stays unseen" not in said
    assert "What comes next" in said
    assert "With the remedy" not in said


def _leaves(node, path=()):
    """Every place in the results; of a long list the first few."""
    if isinstance(node, dict):
        items = list(node.items())
    else:
        items = list(enumerate(node[:5])) if isinstance(node, list) else []
    for key, child in items:
        yield (*path, key)
        yield from _leaves(child, (*path, key))


@pytest.mark.parametrize("seed", range(3))
def test_null_nan_and_text_anywhere(results, seed):
    """Whatever an older or a newer version left out or changed, a page comes out."""
    chooser = random.Random(seed)  # noqa: S311
    strange = [None, math.nan, math.inf, -math.inf, 1e300, -1, [], {}, "?", True]
    for place in chooser.sample(list(_leaves(results)), 12):
        node = results
        try:
            for key in place[:-1]:
                node = node[key]
            node[place[-1]] = chooser.choice(strange)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this place away
    assert "</html>" in render(results)


def test_without_a_test_part_the_page_says_validation(forecast_results):
    forecast_results["scores"]["split"] = "validation (no test part was held out)"
    said = words(render(forecast_results))
    assert "On the validation part" in said
    assert "On the test part" not in said


@pytest.mark.parametrize(
    ("flag", "text", "big"),
    [
        ("capped", "reach at least 212 steps back", "15 → ≥ 212"),
        ("beyond_window", "reach about 212 steps back", "15 → 212"),
    ],
)
def test_a_horizon_not_seen_to_end_is_said_so(forecast_results, flag, text, big):
    after = forecast_results["diagnosis"]["after"]
    after["headline"] = "encoder layer 0"
    after["profile"][1][flag] = True
    said = words(render(forecast_results))
    assert text in said
    assert big in said


def test_the_headline_layer_is_the_coloured_one(forecast_results):
    part = forecast_results["diagnosis"]["before"]
    assert lag_curves(part)[0][0] == "encoder layer 0"
    part["headline"] = "decoder layer 0"
    assert [name for name, _, _ in lag_curves(part)] == [
        "decoder layer 0",
        "encoder layer 0",
    ]
