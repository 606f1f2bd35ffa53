"""Runs taken up again from every state they were in, and the bits they end with."""

from __future__ import annotations

import json

import torch
from safetensors.torch import load, save

from elman.training import Callback
from elman.training.keep._random import own_random_states
from elman.training.keep._state import pack, unpack


class Keep(Callback):
    """Takes the state after every step and every epoch, as a checkpoint would."""

    def __init__(self):
        self.loop = None
        self.kept = []

    def on_step(self, state):
        plain, tensors = pack(self.loop.state_dict())
        self.kept.append((json.dumps(plain), save(tensors)))

    on_epoch = on_step


def ending(loop, state=None):
    """Run to the end; return everything there is to compare."""
    with own_random_states(loop.settings.seed) as random:
        loop.parts["random"] = random
        if state is not None:
            plain, tensors = state
            loop.load_state_dict(unpack(json.loads(plain), load(tensors)))
        result = loop.run()
        plain, tensors = pack(loop.state_dict())
    rows = [{**row, "seconds": 0} for row in result.history]
    bits = {name: t.flatten().view(torch.uint8) for name, t in tensors.items()}
    return json.dumps(rows), result.best_epoch, result.stopped, loop.state.ledger, bits


def check_every_state(loop_of):
    """Go on from every state of ``loop_of(callbacks)``; return the bits at its end."""
    keep = Keep()
    straight = keep.loop = loop_of([keep])
    *expected, wanted = ending(straight)
    assert len(keep.kept) == straight.state.step + len(straight.state.history)
    for state in keep.kept:
        *found, bits = ending(loop_of([]), state)
        assert found == expected
        assert bits.keys() == wanted.keys()
        for name, its in wanted.items():
            assert torch.equal(bits[name], its), name
    return wanted
