"""Put translations of a finished run, and where they looked, into the guide.

Usage::

    elman train translate train.en train.de --valid val --test test --out runs/t
    python tools/translation_samples.py runs/t docs

The sentences are those that the report shows: some from all over the part that was
held out, whatever became of them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from draw_pictures import alone

from elman.report.pictures._attention import attention_picture

_PAGE, _PICTURE = Path("guide/translation.md"), Path("pictures/attention.svg")
_TITLE = "## Translations to check"
_BEGIN, _END = "<!-- translation-samples: -->", "<!-- :translation-samples -->"


def main(run: Path, docs: Path) -> None:
    """Write the picture, and the section between its marks."""
    results = json.loads((run / "results.json").read_text(encoding="utf-8"))
    drawn = attention_picture(results["attention"][0], "attention")
    if drawn is None:
        raise SystemExit(f"{run}: its results hold no attention that can be drawn")
    (docs / _PICTURE).write_text(alone(drawn), encoding="utf-8")
    page = docs / _PAGE
    text = page.read_text(encoding="utf-8")
    section = "\n".join([_BEGIN, "", *_lines(results), "", _END])
    if _BEGIN in text:
        before, rest = text.split(_BEGIN)
        text = before + section + rest.split(_END)[1]
    else:
        text = f"{text.rstrip()}\n\n{_TITLE}\n\n{section}\n"
    page.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{docs / _PICTURE}\n{page}\n")


def _lines(results: dict[str, Any]) -> list[str]:
    scores = results["scores"]
    value = scores["rows"][0]["values"][scores["metric"]]
    found = [
        f"Of {scores['split']}, some from all over them; all together have"
        f" {scores['metric']} {value:.1f}.",
        "",
        "| source | reference | translation |",
        "|---|---|---|",
    ]
    for row in results["translations"]:
        cells = (row[name] for name in ("source", "reference", "translation"))
        shown = " | ".join(cell.replace("|", "\\|") for cell in cells)
        found.append(f"| {shown} |")
    picture = f"![Where a translation looked](../{_PICTURE.as_posix()})"
    return [*found, "", picture]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
