"""A checkpoint is complete or absent, whatever happens while it is written."""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time

import pytest

from elman._errors import InputError
from elman.training.keep._checkpoint_store import CheckpointStore
from faults import Faults, in_a_child

# More in `make torture`.
MANY = int(os.environ.get("ELMAN_TORTURE", "0"))


@pytest.fixture(autouse=True)
def _quick_disk(quick_disk):
    """See there."""


def files(step):
    """Contents that say which step they are of, several pages long."""
    block = hashlib.sha256(str(step).encode()).digest()
    return {
        "state.json": json.dumps([step]).encode(),
        "tensors.safetensors": block * 300,
    }


def save(directory, steps, keep=2):
    store = CheckpointStore(directory, keep)
    for step in steps:
        store.save(step, files(step), {"of": step})
    store.close()


def newest(directory):
    """The newest checkpoint as a later process finds it, checked to be whole."""
    store = CheckpointStore(directory)
    try:
        found = store.newest()
    finally:
        store.close()
    if found is not None:
        assert found.files == files(found.step)
        assert found.about == {"of": found.step}
    return found


def leftovers(directory):
    return sorted(p.name for p in directory.iterdir() if ".partial" in p.name)


def test_saves_keeps_the_newest_and_names_it(tmp_path):
    save(tmp_path, range(5), keep=3)
    found = newest(tmp_path)
    assert found.step == 4
    assert (tmp_path / "latest").read_text() == found.path.name == "000005-step-4"
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        ".lock",
        "000003-step-2",
        "000004-step-3",
        "000005-step-4",
        "latest",
    ]


def test_nothing_there_is_none(tmp_path):
    assert newest(tmp_path / "new") is None


def calls_of_a_save(tmp_path):
    save(tmp_path / "probe", range(3))
    store = CheckpointStore(tmp_path / "probe")
    with Faults(-1, "") as faults:
        store.save(3, files(3), {"of": 3})
    store.close()
    return faults.calls


@pytest.mark.parametrize("how", ["kill before", "kill midway", "kill after"])
def test_a_kill_at_every_call_leaves_the_last_or_the_new_one(tmp_path, how):
    """Three checkpoints exist, the fourth dies: the third or the fourth is found."""
    calls = calls_of_a_save(tmp_path)
    assert {"mkdir", "open", "write", "fsync", "rename", "replace", "rmtree"} <= set(
        calls
    )
    ends = []
    for at, name in enumerate(calls):
        directory = tmp_path / str(at)
        save(directory, range(3))

        def work(directory=directory, at=at):
            store = CheckpointStore(directory)
            with Faults(at, how):
                store.save(3, files(3), {"of": 3})

        status = in_a_child(work)
        assert os.WTERMSIG(status) == signal.SIGKILL, name
        found = newest(directory)
        assert not found.passed_over
        assert not leftovers(directory)
        ends.append(found.step)
        # The next save works, and ends where an undisturbed one does.
        save(directory, [4])
        assert newest(directory).step == 4
        assert len([p for p in directory.iterdir() if "step" in p.name]) == 2
    # Before the rename the old one, after it the new one, and never back again.
    assert ends == sorted(ends)
    assert set(ends) == {2, 3}


@pytest.mark.parametrize(
    ("what", "once"), [("ENOSPC", False), ("ENOSPC", True), ("EIO", True)]
)
def test_an_error_at_every_call_loses_nothing(tmp_path, what, once):
    """The writer is told, or all went well; the last good one is always there."""
    calls = calls_of_a_save(tmp_path)
    for at in range(len(calls)):
        directory = tmp_path / f"{at}"
        save(directory, range(3))
        store = CheckpointStore(directory)
        told = False
        with Faults(at, what, once):
            try:
                store.save(3, files(3), {"of": 3})
            except OSError:
                told = True
        store.close()
        found = newest(directory)
        assert found.step in (2, 3)
        assert told or found.step == 3, calls[at]
        assert not found.passed_over
        save(directory, [4])
        assert newest(directory).step == 4


