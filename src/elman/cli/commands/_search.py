"""``elman search``: choose the parameters that ``elman train`` trains with."""

from __future__ import annotations

from elman.cli.search._options import searching

from . import _train_forecast, _train_language, _train_translate
from . import _train_sequences as _sequences

_END = """

    Every trial is scored on parts that it did not learn from. What is chosen
    is trained and scored beside the default on a test part that no trial has
    seen, and the run directory holds it. elman resume goes on with a search
    that was stopped.

    Example: elman search {example}
    """

forecast = searching(
    _train_forecast.forecast,
    "forecast",
    "Search for the parameters of a forecast."
    + _END.format(example="forecast bikes.csv --target count --try lr=1e-4..0.1:log"),
)
classify = searching(
    _sequences.classify,
    "classify",
    "Search for the parameters of a classifier of sequences."
    + _END.format(
        example="classify JapaneseVowels_TRAIN.ts --try hidden=16..256:log"
        " --try cell=gru,lstm,lru"
    ),
)
regress = searching(
    _sequences.regress,
    "regress",
    "Search for the parameters of a regression on sequences."
    + _END.format(example="regress pulses.npz --seconds 600"),
)
transcribe = searching(
    _sequences.transcribe,
    "transcribe",
    "Search for the parameters of a transcription."
    + _END.format(example="transcribe spoken.npz --trials 10"),
)
language = searching(
    _train_language.language,
    "language",
    "Search for the parameters of a language model."
    + _END.format(example="language shakespeare.txt --trials 10 --max-seconds 60"),
)
translate = searching(
    _train_translate.translate,
    "translate",
    "Search for the parameters of a translator."
    + _END.format(example="translate words.tsv --trials 10"),
)
