"""Translators of Multi30k: the default, and others beside it.

python benchmarks/translation.py [--rows default …] [--seeds 0 1 2] [--page docs]

Reads train, val and test_2016_flickr of $ELMAN_DATA/multi30k, else of
../shared/data/multi30k: lower-case and tokenised, scored as they stand. The epoch is
chosen on val; test_2016_flickr is scored once, at the end. Runs go to the file of --out
as they are ready; those that are there are not run again. ``--seconds`` is the limit of
rows that have none of their own: 1,200, and a minute for all else, for each seed;
those that have none take 15 to 50 minutes of one core. With ``--save`` the translators
are kept, and ``--together`` scores some of them that write together.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import mean
from types import SimpleNamespace
from typing import Any

import sacrebleu
import torch
from kept_runs import Row, asking, keep, read, write_tables

from elman import Translator, load
from elman.training import _loop

DATA = Path(os.environ.get("ELMAN_DATA", "../shared/data")) / "multi30k"
SECONDS = 1200.0

# Until the rate is zero, however long that takes.
LONG: dict[str, Any] = {
    "encoder_size": 256,
    "dropout": 0.4,
    "output_dropout": 0.4,
    "epochs": 50,
    "learning_rate": 2e-3,
    "max_seconds": None,
    "training": {"precision": "mixed"},
}
ROWS: dict[str, dict[str, Any]] = {
    "default": {},
    "LSTM": {"cell": "lstm"},
    "Transformer as encoder": {"encoder": "transformer", "encoder_layers": 3},
    "temporal convolution as encoder": {"encoder": "tcn", "encoder_layers": 3},
    "input feeding": {"input_feeding": True},
    "16 epochs": {k: LONG[k] for k in ("learning_rate", "max_seconds", "training")}
    | {"epochs": 16},
    "50 epochs": LONG,
    "50 epochs, subwords drawn anew": LONG | {"subword_dropout": 0.1},
}


def texts(name: str, language: str) -> list[str]:
    """Return the sentences of a file."""
    return (DATA / f"{name}.{language}").read_text("utf-8").splitlines()


def parts_of(pair: tuple[str, str]) -> dict[str, list[list[str]]]:
    """Return both sides of each part."""
    return {
        name: [texts(name, side) for side in pair]
        for name in ("train", "val", "test_2016_flickr")
    }


def measure(
    options: dict[str, Any],
    pair: tuple[str, str],
    seed: int,
    seconds: float,
    folder: Path | None = None,
) -> Row:
    """Return scores of one translator, and what it took.

    Parameters
    ----------
    options : dict
        Of `Translator`.
    pair : tuple of str
        From which language into which.
    seed : int
    seconds : float
        Where the options have no limit.
    folder : Path or None
        Where the translator is saved.
    """
    parts = parts_of(pair)
    begun, busy = time.perf_counter(), processor()
    model = Translator(
        **{"max_seconds": seconds, "random_state": seed, "progress": True} | options
    )
    model.fit(*parts["train"], validation=tuple(parts["val"]))
    if folder is not None:
        model.save(folder)
    row: Row = {
        "seconds": time.perf_counter() - begun,
        "processor": processor() - busy,
        "epochs": model.results_["training"]["history"][-1]["epoch"],
        "parameters": sum(p.numel() for p in model.network_.parameters()),
    }
    return row | scores(model, parts)


def scores(model: Translator, parts: dict[str, list[list[str]]]) -> Row:
    """Return how well a translator does on val and test, and how quickly."""
    row: Row = {}
    # Read with blanks between tokens, as they are: nothing is tokenised or lowered.
    bleu, chrf = sacrebleu.BLEU(tokenize="none", force=True), sacrebleu.CHRF()
    for name in ("val", "test_2016_flickr"):
        source, target = parts[name]
        for way, beam in (("greedy", 1), ("beam", model.beam)):
            begun = time.perf_counter()
            found = model.translate(source, beam=beam)
            row[f"{name} {way} seconds"] = time.perf_counter() - begun
            row[f"{name} {way}"] = bleu.corpus_score(found, [target]).score
            row[f"{name} {way} chrF"] = chrf.corpus_score(found, [target]).score
    return row | {
        "signature": str(bleu.get_signature()),
        "chrF signature": str(chrf.get_signature()),
    }


def together(folders: list[Path], pair: tuple[str, str]) -> Row:
    """Return the scores of saved translators that write together.

    Parameters
    ----------
    folders : list of Path
    pair : tuple of str
        From which language into which.
    """
    models = [load(folder) for folder in folders]
    trained = [model.results_["training"] for model in models]
    row = {
        "row": " + ".join(folder.name for folder in folders),
        "seconds": sum(one["seconds"] for one in trained),
        "epochs": sum(one["history"][-1]["epoch"] for one in trained),
        "parameters": sum(one["parameters"] for one in trained),
    }
    first, *others = models
    return row | scores(first.joined(*others), parts_of(pair))


def processor() -> float:
    """Return the processor seconds of this process and of those it has ended."""
    both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, both))


def table(rows: list[Row]) -> Iterable[str]:
    """Yield the lines of a table: a line a setting, means over its seeds."""
    yield (
        "| translator | weights | epochs | threads | minutes | processor minutes |"
        " BLEU, greedy | BLEU, beam 5 | of each seed | chrF | BLEU on val |"
    )
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    alike = "row", "asked", "threads"
    for kind in dict.fromkeys(tuple(row[key] for key in alike) for row in rows):
        of = [row for row in rows if tuple(row[key] for key in alike) == kind]

        def average(key: str, of: list[Row] = of) -> float:
            return mean(row[key] for row in of)

        # Of networks together there are the times of their trainings alone.
        known = all("processor" in row for row in of)
        busy = f"{average('processor') / 60:.1f}" if known else "–"
        each = ", ".join(f"{row['test_2016_flickr beam']:.2f}" for row in of)
        yield (
            f"| {kind[0]} | {of[0]['parameters'] / 1e6:.2f} M |"
            f" {average('epochs'):.0f} | {kind[2]} |"
            f" {average('seconds') / 60:.1f} | {busy} |"
            f" {average('test_2016_flickr greedy'):.2f} |"
            f" {average('test_2016_flickr beam'):.2f} | {each} |"
            f" {average('test_2016_flickr beam chrF'):.1f} |"
            f" {average('val beam'):.2f} |"
        )


def main() -> None:
    parser = asking(__doc__, __file__)
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=["default"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--pair", nargs=2, default=["en", "de"], metavar="LANGUAGE")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument(
        "--processor",
        action="store_true",
        help="limit processor seconds, of which other programs take none",
    )
    parser.add_argument("--save", type=Path, help="folder for the translators")
    parser.add_argument(
        "--together", nargs="+", metavar="NAME", help="of those in --save; no training"
    )
    asked = parser.parse_args()
    if asked.processor:
        _loop.time = SimpleNamespace(perf_counter=time.process_time)  # type: ignore[assignment]
    rows = read(asked.out)
    if asked.together:
        row = together([asked.save / name for name in asked.together], asked.pair)
        what = {"seed": None, "asked": None, "threads": torch.get_num_threads()}
        keep(what | {"pair": "-".join(asked.pair)} | row, rows, asked.out)
        asked.rows = []
    for name in () if asked.draw_only else asked.rows:
        for seed in asked.seeds:
            what = {
                "row": name,
                "seed": seed,
                "pair": "-".join(asked.pair),
                "asked": asked.seconds,
                "threads": torch.get_num_threads(),
            } | ({"clock": "processor"} if asked.processor else {})
            if any(what.items() <= row.items() for row in rows):
                continue
            folder = asked.save and asked.save / f"{name}-{seed}".replace(" ", "-")
            row = measure(ROWS[name], tuple(asked.pair), seed, asked.seconds, folder)
            keep(what | row, rows, asked.out)
    shown = [row for row in rows if row["pair"] == "-".join(asked.pair)]
    print("\n".join(table(shown)))
    for signature in dict.fromkeys(row["signature"] for row in shown):
        print(signature)
    if asked.page:
        write_tables(asked.page / "guide/translation.md", {"multi30k": table(shown)})


if __name__ == "__main__":
    main()
