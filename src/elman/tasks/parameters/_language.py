"""Parameters of the language model."""

from __future__ import annotations

from ._auto import FlagOrAuto, WholeOrAuto, read_flag, whole_option
from ._cell import CellKind, cell_reader, encoder_names
from ._row import MODEL, STRATEGY, Between, Choice, Option, Parameter, Share, Whole
from ._texts import CELL_WORDS

_HERE = ("language",)


LANGUAGE: tuple[Parameter, ...] = (
    Parameter(
        "tokens",
        Choice(lambda: ("characters", "bytes", "words", "subwords")),
        "What the text is made of. ``words`` are words and signs, each with the space"
        " before it; ``subwords`` are pieces of words by byte pair encoding, and need"
        " the package tokenizers. The vocabulary is that of the training part.",
        Option("characters, bytes, words or subwords.", panel=MODEL),
        _HERE,
    ),
    Parameter(
        "cell",
        CellKind(encoder_names),
        "What reads the text: recurrent layers of any cell, by its name or a cell of"
        " yours; or a temporal convolution or a Transformer, which carry no state.",
        Option(
            f"A recurrent cell: {CELL_WORDS}, or FILE.py:CLASS; tcn, a temporal"
            " convolution; or transformer.",
            panel=MODEL,
            read=cell_reader(encoder_names),
            also=("--encoder",),
        ),
        _HERE,
        tried=("gru", "lstm"),
    ),
    Parameter(
        "hidden_size",
        WholeOrAuto(),
        "Units of a layer; ``auto``: for about as many weights as the training text"
        " has characters, from 64 to 512.",
        whole_option("--hidden", "Hidden units; by the length of the text."),
        _HERE,
        tried=Between(64, 512, log=True, whole=True),
    ),
    Parameter(
        "num_layers",
        Whole(),
        "Layers on top of each other. A Transformer has four at least, a temporal"
        " convolution those that see a window at once.",
        Option("Stacked layers.", int, "--layers", MODEL),
        _HERE,
        tried=(1, 2),
    ),
    Parameter(
        "embedding_size",
        WholeOrAuto(),
        "Numbers that a token becomes; ``auto``: 16 times the root of how many tokens"
        " there are, at most ``hidden_size``.",
        whole_option("--embedding", "Numbers that a token becomes."),
        _HERE,
    ),
    Parameter(
        "tied",
        FlagOrAuto(),
        "Share the embedding's matrix with the head; ``auto``: with more than 512"
        " tokens.",
        Option("Share embedding and head: yes, no, auto.", panel=MODEL, read=read_flag),
        _HERE,
    ),
    Parameter(
        "vocabulary_size",
        WholeOrAuto(2),
        "Most tokens; those that are left out count as one, <unk>. ``auto``: all"
        " characters, 20,000 words, subwords by the length of the text.",
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
        "window",
        WholeOrAuto(),
        "Steps that a gradient goes back over, about: windows are of random lengths."
        " The state is carried over. Of an encoder without state also the most tokens"
        " that it reads at once ever after. ``auto``: 100 characters or bytes, 50"
        " words; without a state twice as many.",
        whole_option("--window", "Steps a gradient goes back over."),
        _HERE,
    ),
    Parameter(
        "batch_size",
        WholeOrAuto(),
        "Streams that are read side by side; ``auto``: 4 to 64, for about 400 updates"
        " an epoch.",
        whole_option("--batch-size", "Streams side by side."),
        _HERE,
    ),
    Parameter(
        "dropout",
        Share(zero=True),
        "Share of the units dropped while training, of the embedding and of the last"
        " layer's output for a whole window, and between layers; in the parts of a"
        " temporal convolution or Transformer.",
        Option("Share of outputs dropped while training.", float, panel=STRATEGY),
        _HERE,
        tried=Between(0.0, 0.5),
    ),
    Parameter(
        "embedding_dropout",
        Share(zero=True),
        "Share of the tokens without an embedding in a window, while training.",
        Option("Share of tokens dropped while training.", float, panel=STRATEGY),
        _HERE,
    ),
    Parameter(
        "state_dropout",
        Share(zero=True),
        "Share of the state's units that the next steps do not see in a window, while"
        " training; for recurrent cells.",
        Option("Share of the state dropped while training.", float, panel=STRATEGY),
        _HERE,
    ),
    Parameter(
        "weight_dropout",
        Share(zero=True),
        "Share of the recurrent weights that are zero in a window, while training; for"
        " recurrent cells.",
        Option("Share of recurrent weights dropped.", float, panel=STRATEGY),
        _HERE,
    ),
    Parameter(
        "validation_fraction",
        Share(zero=True),
        "Share of the text, its end, held out to choose the epoch and for the scores;"
        " 0 for none.",
        Option("Share held out at the end; 0.1.", float, "--validation", MODEL),
        _HERE,
    ),
)
"""Those that a language model has, and its own in place of those that all have."""
