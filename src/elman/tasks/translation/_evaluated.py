"""Translations of a part that was held out, scored beside baselines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elman.data import Pairs
from elman.models.translation import Decodes
from elman.tasks._verdict import verdict

from ._baselines import baselines
from ._scores import Judge
from ._side import Side
from ._translate import Search, Translation, translations

_SHOWN, _DRAWN = 8, 3
_MOST_DRAWN = 18  # tokens of a sentence whose attention is drawn


def scored(
    network: Decodes,
    sides: tuple[Side, Side],
    held_out: Pairs,
    how: Search,
    judge: Judge,
    split: str,
    training: Pairs | None,
) -> dict[str, Any]:
    """Return the parts of the results that say how well a part is translated.

    Parameters
    ----------
    network : Decodes
    sides : tuple of Side
    held_out : Pairs
    how : Search
    judge : Judge
    split : str
        What the part is, in words.
    training : Pairs or None
        What the baselines know; without it there are none.
    """
    source, target = sides
    by_beam = _firsts(translations(network, sides, held_out.source, how))
    greedy = by_beam
    if how.beam > 1:
        greedy = _firsts(translations(network, sides, held_out.source, Search(1)))
    rows = [_row("network", "network", judge, by_beam, held_out)]
    others = [_row("network, greedy", "greedy", judge, greedy, held_out)]
    if training is not None:
        for name, translate in baselines(training, source.kind, target.kind).items():
            found = translate(held_out.source)
            values = judge.values(found, held_out.target)
            rows.append({"model": name, "kind": "baseline", "values": values})
    winner, sentence = _verdict(rows, judge)
    unknown = [
        side.unknown(side.encode_all(texts))
        for side, texts in zip(sides, (held_out.source, held_out.target), strict=True)
    ]
    if any(unknown):
        sentence += (
            f" {unknown[0]:.2%} of the source's tokens are unknown, and"
            f" {unknown[1]:.2%} of the target's."
        )
    cut = sum(not one.finished for one in by_beam)
    if cut:
        sentence += f" {cut:,} translations were cut off at their longest."
    return {
        "scores": {
            "metric": judge.metric,
            "lower_is_better": False,
            "split": f"{split}, {len(held_out):,} pairs; beam of {how.beam}",
            "rows": rows[:1] + (others if how.beam > 1 else []) + rows[1:],
            "winner": winner,
            "verdict": sentence,
            "signatures": judge.signatures(),
            "unknown": {"source": unknown[0], "target": unknown[1]},
        },
        "translations": _shown(held_out, by_beam, greedy),
        "attention": _drawn(by_beam, sides),
    }


def _verdict(rows: Sequence[dict[str, Any]], judge: Judge) -> tuple[str, str]:
    """Return who wins; by the errors where nobody meets a single text."""
    metric, *others = rows[0]["values"]
    if metric == "exact matches" and not any(row["values"][metric] for row in rows):
        winner, sentence = verdict(rows, others[0])
        return winner, f"No text is met exactly. {sentence}"
    return verdict(rows, judge.metric, lower_is_better=False, percent=judge.decimals)


def _firsts(found: Sequence[Sequence[Translation]]) -> list[Translation]:
    return [each[0] for each in found]


def _row(
    name: str, kind: str, judge: Judge, found: Sequence[Translation], held_out: Pairs
) -> dict[str, Any]:
    values = judge.values([one.text for one in found], held_out.target)
    return {"model": name, "kind": kind, "values": values}


def _shown(
    held_out: Pairs, by_beam: Sequence[Translation], greedy: Sequence[Translation]
) -> list[dict[str, str]]:
    """Return a few pairs from all over the part with their translations."""
    step = max(len(held_out) // _SHOWN, 1)
    return [
        {
            "source": held_out.source[row],
            "reference": held_out.target[row],
            "translation": by_beam[row].text,
            "greedy": greedy[row].text,
        }
        for row in range(0, len(held_out), step)[:_SHOWN]
    ]


def _drawn(
    found: Sequence[Translation], sides: tuple[Side, Side]
) -> list[dict[str, Any]]:
    """Return the attention of the first few translations that can be drawn."""
    fitting = [
        one
        for one in found
        if one.tokens and max(len(one.tokens), len(one.source)) <= _MOST_DRAWN
    ]
    return [attention_of(one, sides) for one in fitting[:_DRAWN]]


def attention_of(one: Translation, sides: tuple[Side, Side]) -> dict[str, Any]:
    """Return where a translation looked, as plain values, tokens as they are shown."""
    source, target = sides
    return {
        "source": [*source.shown(one.source[:-1]), *one.source[-1:]],
        "target": target.shown(one.tokens),
        "weights": [[round(float(w), 4) for w in row] for row in one.attention],
    }
