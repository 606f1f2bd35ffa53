"""Masks that the core draws."""

import math

import pytest
import torch

from native_core import native, running_on


def drawn(count, share, key=7, threads=1):
    mask = torch.zeros(count, dtype=torch.bool)
    native.draw(mask, key, share, threads)
    return mask


def test_the_generator_is_philox():
    """Random123's known answer of seven rounds, key and counter 0, bit by bit."""
    words = (0x5F6FB709, 0x0D893F64, 0x4F121F81, 0x4F730A48)
    for place, word in enumerate(words):
        # Below a share is what lies below that part of 2^32.
        assert drawn(256, (word + 1) / 2**32, key=0)[64 * place]
        assert not drawn(256, word / 2**32, key=0)[64 * place]


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.97])
def test_as_many_as_the_share_says(share):
    count = 300_000
    mean = drawn(count, share).double().mean().item()
    assert abs(mean - share) < 6 * math.sqrt(share * (1 - share) / count)


def test_none_and_all():
    assert not drawn(100, 0.0).any()
    assert drawn(100, 1.0).all()


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 100_001])
def test_neither_threads_nor_size_nor_instruction_set_show(count):
    whole = drawn(200_000, 0.3)
    assert torch.equal(drawn(count, 0.3), whole[:count])
    assert torch.equal(drawn(count, 0.3, threads=3), whole[:count])
    for isa in native.isa_list().split():
        with running_on(isa=isa):
            assert torch.equal(drawn(count, 0.3), whole[:count])


def test_another_key_is_another_mask():
    assert not torch.equal(drawn(1000, 0.5, key=1), drawn(1000, 0.5, key=2))
    assert not torch.equal(drawn(1000, 0.5, key=1), drawn(1000, 0.5, key=1 + 2**40))


def test_what_is_no_mask_is_refused():
    for wrong in (torch.zeros(4), torch.zeros(4, 6, dtype=torch.bool)[:, ::2]):
        with pytest.raises(ValueError, match="contiguous tensor of booleans"):
            native.draw(wrong, 1, 0.5, 1)
