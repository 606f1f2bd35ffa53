"""Shipped cells as compiled pieces: the interpreter's bits on every set."""

import math

import pytest
import torch

from elman.cells._registry import cell, names
from native_core import every_set, native, running_on


def solve(integers, floats, dtype):
    """Everything a cell of 5 steps, 6 rows, 3 inputs and 36 units computes."""
    graph = native.Graph(integers, floats)
    _, N, S, _, _, V, U, K, R, _, M, _ = integers[:12]
    T, B, I, H = 5, 6, 3, 36
    random = torch.Generator().manual_seed(3)

    def drawn(*shape):
        return torch.randn(*shape, generator=random, dtype=torch.float64).to(dtype)

    def made(*shape):
        return torch.full(shape, math.nan, dtype=dtype)

    shapes = [None] * M
    at = 13
    for _ in range(integers[12]):
        weight, kind, _, _, heads, _, slots = integers[at : at + 7]
        at += 7 + slots
        shapes[weight] = (slots * H, H // heads if kind else I)
    weights = [drawn(*shape) / 6 for shape in shapes]
    # Parameters may be rates, and states normalisers, which are positive.
    units = [drawn(H).sigmoid() for _ in range(U)]
    masks = [(drawn(T, B, H) > 0).to(dtype) for _ in range(K)]
    first = [drawn(B, H).abs() for _ in range(N)]
    y, last = made(T, B, H), [made(B, H) for _ in range(N)]
    saved, rows = made(T, B, V, H), made(T, B, R)
    tracks = [made(T, B, H) for _ in range(N)]
    x, bias = drawn(T, B, I), drawn(S * H)
    graph.forward(
        x, weights, bias, units, masks, first, y, last, saved, tracks, rows, save=True
    )
    gradients = {
        "dx": made(T, B, I),
        "dweights": [made(*shape) for shape in shapes],
        "dbias": made(S * H),
        "dunits": [made(H) for _ in range(U)],
        "dfirst": [made(B, H) for _ in range(N)],
        "norms": made(T, B),
    }
    graph.backward(
        *(x, weights, units, masks, first, y, saved, tracks, rows),
        dy=drawn(T, B, H),
        dlast=[drawn(B, H) for _ in range(N)],
        **gradients,
    )
    flat = [t for g in gradients.values() for t in (g if isinstance(g, list) else [g])]
    return [y, *last, *flat]


@every_set
@pytest.mark.parametrize("name", names())
def test_compiled_pieces_have_the_bits_of_the_interpreter(name, isa):
    program = cell(name).lowered().program.encode()
    for dtype in (torch.float32, torch.float64):
        with running_on(isa):
            compiled = solve(*program, dtype)
            native.use_compiled(False)
            try:
                interpreted = solve(*program, dtype)
            finally:
                native.use_compiled(True)
        for a, b in zip(compiled, interpreted, strict=True):
            assert torch.isfinite(a).all()
            assert torch.equal(a, b)


@pytest.mark.parametrize("name", names())
def test_shipped_cells_are_compiled(name):
    graph = native.Graph(*cell(name).lowered().program.encode())
    assert graph.compiled
