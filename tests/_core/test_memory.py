"""Memory that cannot be had is an exception, and the process goes on."""

import subprocess
import sys

import pytest

pytest.importorskip("elman._core._native", reason="the compiled core is not built here")

# A wide layer on few steps: its results take a few kB, its weights in the core's
# order 64 MB. With 40 MB left, that is what fails.
PROGRAM = """
import contextlib
import resource
import sys

import torch

import elman
from elman import ops


@contextlib.contextmanager
def room(megabytes):
    pages = int(open("/proc/self/statm").read().split()[0])
    limit = pages * resource.getpagesize() + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)


def forward(layer, x):
    with torch.no_grad(), room(40):
        return layer(x)[0]


def training(layer, x):
    with room(40):
        return layer(x)[0]


def backward(layer, x):
    y = layer(x)[0].sum()
    with room(40):
        return torch.autograd.grad(y, layer.bias_hh_l0)[0]


torch.set_num_threads(int(sys.argv[1]))
wide, small = elman.LSTM(64, 2048), elman.LSTM(3, 4)
wide.weight_hh_l0.requires_grad_(False)  # its gradient would be as large
x, few = torch.randn(6, 2, 64), torch.randn(5, 2, 3)
with ops.force_path("native"):
    for call in forward, training, backward:
        before = call(small, few)
        for _ in range(2):
            try:
                call(wide, x)
            except MemoryError as error:
                print(error)
            else:
                print("no error")
            assert torch.equal(call(small, few), before)
    room = lambda megabytes: contextlib.nullcontext()
    for call in forward, training, backward:
        assert call(wide, x).isfinite().all()
"""


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="it limits and reads Linux' addresses"
)
@pytest.mark.parametrize("threads", [1, 2])
def test_a_failed_allocation_is_an_error_and_the_process_goes_on(threads):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(threads)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout.splitlines()
        == ["the core could not allocate its working memory"] * 6
    )
