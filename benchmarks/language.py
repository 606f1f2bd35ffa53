"""Language models of one size and the same seconds of one core, beside n-grams.

The text is tiny Shakespeare, tinyshakespeare.txt of $ELMAN_DATA, by characters: the
first 90 % train, the rest is scored in one pass, as the guide to language says. The
first network is the estimator's default; the others have the width that brings them
nearest to its number of parameters. All else is default, but that a training may last
so many seconds of the processor, validation included, on one thread: other programs on
the machine take none of them.

    ELMAN_DATA=folder nice python benchmarks/language.py --page docs    # it resumes

A line a run goes to the file beside this one; what is there is not run again. The page
has the runs of the seconds that most networks were given.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from kept_runs import asking, keep, read, write_tables

from elman import LanguageModel
from elman.models import LanguageNetwork, parameters_of, title_of
from elman.tasks.language._compare import sized
from elman.tasks.language._recipe import recipe_of
from elman.training import _loop

NETWORKS = ("gru", "lstm", "mingru", "transformer", "tcn")
SECONDS = 240.0


def shape(encoder: str, text: str) -> dict[str, Any]:
    """Return what a network is, of the size that the first one has by default."""
    model = LanguageModel(cell=NETWORKS[0])
    recipe = recipe_of(model, text)
    if encoder != NETWORKS[0]:
        parameters = parameters_of(LanguageNetwork(**recipe.network))
        recipe = sized(model, text, recipe, encoder, parameters)
    names = ("hidden_size", "num_layers", "embedding_size", "tied")
    return {name: recipe.network[name] for name in names}


def run(encoder: str, text: str, seconds: float, seed: int) -> dict[str, Any]:
    """Train once for so many seconds of the processor, and score."""
    options = shape(encoder, text)
    begun = time.process_time()
    model = LanguageModel(
        cell=encoder, max_seconds=seconds, random_state=seed, **options
    ).fit(text)
    scores, training = model.results_["scores"], model.results_["training"]
    values = {row["model"]: row["values"] for row in scores["rows"]}
    of_n_grams = {k: v for k, v in values.items() if k != "network"}
    return {
        "network": encoder,
        "seed": seed,
        "asked": seconds,
        **options,
        "parameters": training["parameters"],
        "epochs": training["history"][-1]["epoch"],
        "ended": training["stopped"],
        "training": round(training["seconds"], 1),
        "all": round(time.process_time() - begun, 1),
        "nats": round(values["network"][scores["metric"]], 4),
        "bits": round(values["network"]["bits a character"], 4),
        "n-grams": {
            name: [round(v[scores["metric"]], 4), round(v["bits a character"], 4)]
            for name, v in of_n_grams.items()
        },
        "threads": torch.get_num_threads(),
    }


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Return a row a network, means over its seeds, then the n-grams."""
    # Of the seconds that most networks were given, the most.
    counts = {
        asked: len({row["network"] for row in rows if row["asked"] == asked})
        for asked in {row["asked"] for row in rows}
    }
    seconds = max(counts, key=lambda asked: (counts[asked], asked))
    rows = [row for row in rows if row["asked"] == seconds]
    lines = [
        f"| at most {seconds:.0f} s of one core | layers × units | parameters |"
        " seconds | epochs | nats a character | bits a character |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    names = [n for n in NETWORKS if any(row["network"] == n for row in rows)]
    found = {n: [row for row in rows if row["network"] == n] for n in names}
    for name, each in sorted(found.items(), key=lambda pair: _mean(pair[1], "nats")):
        first = each[0]
        lines.append(
            f"| {title_of(name)} | {first['num_layers']} × {first['hidden_size']} |"
            f" {first['parameters']:,} | {_mean(each, 'training'):.0f} |"
            f" {_mean(each, 'epochs'):.0f} | {_mean(each, 'nats'):.3f}{_spread(each)} |"
            f" {_mean(each, 'bits'):.3f} |"
        )
    for name, (nats, bits) in reversed(rows[0]["n-grams"].items()):
        lines.append(f"| {name} | | | | | {nats:.3f} | {bits:.3f} |")
    return lines


def _mean(rows: list[dict[str, Any]], name: str) -> float:
    return sum(row[name] for row in rows) / len(rows)


def _spread(rows: list[dict[str, Any]]) -> str:
    """Return the lowest and the highest of several seeds."""
    each = sorted(row["nats"] for row in rows)
    return f" ({each[0]:.3f} to {each[-1]:.3f})" if len(each) > 1 else ""


def main() -> None:
    """Run what is missing, then write the table."""
    parser = asking(__doc__, __file__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--seeds", type=int, default=1)
    given = parser.parse_args()
    rows = read(given.out)
    known = {(row["network"], row["seed"], row["asked"]) for row in rows}
    # A training counts the seconds of this process in place of the clock's.
    _loop.time = SimpleNamespace(perf_counter=time.process_time)  # type: ignore[assignment]
    for seed in range(0 if given.draw_only else given.seeds):
        for encoder in NETWORKS:
            if (encoder, seed, given.seconds) in known:
                continue
            path = Path(os.environ["ELMAN_DATA"]) / "tinyshakespeare.txt"
            text = path.read_text("utf-8")
            keep(run(encoder, text, given.seconds, seed), rows, given.out)
            print(rows[-1], flush=True)
    if given.page:
        write_tables(given.page / "guide/language.md", {"networks": table(rows)})
    print("\n".join(table(rows)))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
