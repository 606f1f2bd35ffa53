"""Write the guide's page of findings from the diagnosis' own tables.

Usage::

    python tools/write_findings.py docs/guide/findings.md
"""

from __future__ import annotations

import sys
from pathlib import Path

from elman.diagnosis import KINDS, THRESHOLDS

_TOP = """\
# Reading a diagnosis: every finding

A finding says what was measured, what it was compared with and why, what helps, and
what that is expected to change. `d.findings` is in the order of causes: errors before
warnings before notes, and of equals the cause before its effect, so that the first one
is what to repair. A model with none of them has a clean bill.

```python
d = elman.diagnose(
    model, x, y, loss,
    needed=168,                 # steps; else the length of the sequences
    learning_rate=1e-3,         # or optimizer=, as it will be used
    clip_norm=1.0,              # the clipping threshold, if there is one
    truncation=50,              # truncated backpropagation, if there is any
    precision=torch.bfloat16,   # the format the recurrence will run in
    batches=more,               # for the noise and the spread of the gradient
)
first = d.findings[0]
first.name, first.severity      # "forget gate shut", "error"
first.evidence, first.value     # in words, and the number
first.threshold, first.limit    # what it was compared with
first.source, first.remedy, first.effect
```

What ends first is the cause. A gradient that reaches 14 steps, cut by truncation after
5, has a truncation that is too short; the same gradient, cut after 40, vanishes. Where
horizon and need cannot be told apart with the rows measured, the note "measurement is
noisy" stands in place of a verdict that the gradient vanishes.

## Findings
"""

_MIDDLE = """
## Thresholds

All of them, from `elman.diagnosis.THRESHOLDS`.

| what is compared | with | why |
|---|--:|---|
"""

_END = """
## Remedies

`elman.diagnosis.prescribe(model, x, y, loss, needed)` makes each change that fits on a
deep copy, measures again, and returns a `Prescription`: the prescribed `model`, the
`configuration` as plain data, and every `Remedy` with its numbers before and after.
`diagnose` does the same where something is wrong, and prints the table.

| kind | what is tried |
|---|---|
| initialisation | forget bias, chrono with the data's own horizon, orthogonal, \
identity, critical |
| activation | ReLU with the identity, the input weights kept; tanh for a sigmoid |
| cell | GRU or LSTM with chrono in place of the layer, if the model still runs |
| flossing | asked for by name: weights moved until sixteen exponents are near zero |
| learning rate | lowered until trial steps neither rewrite the weights, nor raise \
the loss, nor make the gradient explode |
| clipping | the 90th percentile of the norms seen |
| truncation | the steps the data need |

A mild change comes before a strong one, and of those after which the gradient reaches
the need without exploding the first is taken. Where the gradient of an RNN vanishes,
ReLU with the identity comes first. `remedies=("initialisation",)` or a list of names
restricts what is tried. With `confirm=200` and an optimiser, all that reach the need
and the model as it is are trained for so many steps on `batches`, and the lowest loss
decides. How well prescriptions do in training is [measured](long-dependencies.md),
misses included.
"""


def page() -> str:
    """Return the page as text."""
    values = {t.name: t.value for t in THRESHOLDS}
    parts = [_TOP]
    for kind in KINDS.values():
        limit = kind.limit
        if limit in values:
            limit = f"{limit}: {values[limit]:g}"
        parts.append(
            f"\n**{kind.name}.** {kind.meaning}\n\n"
            f"- compared with: {limit}\n- remedy: {kind.remedy}\n"
            f"- effect: {kind.effect}\n"
        )
        if kind.source:
            parts.append(f"- why: {kind.source}\n")
    parts.append(_MIDDLE)
    parts += [f"| {t.name} | {t.value:g} | {t.source} |\n" for t in THRESHOLDS]
    return "".join([*parts, _END])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
