"""A study in PostgreSQL, which several machines share."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

import elman
import postgres
from elman import InputError, RunDirectoryError
from elman.tasks.selection import _storage
from elman.tasks.selection.together import _database, _patience
from elman.tasks.selection.together._address import address_of
from small_search import Stop, timeless
from small_search import search as any_search

needs_server = pytest.mark.skipif(
    bool(os.name == "nt" or postgres.missing()),
    reason=(os.name == "nt" and "no server here") or postgres.missing() or "there",
)
_TESTS = str(Path(__file__).parents[2])
_SCRIPT = textwrap.dedent(
    f"""
    import os, signal, sys
    from pathlib import Path
    sys.path[:0] = {[_TESTS]!r}
    from small_search import Stop, search

    class Kill(Stop):
        def on_epoch(self, state):
            self.left -= bool(state.epoch)
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    search(None, Kill(3), study=sys.argv[1], trials=2, seeds=1)
    """
)


@pytest.fixture(scope="module")
def server():
    found = postgres.Server()
    yield found
    found.remove()


def search(study, *callbacks, **changes):
    return any_search(
        None, *callbacks, study=study, **{"trials": 2, "seeds": 1} | changes
    )


def ordered(results):
    rows = timeless(results)["trials"]
    return sorted((row["params"]["learning_rate"], row["score"]) for row in rows)


@pytest.fixture(scope="module")
def whole():
    return ordered(search(None).results)


class Once(Stop):
    """Does something at the n-th epoch."""

    def __init__(self, at, do):
        super().__init__(at)
        self.do = do

    def on_epoch(self, state):
        self.left -= bool(state.epoch)
        if self.left == 0:
            self.do()


@needs_server
def test_a_process_that_is_killed_frees_its_trial(server, whole, monkeypatch):
    url = server.url("killed")
    done = subprocess.run([sys.executable, "-c", _SCRIPT, url], check=False)
    assert done.returncode == -signal.SIGKILL
    storage = _storage.Storage(None, {}, None, url)
    (left,) = storage.running()
    storage.close()
    monkeypatch.setattr(_database, "GRACE", 1)
    time.sleep(1.1)
    found = search(url)
    assert ordered(found.results) == whole
    first = found.results["trials"][0]
    # The fold that it had finished counts.
    assert first["folds"][0] == left.user_attrs["fold-0"][0]


@needs_server
def test_others_are_waited_for_and_other_searches_are_refused(
    server, whole, monkeypatch
):
    url, said = server.url("two"), []

    def join():
        monkeypatch.setattr(elman, "__version__", "9.9")
        with pytest.raises(RunDirectoryError, match="other version of Elman") as caught:
            search(url)
        monkeypatch.undo()
        assert postgres.PASSWORD not in str(caught.value)
        with pytest.raises(RunDirectoryError, match=r"study, with \?study=NAME"):
            search(url, seed=1)
        other = _storage.Storage(None, {}, None, url)
        with other.peers.turn():
            other.free()
            assert len(other.running()) == 1
        other.close()

    assert ordered(search(url, Once(1, join), say=said.append).results) == whole
    assert ordered(search(url).results) == whole


@needs_server
def test_a_trial_that_was_thought_dead_goes_on(server, whole):
    """As after a while without a network."""
    url = server.url("thought-dead")

    def freed():
        other = _storage.Storage(None, {}, None, url)
        for trial in other.running():
            other.study.tell(trial.number, state=_fail())
        other.close()

    counted = Once(3, freed)
    assert ordered(search(url, counted).results) == whole
    assert 3 - counted.left <= 2 * (4 + 2), "what was finished is not trained again"


def _fail():
    from optuna.trial import TrialState

    return TrialState.FAIL


@needs_server
def test_the_database_goes_and_comes_back(server, whole):
    said = []

    def away():
        server.stop()
        threading.Timer(1.0, server.start).start()

    url = server.url("away")
    found = search(url, Once(3, away), say=said.append).results
    assert ordered(found) == whole
    about = [line for line in said if "answer" in line]
    assert len(about) == 2
    assert "does not answer (" in about[0]
    assert about[0].endswith("; trying again for 10 minutes")
    assert about[1].endswith("answers again")
    assert postgres.PASSWORD not in "".join(said)


@needs_server
def test_the_database_is_gone_for_good(server, whole, monkeypatch):
    url = server.url("gone")
    monkeypatch.setattr(_patience, "LIMIT", 0.5)
    try:
        with pytest.raises(RunDirectoryError, match="has not answered for") as caught:
            search(url, Once(3, server.stop))
    finally:
        server.start()
    assert "\n" not in str(caught.value)
    assert postgres.PASSWORD not in str(caught.value)
    # Nobody could be told that this process ended.
    monkeypatch.setattr(_database, "GRACE", 1)
    time.sleep(1.1)
    counted = Once(10**6, None)
    assert ordered(search(url, counted).results) == whole
    # The fold that was finished counts: four fits and two of the last part at most.
    assert 10**6 - counted.left <= 2 * (3 + 2)


@needs_server
def test_what_cannot_be_reached_is_one_line(server):
    for changes, message in (
        ({"password": "wrong-one"}, "password authentication failed.*PGPASSWORD"),
        ({"port": 1}, "cannot be used .*refused"),
        ({"database": "none"}, 'database "none" does not exist'),
    ):
        with pytest.raises(InputError, match=message) as caught:
            search(server.url("x", **changes))
        assert "\n" not in str(caught.value)
        assert "wrong-one" not in str(caught.value)
        assert postgres.PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sqlite:///a.db", "SQLite cannot be shared by several machines"),
        ("trials.db", "SQLite cannot be shared by several machines"),
        ("mysql://me:hidden@host/x", r"postgresql://USER@HOST/DATABASE, got mysql://…"),
        ("hidden", "got a text without ://"),
        ("postgresql://me:hidden@host:port/x", "is none: write postgresql://"),
        ("postgresql://me:hidden@host", "names no database"),
    ],
)
def test_what_is_no_address_is_one_line(text, message):
    pytest.importorskip("psycopg")
    with pytest.raises(InputError, match=message) as caught:
        address_of(text)
    assert "hidden" not in str(caught.value)


def test_without_the_driver_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InputError, match=r"psycopg: pip install 'elman\[search\]'"):
        address_of("postgresql://host/x")
