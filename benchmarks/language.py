"""Language models of several cells with the same seconds, beside n-grams.

python benchmarks/language.py [TEXT] [--cells gru lstm mingru] [--seconds 540]

TEXT is by default tinyshakespeare.txt of $ELMAN_DATA, else of ../shared/data: the first
90 % train, the rest is scored in one pass. All else is the estimator's default. Rows go
to build/language.jsonl as they are ready; those that are there are not run again.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import Any

from kept_runs import keep, read

from elman import LanguageModel

DATA = Path(os.environ.get("ELMAN_DATA", "../shared/data"))


def measure(text: Path, cell: str, seconds: float) -> dict[str, Any]:
    """Return the scores of one cell, what it took, and those of the n-grams."""
    begun, busy = time.perf_counter(), time.process_time()
    model = LanguageModel(cell=cell, max_seconds=seconds, progress=True).fit(text)
    scores, training = model.results_["scores"], model.results_["training"]
    values = {row["model"]: row["values"] for row in scores["rows"]}
    return {
        "cell": cell,
        "units": model.network_.config()["hidden_size"],
        "parameters": training["parameters"],
        "epochs": training["history"][-1]["epoch"],
        "training": training["seconds"],
        "whole": time.perf_counter() - begun,
        "processor": time.process_time() - busy,
        "nats": values["network"][scores["metric"]],
        "bits": values["network"]["bits a character"],
        "n-grams": {
            k: v[scores["metric"]] for k, v in values.items() if k[0].isdigit()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", nargs="?", default=str(DATA / "tinyshakespeare.txt"))
    parser.add_argument("--cells", nargs="+", default=["gru", "lstm", "mingru"])
    parser.add_argument("--seconds", type=float, default=540.0)
    parser.add_argument("--out", type=Path, default=Path("build/language.jsonl"))
    asked = parser.parse_args()
    rows = read(asked.out)
    for cell in asked.cells:
        known = [(row["cell"], row["asked"], row["text"]) for row in rows]
        name = Path(asked.text).name
        if (cell, asked.seconds, name) in known:
            continue
        row = measure(Path(asked.text), cell, asked.seconds)
        keep(row | {"asked": asked.seconds, "text": name}, rows, asked.out)
    print("| cell | units | parameters | epochs | s | nats | bits |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for row in rows:
        print(
            f"| {row['cell']} | {row['units']} | {row['parameters']:,} |"
            f" {row['epochs']} | {row['whole']:.0f} | {row['nats']:.3f} |"
            f" {row['bits']:.3f} |"
        )
    for name, nats in rows[-1]["n-grams"].items():
        print(f"| {name} | | | | | {nats:.3f} | |")


if __name__ == "__main__":
    main()
