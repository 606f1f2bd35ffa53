"""Masks of booleans are those of numbers, in every bit."""

import pytest
import torch

from elman.cells import cell, core_bias, core_weights, initial, unit_values
from native_core import native, running_on

T, B, I, H = 9, 3, 4, 37


def ran(name, masks, threads, lengths=None):
    found = cell(name)
    lowered = found.lowered(zoneout=(None,) * len(found.states))
    program = lowered.program
    graph = native.Graph(*program.encode())
    generator = torch.Generator().manual_seed(3)

    def source(shape):
        return torch.rand(shape, generator=generator, dtype=torch.float64).numpy()

    start = initial(found, I, H, source)
    parameters = {k: torch.from_numpy(v).float() for k, v in start.items()}
    weights = [w.contiguous() for w in core_weights(lowered, parameters)]
    bias = core_bias(lowered, parameters.get("bias"))
    units = [u.contiguous() for u in unit_values(lowered, parameters)]
    x = torch.randn(T, B, I, generator=generator)
    dy = torch.randn(T, B, H, generator=generator)
    y, dx = torch.zeros(T, B, H), torch.zeros(T, B, I)
    first = [torch.zeros(B, H) for _ in found.states]
    last = [torch.zeros(B, H) for _ in found.states]
    kept = (
        torch.zeros(T, B, program.saved, H),
        [torch.zeros(T, B, H) for _ in found.states],
        torch.zeros(T, B, program.rows),
    )
    way = {"threads": threads, "lengths": lengths}
    graph.forward(
        *(x, weights, bias, units, masks, first, y, last), *kept, **way, save=True
    )
    dweights = [torch.zeros_like(w) for w in weights]
    dunits = [torch.zeros_like(u) for u in units]
    graph.backward(
        *(x, weights, units, masks, first, y), *kept, **way, dy=dy, dx=dx,
        dweights=dweights, dunits=dunits,
    )  # fmt: skip
    return [y, dx, *last, *dweights, *dunits]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", ["lstm", "indrnn", "layer_norm_gru"])
def test_booleans_are_ones_and_zeros(name, threads):
    count = len(cell(name).states)
    flags = [torch.rand(T, B, H) < 0.3 for _ in range(count)]
    lengths = torch.tensor([4, 9, 1])
    with running_on(threads=threads):
        expected = ran(name, [f.float() for f in flags], 1, lengths)
        assert all(map(torch.equal, ran(name, flags, threads, lengths), expected))
        wide = [torch.stack([f, ~f], 1)[:, 0] for f in flags]
        assert all(map(torch.equal, ran(name, wide, threads, lengths), expected))


def test_a_mask_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"masks\[0\] has shape"):
        ran("gru", [torch.zeros(T, B, H + 1, dtype=torch.bool)], 1)
    with pytest.raises(ValueError, match=r"masks\[0\] is not float32"):
        ran("gru", [torch.zeros(T, B, H, dtype=torch.uint8)], 1)