def test_kills_at_random_moments(tmp_path):
    """A process that only saves is killed anywhere; what it reported is there."""
    draw = random.Random(0)  # noqa: S311
    directory = tmp_path / "store"
    last = 0
    for _ in range(MANY or 30):
        read, write = os.pipe()

        def work(start=last, write=write):
            store = CheckpointStore(directory)
            for step in range(start + 1, 10**9):
                store.save(step, files(step), {"of": step})
                os.write(write, f"{step}\n".encode())

        child = os.fork()
        if child == 0:
            os.close(read)
            try:
                work()
            finally:
                os._exit(1)
        os.close(write)
        time.sleep(draw.uniform(0.0, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(read) as pipe:
            reported = [int(line) for line in pipe.read().split()]
        found = newest(directory)
        step = found.step if found else 0
        if reported:
            assert step >= reported[-1]
        assert last <= step <= max(reported, default=last) + 1
        last = step
    assert last > 0


def test_a_full_file_system(tmp_path):
    """The system's own limit on a file's size, not an injected error."""
    save(tmp_path, range(2))

    def work():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        store = CheckpointStore(tmp_path)
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        with pytest.raises(OSError, match="File too large"):
            store.save(2, files(2), {"of": 2})

    assert in_a_child(work) == 0
    assert newest(tmp_path).step == 1
    assert not leftovers(tmp_path)


def test_a_directory_that_cannot_be_written(tmp_path):
    at = calls_of_a_save(tmp_path / "other").index("mkdir")
    save(tmp_path, range(2))
    before = newest(tmp_path)
    store = CheckpointStore(tmp_path)
    with Faults(at, "EACCES"), pytest.raises(OSError, match="Permission denied"):
        store.save(2, files(2), {"of": 2})
    store.close()
    assert newest(tmp_path) == before


def damaged(directory, name, change):
    path = directory / name
    content = bytearray(path.read_bytes())
    change(content)
    path.write_bytes(content)


def flip(content, byte):
    content[byte] ^= 4


def shorten(content):
    del content[50:]


TENSORS, STATE, MANIFEST = "tensors.safetensors", "state.json", "manifest.json"
DAMAGE = {
    "a bit of the tensors": (TENSORS, lambda c: flip(c, 999)),
    "a bit of the state": (STATE, lambda c: flip(c, 1)),
    "a bit of the manifest": (MANIFEST, lambda c: flip(c, 40)),
    "tensors cut short": (TENSORS, shorten),
    "tensors longer": (TENSORS, lambda c: c.extend(b"more")),
    "manifest cut short": (MANIFEST, shorten),
    "manifest empty": (MANIFEST, lambda c: c.clear()),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_checkpoint_is_passed_over_and_named(tmp_path, damage):
    save(tmp_path, range(3))
    name, change = DAMAGE[damage]
    damaged(tmp_path / "000003-step-2", name, change)
    found = newest(tmp_path)
    assert found.step == 1
    assert len(found.passed_over) == 1
    assert "000003-step-2" in found.passed_over[0]


def test_what_is_missing_is_named(tmp_path):
    save(tmp_path, range(3))
    (tmp_path / "000003-step-2" / "state.json").unlink()
    assert "state.json" in newest(tmp_path).passed_over[0]
    (tmp_path / "000003-step-2").rename(tmp_path.parent / "elsewhere")
    found = newest(tmp_path)
    assert found.step == 1
    assert "is gone" in found.passed_over[0]


def test_none_sound_is_an_error_not_a_fresh_start(tmp_path):
    save(tmp_path, range(2))
    for name in ("000001-step-0", "000002-step-1"):
        damaged(tmp_path / name, "manifest.json", lambda c: c.clear())
    with pytest.raises(InputError, match=r"no checkpoint .* is sound"):
        newest(tmp_path)


def with_manifest(directory, change):
    """Change a manifest and give it a digest that fits, as an attacker would."""
    from elman.training.keep._checkpoint_store import _digest

    path = directory / "manifest.json"
    content = json.loads(path.read_text())
    content.pop("sha256")
    change(content)
    path.write_text(json.dumps({**content, "sha256": _digest(content)}))


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m["files"].update({"../../secret.json": {"bytes": 3, "sha256": ""}}),
        lambda m: m["files"].update({"/etc/passwd": {"bytes": 3, "sha256": ""}}),
        lambda m: m["files"]["state.json"].update(bytes=10**15),
        lambda m: m["files"]["state.json"].update(bytes="3"),
        lambda m: m["files"].update({"state.json": 3}),
        lambda m: m.update(files=[1]),
        lambda m: m.update(step="2"),
        lambda m: m.update(schema=99),
        lambda m: m.update(about=None),
    ],
)
def test_a_manifest_made_to_mislead_is_refused(tmp_path, change):
    save(tmp_path, range(3))
    with_manifest(tmp_path / "000003-step-2", change)
    assert newest(tmp_path).step == 1


def test_links_are_not_followed(tmp_path):
    store, outside = tmp_path / "store", tmp_path / "outside"
    save(store, range(3))
    place = store / "000003-step-2"
    (place / "state.json").rename(outside)
    (place / "state.json").symlink_to(outside)
    assert newest(store).step == 1
    place.rename(tmp_path / "moved")
    place.symlink_to(tmp_path / "moved")
    assert newest(store).step == 1
    (store / ".partial-x").symlink_to(tmp_path / "moved")
    newest(store)  # removes the link, not what it leads to
    assert (tmp_path / "moved" / "manifest.json").exists()
    assert not (store / ".partial-x").exists()


def test_a_pipe_in_place_of_a_file_does_not_hang(tmp_path):
    save(tmp_path, range(2))
    path = tmp_path / "000002-step-1" / "manifest.json"
    path.unlink()
    os.mkfifo(path)
    assert newest(tmp_path).step == 0


def test_a_second_process_is_refused_and_told_who_has_it(tmp_path):
    store = CheckpointStore(tmp_path)
    script = (
        "import sys; from pathlib import Path\n"
        "from elman._errors import InputError\n"
        "from elman.training.keep._lock import DirectoryLock\n"
        "try: DirectoryLock(Path(sys.argv[1]))\n"
        "except InputError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"in use by process {os.getpid()}" in done.stdout
    with pytest.raises(InputError, match="in use"):
        CheckpointStore(tmp_path)
    store.close()
    CheckpointStore(tmp_path).close()


def test_the_lock_of_a_killed_process_is_no_obstacle(tmp_path):
    def work():
        CheckpointStore(tmp_path)
        os.kill(os.getpid(), signal.SIGKILL)

    assert os.WTERMSIG(in_a_child(work)) == signal.SIGKILL
    CheckpointStore(tmp_path).close()


def test_a_forked_worker_does_not_inherit_the_lock(tmp_path):
    store = CheckpointStore(tmp_path)
    (ready, say), (read, write) = os.pipe(), os.pipe()
    worker = os.fork()
    if worker == 0:
        os.close(write)
        os.write(say, b"!")
        os.read(read, 1)  # lives on until the parent says so
        os._exit(0)
    os.read(ready, 1)
    store.close()
    CheckpointStore(tmp_path).close()
    for number in (ready, say, read, write):
        os.close(number)
    os.waitpid(worker, 0)
