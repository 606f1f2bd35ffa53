"""One step straight from the tensors: right numbers, and the laws of the core."""

import math

import pytest
import torch

from cells import CELLS, by_reference, draw
from elman import ops
from elman.ops.native import _border
from native_core import SETS, native, running_on
from tolerance import assert_close

NAMES = {"w_ih": "weight_ih", "w_hh": "weight_hh", "b_ih": "bias_ih", "b_hh": "bias_hh"}
SIZES = [(1, 1, 1), (1, 3, 7), (2, 5, 16), (1, 16, 17), (8, 33, 70), (3, 64, 64)]
STEPPED = [c for c in CELLS if (c.cell, c.variant) in ops.STEPS]
every_cell = pytest.mark.parametrize("cell", STEPPED, ids=lambda c: c.id)
both_dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)


def call(problem, dtype, pick=slice(None)):
    """Solve a problem of one step; return its last states."""
    given = {k: torch.from_numpy(v).to(dtype) for k, v in problem.given.items()}
    parameters = {long: given.get(short) for short, long in NAMES.items()}
    hx = tuple(given[s][pick].contiguous() for s in problem.cell.states)
    new = ops.step(
        *ops.STEPS[problem.cell.cell, problem.cell.variant],
        parameters,
        given["x"][0][pick].contiguous(),
        hx if len(hx) == 2 else hx[0],
        ops.MOST_ROWS,
    )
    assert new is not None
    return new if isinstance(new, tuple) else (new,)


def test_all_cells_of_the_core_have_it():
    assert len(STEPPED) == 8


@both_dtypes
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("isa", SETS)
@every_cell
def test_against_the_reference(cell, isa, bias, dtype):
    for B, I, H in SIZES:
        problem = draw(cell, 1, B, I, H, bias=bias, dtype=dtype)
        expected = by_reference(problem)
        with running_on(isa):
            found = call(problem, dtype)
        for name, value in zip(("h_n", "c_n"), found, strict=False):
            # A row's sum is as long as the row; each lane adds its sixteenth.
            assert_close(value, expected[name], summands=I + H, dtype=dtype)


@both_dtypes
@every_cell
def test_the_same_bits_on_threads_in_batches_and_on_fused_sets(cell, dtype):
    for B, I, H in SIZES:
        problem = draw(cell, 1, B, I, H, dtype=dtype)
        with running_on():
            alone = call(problem, dtype)
            first = call(problem, dtype, slice(0, 1))
        for threads in (2, 3):
            with running_on(threads=threads):
                assert all(map(torch.equal, call(problem, dtype), alone))
        assert all(torch.equal(f, a[:1]) for f, a in zip(first, alone, strict=True))
        fused = []
        for isa in SETS:
            if isa != "scalar":  # it rounds a product before adding it
                with running_on(isa):
                    fused.append(call(problem, dtype))
        for other in fused[1:]:
            assert all(map(torch.equal, other, fused[0]))


@every_cell
def test_nan_and_infinity(cell):
    problem = draw(cell, 1, 2, 5, 20)
    problem.given["x"][0, 0, 3] = math.nan
    problem.given["x"][0, 1, 3] = 1e300
    h = call(problem, torch.float64)[0]
    assert h[0].isnan().all()
    assert not h[1].isnan().any()


def test_wrong_use_is_an_error():
    with pytest.raises(TypeError, match="step: expected"):
        native.step(0)
    with pytest.raises(TypeError, match="step: expected"):
        native.step(0, 0, None, None, None, 8)
    with pytest.raises(TypeError, match="setup: expected 10"):
        native.setup(0)
    with pytest.raises(ValueError, match="PyCapsule"):
        native.setup(object(), *[None] * 9)


@pytest.mark.parametrize("missing", ["setup", "fast_layer"])
def test_a_core_of_other_sources_is_one_line(monkeypatch, missing):
    def of_others(*_):
        raise TypeError("setup: expected 9 arguments")

    if missing == "setup":
        monkeypatch.setattr(native, "setup", of_others)
    else:
        monkeypatch.delattr(native, missing)
    with pytest.raises(ImportError, match=r"does not match these sources; install ag"):
        _border._functions()
