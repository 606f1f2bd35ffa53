"""Parameters of the translator."""

from __future__ import annotations

from typing import Any

from elman._arguments import number

from ._auto import FlagOrAuto, WholeOrAuto, read_flag, whole_option
from ._cell import CellKind, cell_names, cell_reader, encoder_names
from ._row import (
    MODEL,
    STRATEGY,
    Between,
    Checked,
    Choice,
    Flag,
    Option,
    Parameter,
    Share,
    Whole,
)
from ._texts import CELL_WORDS

_HERE = ("translate",)
_SEARCH = "How to search"
MOST_BEAM = 1000
"""Each hypothesis needs a row of scores, one for every token of the vocabulary."""

_TOKENS = ("auto", "subwords", "words", "characters")


def _encoder(value: Any) -> Any:
    return None if value is None else Choice(encoder_names)("encoder", value)


def _target_tokens(value: Any) -> Any:
    if value is None:
        return None
    return Choice(lambda: _TOKENS)("target_tokens", value)


class _Weight:
    """A number of at least 0."""

    def __call__(self, name: str, value: Any) -> float:
        """Return the number."""
        return number(name, value, zero=True)

    def __str__(self) -> str:
        """Return the type."""
        return "float"


TRANSLATION: tuple[Parameter, ...] = (
    Parameter(
        "tokens",
        Choice(lambda: _TOKENS),
        "What the texts are made of. ``auto``: sentences of subwords, pieces of words"
        " by byte pair encoding, which need the package tokenizers; where one side is"
        " single words, of characters, the other side of words if it has at most 200"
        " different ones that have all been met by now. ``words`` are words and signs."
        " The vocabularies are those of the training part.",
        Option("auto, subwords, words or characters.", panel=MODEL),
        _HERE,
    ),
    Parameter(
        "target_tokens",
        Checked("str or None", _target_tokens),
        "The same of the targets alone; None: as ``tokens``.",
        Option("The same of the targets alone.", panel=MODEL),
        _HERE,
    ),
    Parameter(
        "joint",
        FlagOrAuto(),
        "One vocabulary and one embedding for both sides; ``auto``: of subwords.",
        Option("One vocabulary: yes, no, auto.", panel=MODEL, read=read_flag),
        _HERE,
    ),
    Parameter(
        "vocabulary_size",
        WholeOrAuto(2),
        "Most tokens of a vocabulary; of words, those left out count as one, <unk>."
        " ``auto``: all characters, 20,000 words, subwords by the length of the texts.",
        whole_option("--vocabulary", "Most tokens."),
        _HERE,
    ),
    Parameter(
        "min_count",
        WholeOrAuto(),
        "Tokens that the training part has less often are <unk>; ``auto``: 2 of words"
        " and subwords, else 1.",
        tasks=_HERE,
    ),
    Parameter(
        "max_length",
        WholeOrAuto(),
        "Pairs with more tokens on one side are left out of training; ``auto``: ten"
        " times the median, at least 100.",
        whole_option("--max-length", "Longer pairs are left out of training."),
        _HERE,
    ),
    Parameter(
        "cell",
        CellKind(cell_names, encoder=True),
        "The recurrent layers that write, and those that read if ``encoder`` names no"
        " others: a name, or a cell of yours.",
        Option(
            f"A recurrent cell: {CELL_WORDS}, or FILE.py:CLASS.",
            panel=MODEL,
            read=cell_reader(cell_names, encoder=True),
        ),
        _HERE,
    ),
    Parameter(
        "encoder",
        Checked("str or None", _encoder),
        "What reads: the name of a cell, in both directions; ``tcn``, a temporal"
        " convolution; ``transformer``. None: the ``cell``.",
        Option("What reads: a cell, tcn or transformer.", panel=MODEL),
        _HERE,
    ),
    Parameter(
        "hidden_size",
        WholeOrAuto(),
        "Units of a layer that writes; ``auto``: by the length of the texts.",
        whole_option("--hidden", "Hidden units; by the length of the texts."),
        _HERE,
        tried=Between(64, 512, log=True, whole=True),
    ),
    Parameter(
        "num_layers",
        Whole(),
        "Layers that write, behind the attention; before it there is one.",
        Option("Layers behind the attention.", int, "--layers", MODEL),
        _HERE,
    ),
    Parameter(
        "encoder_layers",
        WholeOrAuto(),
        "Layers that read; ``auto``: one, of an encoder without recurrence three.",
        whole_option("--encoder-layers", "Layers that read."),
        _HERE,
    ),
    Parameter(
        "encoder_size",
        WholeOrAuto(),
        "Units of a layer that reads, in each direction; ``auto``: half of"
        " ``hidden_size``, or all of it where there is one direction.",
        whole_option("--encoder-size", "Units that read, in each direction."),
        _HERE,
    ),
    Parameter(
        "embedding_size",
        WholeOrAuto(),
        "Numbers that a token becomes; ``auto``: half of ``hidden_size``, and at most"
        " 16 times the root of how many tokens there are.",
        whole_option("--embedding", "Numbers that a token becomes."),
        _HERE,
    ),
    Parameter(
        "tied",
        Flag(),
        "Share the embedding's matrix of the targets with the head.",
        tasks=_HERE,
    ),
    Parameter(
        "heads",
        Whole(),
        "Of the attention.",
        Option("Heads of the attention.", int, panel=MODEL),
        _HERE,
    ),
    Parameter(
        "input_feeding",
        Flag(),
        "Each step reads what the one before read out (Luong et al. 2015): training is"
        " then a loop over the steps, half as slow again.",
        Option("Each step reads the last one's result.", bool, panel=MODEL),
        _HERE,
    ),
    Parameter(
        "dropout",
        Share(zero=True),
        "Share of the units dropped while training, of what was read and between"
        " layers.",
        Option("Share of outputs dropped while training.", float, panel=STRATEGY),
        _HERE,
        tried=Between(0.0, 0.5),
    ),
    Parameter(
        "embedding_dropout",
        Share(zero=True),
        "The same of the tokens' numbers, on both sides.",
        Option("The same of the tokens' numbers.", float, panel=STRATEGY),
        _HERE,
    ),
    Parameter(
        "output_dropout",
        Share(zero=True),
        "The same before the scores of the next token.",
        Option("The same before the scores.", float, panel=STRATEGY),
        _HERE,
    ),
    Parameter(
        "token_dropout",
        Share(zero=True),
        "Share of the tokens that have no numbers while training, on both sides.",
        Option("Share of tokens dropped while training.", float, panel=STRATEGY),
        _HERE,
    ),
    Parameter(
        "subword_dropout",
        Share(zero=True),
        "Share of the merges that are left out while training, so that words are split"
        " in other pieces each time (Provilkov et al. 2020, who take 0.1); of subwords"
        " alone.",
        Option("Share of merges left out while training.", float, panel=STRATEGY),
        _HERE,
    ),
    Parameter(
        "variational",
        Flag(),
        "Draw what is dropped once for a sentence, not anew at each of its steps.",
        Option("Drop the same at all steps of a sentence.", bool, panel=STRATEGY),
        _HERE,
    ),
    Parameter(
        "label_smoothing",
        Share(zero=True),
        "Share of the aim that is spread evenly over all tokens in training (Szegedy"
        " et al. 2016); the validation loss is without.",
        Option("Share of the aim spread over all tokens.", float, panel=STRATEGY),
        _HERE,
    ),
    Parameter(
        "validation_fraction",
        Share(zero=True),
        "Share of the pairs held out to choose the epoch and for the scores, at most"
        " 2,000 of them and at least 20, or a fifth where there are fewer than 100; 0"
        " for none. Pairs with the same source stay together.",
        Option("Share held out to choose the epoch; 0.05.", float, "--validation"),
        _HERE,
    ),
    Parameter(
        "beam",
        Whole(most=MOST_BEAM),
        "Translations that are followed side by side, at most 1,000; 1 takes the"
        " likeliest token each time.",
        Option("Translations followed side by side; 5.", int, panel=_SEARCH),
        _HERE,
    ),
    Parameter(
        "length_penalty",
        _Weight(),
        "How much longer translations are favoured; 0 compares probabilities.",
        Option("Favours longer translations; 1.", float, panel=_SEARCH),
        _HERE,
    ),
    Parameter(
        "coverage",
        _Weight(),
        "What it costs not to look at a token of the source.",
        Option("Cost of not looking at a token; 0.", float, panel=_SEARCH),
        _HERE,
    ),
    Parameter(
        "metric",
        Choice(lambda: ("auto", "bleu", "exact")),
        "What the scores are: ``bleu`` (with chrF, by the package sacrebleu), or"
        " ``exact`` matches and the rate of errors. ``auto``: exact where one side is"
        " made of characters. BLEU takes texts whose signs stand apart from the words"
        " as they are, else it parts them (13a).",
        Option("auto, by what the texts are made of; bleu; exact.", panel=MODEL),
        _HERE,
    ),
)
"""Those that a translator has, and its own in place of those that all have."""
