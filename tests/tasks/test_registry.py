"""One registry of tasks: the estimators, the commands and the report agree with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

import elman
from elman import InputError, tasks
from elman.cli._able import check_able
from elman.cli._app import app
from elman.report import render
from elman.tasks import ESTIMATORS, TASKS


@pytest.mark.parametrize("name", TASKS)
def test_an_estimator_knows_its_task(name):
    estimator = ESTIMATORS[name]
    assert estimator.task == name
    assert estimator is getattr(tasks, TASKS[name].estimator)
    assert TASKS[name].estimator in tasks.__all__


def test_each_task_has_its_command():
    train = typer.main.get_command(app).commands["train"]
    assert set(train.commands) == set(TASKS)


@pytest.mark.parametrize("name", TASKS)
def test_a_report_without_a_title_has_that_of_its_task(name):
    assert f"<title>{TASKS[name].title}" in render({"task": name})


@pytest.mark.parametrize("name", TASKS)
def test_what_a_task_can_is_a_command_and_a_method_or_function(name):
    commands = typer.main.get_command(app).commands
    for command in TASKS[name].can:
        assert command in commands
        method = getattr(ESTIMATORS[name], command, None)
        assert callable(method or getattr(elman, command))


def test_a_run_of_another_task_is_refused_in_one_line():
    with pytest.raises(InputError, match=r"runs/a is a run of classify; elman update"):
        check_able(Path("runs/a"), "classify", "update")
    check_able(Path("runs/a"), "forecast", "backtest")


def test_asking_for_the_tasks_loads_no_estimator():
    program = (
        "import sys; from elman.tasks import ESTIMATORS, TASKS; assert len(TASKS);"
        " list(ESTIMATORS); print({'torch', 'sklearn'} & set(sys.modules))"
    )
    run = [sys.executable, "-c", program]
    assert subprocess.run(run, capture_output=True, check=True).stdout == b"set()\n"
