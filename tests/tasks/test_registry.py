"""One registry of tasks: the estimators, the commands and the report agree with it."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer.main

from elman import tasks
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


def test_asking_for_the_tasks_loads_no_estimator():
    program = (
        "import sys; from elman.tasks import ESTIMATORS, TASKS; assert len(TASKS);"
        " list(ESTIMATORS); print({'torch', 'sklearn'} & set(sys.modules))"
    )
    run = [sys.executable, "-c", program]
    assert subprocess.run(run, capture_output=True, check=True).stdout == b"set()\n"
