"""Tokens a second of the translator's network beside a plain torch program of the same.

    python benchmarks/translation_speed.py [--page docs/guide/translation.md]

Both have the same weights, which is checked by what they compute, and take turns in one
process on one thread; medians, in seconds of that thread. Training is a step's forward
and backward pass with smoothed labels. Decoding goes on for sixteen tokens: the END is
never drawn, so that both write as much.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import torch
from kept_runs import replaced
from plain_translator import Plain
from torch import nn

from elman.bench import machine
from elman.models.translation import END, TranslationNetwork, greedy, search

VOCABULARY, SIZE, STEPS = 4000, 256, 16
KINDS = {"gru": nn.GRU, "lstm": nn.LSTM}
ROUNDS = 9


def pair(cell, *, feeding):
    """Return both networks with the same weights."""
    torch.manual_seed(0)
    ours = TranslationNetwork(
        cell,
        cell,
        VOCABULARY,
        VOCABULARY,
        SIZE,
        SIZE,
        shared=True,
        input_feeding=feeding,
    )
    with torch.no_grad():
        ours.bias[END] = -1e4
    theirs = Plain(KINDS[cell], VOCABULARY, SIZE, feeding=feeding)
    theirs.load_state_dict(ours.state_dict())
    return ours.eval(), theirs.eval()


def sentences(count):
    """Return sources of 8 to 16 tokens, their lengths, targets and answers."""
    draw = torch.Generator().manual_seed(1)
    tokens = torch.randint(4, VOCABULARY, (2, count, STEPS + 1), generator=draw)
    lengths = torch.randint(8, STEPS + 1, (2, count), generator=draw)
    lengths[:, 0] = STEPS
    place = torch.arange(STEPS)
    source = tokens[0, :, :STEPS].masked_fill(place >= lengths[0, :, None], 0)
    beyond = place >= lengths[1, :, None]
    target, answer = (
        tokens[1, :, k : STEPS + k].masked_fill(beyond, 0) for k in (0, 1)
    )
    return source, lengths[0], target, answer


def turns(ours, theirs):
    """Return the median seconds of both."""
    found = [[], []]
    for _ in range(ROUNDS + 1):
        for seconds, run in zip(found, (ours, theirs), strict=True):
            before = time.process_time()
            run()
            seconds.append(time.process_time() - before)
    return [statistics.median(seconds[1:]) for seconds in found]


def row(name, tokens, seconds):
    """Print tokens a second of both and their ratio, and return a table's row."""
    ours, theirs = (tokens / s for s in seconds)
    print(f"{name:52s}{ours:9.0f}{theirs:9.0f}{ours / theirs:7.2f}", flush=True)
    return f"| {name} | {ours:,.0f} | {theirs:,.0f} | {ours / theirs:.2f} |"


def training(cell, *, feeding, count=64):
    ours, theirs = pair(cell, feeding=feeding)
    source, lengths, target, answer = sentences(count)
    runs = (
        lambda: ours(source, lengths, target, answer, 0.1),
        lambda: theirs.loss(source, lengths, target, answer, 0.1),
    )
    torch.testing.assert_close(runs[0](), runs[1]())

    def step(network, run):
        def work():
            network.zero_grad()
            run().backward()

        return work

    seconds = turns(step(ours, runs[0]), step(theirs, runs[1]))
    name = "step by step, with input feeding" if feeding else "over the whole target"
    count = int((answer != 0).sum())
    return row(f"{cell.upper()}, training, {name}", count, seconds)


def decoding(cell, *, count, beam):
    ours, theirs = pair(cell, feeding=False)
    source, lengths, _, _ = sentences(count)
    most = torch.full((count,), STEPS)

    def run_ours():
        if beam == 1:
            return greedy(ours, source, lengths, most=most)
        found = search(ours, source, lengths, beam=beam, most=most)
        return [best for (best,) in found]

    def run_theirs():
        if beam == 1:
            return theirs.greedy(source, lengths, STEPS)
        return theirs.beam(source, lengths, STEPS, beam)

    same = [
        one.tokens == row.tolist()
        for one, row in zip(run_ours(), run_theirs(), strict=True)
    ]
    # Two tokens may be as probable to rounding.
    assert sum(same) >= 0.95 * count, f"only {sum(same)} of {count} are the same"
    kind = "greedy" if beam == 1 else f"beam of {beam}"
    many = "one sentence" if count == 1 else f"{count} sentences"
    name = f"{cell.upper()}, {kind}, {many}"
    return row(name, count * STEPS, turns(run_ours, run_theirs))


def rows():
    for cell in KINDS:
        for feeding in (False, True):
            yield training(cell, feeding=feeding)
        for beam in (1, 5):
            for count in (64, 1):
                yield decoding(cell, count=count, beam=beam)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--page", type=Path, help="where the table is written to")
    page = parser.parse_args().page
    torch.set_num_threads(1)
    about = machine()
    facts = (
        f"{about['processor']}, one thread, {about['instruction_set']}; torch"
        f" {torch.__version__}; {VOCABULARY:,} tokens, embeddings and layers of {SIZE}."
    )
    print(f"{facts}\n{'tokens a second':52s}{'elman':>9s}{'torch':>9s}{'ratio':>7s}")
    head = ["| tokens a second | Elman | torch | ratio |", "|---|--:|--:|--:|"]
    table = "\n".join([facts, "", *head, *rows()])
    if page is not None:
        text = replaced(page.read_text("utf-8"), "translation-speed", table)
        page.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
