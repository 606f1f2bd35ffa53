"""One table of parameters: the estimators, the options and the docs agree with it."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections import Counter

import pytest
import typer.main

import elman
from elman.cli._app import app
from elman.tasks import ESTIMATORS
from elman.tasks.parameters import PARAMETERS, SETTINGS, checked, rows
from elman.training import TrainingSettings

TASKS = list(ESTIMATORS)


def arguments(task: str) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(ESTIMATORS[task]).parameters)


def options(task: str) -> dict[str, typer.core.TyperOption]:
    """The options of ``elman train TASK``, by the names of the estimator."""
    train = typer.main.get_command(app).commands["train"]
    return {option.name: option for option in train.commands[task].params}


@pytest.mark.parametrize("task", TASKS)
def test_the_table_has_the_arguments_of_each_estimator(task):
    names = Counter(row.name for row in rows(task))
    assert names == Counter(list(arguments(task)))


@pytest.mark.parametrize("task", TASKS)
def test_defaults_pass_their_own_checks(task):
    values = checked(ESTIMATORS[task]())
    assert set(values) == set(arguments(task))


@pytest.mark.parametrize("task", TASKS)
def test_an_estimator_keeps_its_arguments_as_they_are(task):
    given = {name: object() for name in arguments(task)}
    estimator = ESTIMATORS[task](**given)
    assert {k: v for k, v in vars(estimator).items() if k in given} == given


@pytest.mark.parametrize("task", TASKS)
def test_each_is_described_once_in_the_docstring(task):
    text = inspect.getdoc(ESTIMATORS[task])
    for row in rows(task):
        entry = re.search(
            rf"^{row.name} : (.*)\n((?:    .*\n)+)", text, flags=re.MULTILINE
        )
        assert entry, row.name
        assert entry[1] == str(row.kind)
        assert " ".join(entry[2].split()) == " ".join(row.doc.split())


@pytest.mark.parametrize("task", TASKS)
def test_the_command_line_offers_what_has_an_option(task):
    offered = options(task)
    for row in (*rows(task), *(row for row in SETTINGS if row.of(task))):
        if row.option is None:
            assert row.name not in offered
            continue
        assert offered[row.name].help == row.option.help
        assert row.option.flag in (None, *offered[row.name].opts)


@pytest.mark.parametrize("task", TASKS)
def test_what_has_no_option_belongs_to_another_task(task):
    offered = options(task)
    for row in SETTINGS:
        assert (row.name in offered) == row.of(task)


@pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: row.name)
def test_the_words_of_a_choice_are_in_the_help(row):
    if row.option is None or not hasattr(row.kind, "words"):
        return
    assert set(row.kind.words()) <= set(re.findall(r"\w+", row.option.help))


def test_settings_are_settings():
    fields = {field.name for field in dataclasses.fields(TrainingSettings)}
    own = {row.setting for row in PARAMETERS if row.setting}
    assert own <= fields
    assert {row.name for row in SETTINGS} <= fields - own


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("cell", "gruu", "did you mean 'gru'?"),
        ("cell", 3, "cell must be one of rnn, gru, lstm"),
        ("hidden_size", 0, "hidden_size must be at least 1"),
        ("num_layers", 1.5, "num_layers must be a whole number"),
        ("dropout", 1.0, "dropout must be at least 0 and below 1"),
        ("progress", "no", "progress must be True or False, got 'no'"),
        ("callbacks", 3, "callbacks must be objects like"),
        ("checkpoints", 3, "checkpoints must be a directory"),
    ],
)
@pytest.mark.parametrize("task", TASKS)
def test_a_value_out_of_range_is_one_line(task, name, value, words):
    with pytest.raises(elman.InputError, match=re.escape(words)) as caught:
        checked(ESTIMATORS[task](**{name: value}))
    assert "\n" not in str(caught.value)
