"""How far gradients reach in a sequence network before training, and its remedy."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import torch

from elman.diagnosis import (
    Diagnosis,
    Need,
    diagnose,
    needed_dependence,
    needed_from_lengths,
)
from elman.models import KINDS, SequenceNetwork
from elman.tasks.fit._reach import Judge, judge_asked
from elman.tasks.fit._start import Start, choose_start, is_examining
from elman.training import RaggedSequences

from ._recipe import Recipe

_ROWS = 64
_ASKED = 1000  # sequences that are asked what they need
# Every step of every row keeps its graph: long sequences take fewer rows.
_FEWEST_ROWS, _STEPS = 8, 32_000
_BATCHES = 7  # to practise on
_SETTLES = 300  # about so many steps a training takes that ends when it has settled


def start_of(
    network: SequenceNetwork,
    training: RaggedSequences,
    recipe: Recipe,
    seed: int,
) -> Start:
    """Measure the network on up to 64 of the user's sequences, and initialise it.

    Parameters
    ----------
    network : SequenceNetwork
        Changed in place.
    training : RaggedSequences
    recipe : Recipe
    seed : int
        Draws the sequences, and whatever the initialisation draws.
    """
    init, known = recipe.init, recipe.need
    needed = known.steps if known else int(training.lengths.median())
    chosen = "default" if init == "auto" else init
    if network.recurrent is None:
        longest = int(training.lengths.max())
        return Start(chosen, needed, note=_no_recurrence(network, longest))
    if needed < 2:
        start = Start(chosen, needed)
        start.apply(network.recurrent, seed)
        return start
    draw = torch.Generator().manual_seed(seed)
    count = min(_ROWS, max(_FEWEST_ROWS, _STEPS // int(training.lengths.max())))
    rows = torch.randperm(len(training), generator=draw)[:count]
    network.eval()
    need = known or needed_from_lengths(training.lengths.tolist())
    if is_examining() and known is None:
        need = _asked(training, need, draw, network)
    start = choose_start(
        network,
        network.recurrent,
        training.take(rows),
        recipe.loss,
        init=init,
        needed=need.steps,
        source=need.source,
        memory=needed,
        seed=seed,
    )
    if (judge := judge_asked()) is not None and known is None:
        _judged(judge, start, network, training, recipe, draw)
    return start


def _judged(
    judge: Judge,
    start: Start,
    network: SequenceNetwork,
    training: RaggedSequences,
    recipe: Recipe,
    draw: torch.Generator,
) -> None:
    """Let a judge hear how far the gradients reach, and end what is hopeless."""
    seen = start.after or start.before
    if seen is None:
        return
    need = None
    if seen.horizon < seen.needed:
        length = needed_from_lengths(training.lengths.tolist())
        need = _asked(training, length, draw, network, judge)
    judge.hear(start, need)
    settings = recipe.settings
    size = settings.batch_size
    rows = len(training) if isinstance(size, str) else min(int(size), len(training))

    def practise(needed: int, steps: int) -> Diagnosis:
        batches = [
            training.take(torch.randperm(len(training), generator=draw)[:rows])
            for _ in range(_BATCHES)
        ]
        clip = settings.clip_norm
        return diagnose(
            network,
            *batches[0],
            recipe.loss,
            needed=needed,
            batches=batches[1:],
            optimizer=settings.build_optimizer(network),
            clip_norm=None if isinstance(clip, str) else clip,
            practice=steps,
            remedies=False,
        )

    epochs = settings.epochs
    steps = _SETTLES if epochs is None else epochs * math.ceil(len(training) / rows)
    judge.decide(practise, steps * (1 + recipe.refit))


def _asked(
    training: RaggedSequences,
    length: Need,
    draw: torch.Generator,
    network: SequenceNetwork,
    judge: Judge | None = None,
) -> Need:
    """Return how far back the targets depend on the inputs, or the length.

    Of data that a judge knows from before it is not measured again.
    """
    rows = torch.randperm(len(training), generator=draw)[:_ASKED].sort().values
    lengths = training.lengths.tolist()
    read = training.values
    if network.inputs is not None:
        with torch.no_grad():
            read = network.inputs(read)
    inputs = list(read.split(lengths))
    targets = training.targets
    if targets is None:
        return length
    answers = list(targets.split(lengths) if training.per_step else targets)
    asked = [inputs[i].numpy() for i in rows], [answers[i].numpy() for i in rows]
    measured = partial(needed_dependence, *asked)
    found = measured() if judge is None else judge.known(asked, measured)
    if not found.found:
        source = f"{length.source}; {found.source}"
        return replace(length, source=source, found=False)
    # The upper end: a gradient that reaches too far costs nothing.
    return replace(found, steps=found.steps if found.high is None else found.high)


def _no_recurrence(network: SequenceNetwork, longest: int) -> str:
    """Return what can be said of how far back such a network sees."""
    kind = KINDS[network.config()["cell"]]
    sees = (
        "each step attends to all others"
        if network.sees is None
        else f"each step is made from {network.sees} steps, and the longest sequence "
        f"has {longest}"
    )
    return (
        f"a {kind} has no recurrence, so that no gradient flow through time was "
        f"measured; {sees}"
    )
