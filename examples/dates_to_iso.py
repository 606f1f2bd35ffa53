"""Dates as people write them, turned into YYYY-MM-DD.

python examples/dates_to_iso.py [PAIRS] [EPOCHS]
"""

import sys
from datetime import date, timedelta

import numpy as np

import elman

WAYS = "{d.day} {d:%B} {d.year}", "{d:%B} {d.day}, {d.year}", "{d:%d}.{d:%m}.{d.year}"

count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
epochs = int(sys.argv[2]) if len(sys.argv) > 2 else None
draw = np.random.default_rng(0)


def pairs(count):
    """Return dates from 1900 to 2100, and as they are to be written."""
    since = draw.choice(73_000, count, replace=False).tolist()
    days = [date(1900, 1, 1) + timedelta(number) for number in since]
    ways = draw.integers(len(WAYS), size=count)
    written = [WAYS[way].format(d=day) for way, day in zip(ways, days, strict=True)]
    return written, [str(day) for day in days]


translator = elman.Translator(epochs=epochs, max_seconds=120, progress=True)
translator.fit(*pairs(count))
written, meant = pairs(200)
right = translator.score(written, meant)
print(f"{right:.1%} of {len(meant)} other dates are right to the last sign")
for text, answer in zip(written[:5], translator.translate(written[:5]), strict=True):
    print(f"{text:>18}  {answer}")

looked = translator.attention("3 March 2024")
for token, row in zip(looked.tokens, looked.attention, strict=True):
    print(f"{token!r} looked most at {looked.source[row.argmax()]!r}")
