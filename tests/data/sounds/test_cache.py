import multiprocessing
import os
import signal
import time

import numpy as np
import pytest

from elman import FrontEnd, read_recordings
from elman.data.sounds._cache import FeatureCache
from recorded import write_tones

SAID = {"rate": 8000, "seconds": 1.0, "silent": False, "notes": []}


def features(seed=0):
    return np.random.default_rng(seed).normal(size=(7, 3)).astype(np.float32)


@pytest.fixture
def cache(tmp_path):
    return FeatureCache(FrontEnd(), tmp_path / "kept")


def kept(cache):
    return [p for p in cache.folder.glob("*/*") if p.is_file()]


def test_what_was_kept_comes_back(cache):
    key = cache.key(b"content")
    assert cache.get(key) is None
    cache.put(key, features(), SAID)
    found, said = cache.get(key)
    np.testing.assert_array_equal(found, features())
    assert said == SAID
    found[:] = 0  # it is the caller's own
    np.testing.assert_array_equal(cache.get(key)[0], features())


def test_other_contents_and_front_ends_have_other_names(cache, tmp_path):
    other = FeatureCache(FrontEnd(bands=39), tmp_path / "kept")
    keys = {cache.key(b"a"), cache.key(b"b"), other.key(b"a")}
    assert len(keys) == 3


def damages():
    yield "empty", lambda b: b""
    yield "half", lambda b: b[: len(b) // 2]
    yield "one bit", lambda b: b[:-1] + bytes([b[-1] ^ 1])
    yield "digest", lambda b: b"x" * 32 + b[32:]


@pytest.mark.parametrize("damage", [d for _, d in damages()])
def test_damaged_files_count_as_missing(damage, cache):
    key = cache.key(b"content")
    cache.put(key, features(), SAID)
    (path,) = kept(cache)
    path.write_bytes(damage(path.read_bytes()))
    assert cache.get(key) is None
    cache.put(key, features(), SAID)
    np.testing.assert_array_equal(cache.get(key)[0], features())


def test_a_disk_that_does_not_let_us_is_no_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    cache = FeatureCache(FrontEnd(), tmp_path / "file")
    cache.put(cache.key(b"a"), features(), SAID)
    assert cache.get(cache.key(b"a")) is None
    cache.shrink(0)


def test_the_oldest_go_first(cache):
    keys = [cache.key(bytes([i])) for i in range(5)]
    for i, key in enumerate(keys):
        cache.put(key, features(i), SAID)
        os.utime(cache._path(key), (1000 + i, 1000 + i))
    size = cache._path(keys[0]).stat().st_size
    cache.shrink(2 * size)
    assert [cache.get(key) is not None for key in keys] == [False] * 3 + [True] * 2


def _write_for_ever(folder):
    cache = FeatureCache(FrontEnd(), folder)
    while True:
        for i in range(20):
            cache.put(cache.key(bytes([i])), features(i), SAID)


def test_writers_that_are_killed_leave_nothing_wrong(tmp_path):
    context = multiprocessing.get_context("fork")
    cache = FeatureCache(FrontEnd(), tmp_path)
    for _ in range(3):
        writers = [
            context.Process(target=_write_for_ever, args=(tmp_path,), daemon=True)
            for _ in range(2)
        ]
        for writer in writers:
            writer.start()
        end = time.monotonic() + 60
        while cache.get(cache.key(bytes([19]))) is None and time.monotonic() < end:
            time.sleep(0.01)
        for writer in writers:
            os.kill(writer.pid, signal.SIGKILL)
            writer.join()
        for i in range(20):
            found = cache.get(cache.key(bytes([i])))
            assert found is None or np.array_equal(found[0], features(i))


def test_without_a_cache_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = write_tones(tmp_path / "r", each=1)
    plain = read_recordings(folder, cache=False)
    assert not (tmp_path / "cache").exists()
    first, second = read_recordings(folder), read_recordings(folder)
    for found in (first, second):
        for one, other in zip(found.X, plain.X, strict=True):
            np.testing.assert_array_equal(one, other)
    assert len(list((tmp_path / "cache" / "elman" / "sounds").glob("*/*"))) == 2
