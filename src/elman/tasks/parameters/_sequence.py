"""Parameters of the estimators of whole sequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ._auto import WholeOrAuto, whole_option
from ._cell import CellKind, cell_reader, encoder_names
from ._row import MODEL, Between, Checked, Choice, Flag, Option, Parameter, Share
from ._texts import CELL_WORDS, read_class_weight

_BOTH = ("classify", "regress")
_ALL = (*_BOTH, "transcribe")


def _encoder(value: Any) -> Any:
    return None if value is None else CellKind(encoder_names)("encoder", value)


def _poolings() -> Sequence[str]:
    from elman.models import POOLINGS

    return POOLINGS


def _weight_of_classes(value: Any) -> Any:
    from elman.tasks.sequence._weights import check_class_weight

    check_class_weight(value)
    return value


def _columns(value: Any) -> Any:
    from elman.tasks.sequence.columns._given import check_columns

    return check_columns(value)


SEQUENCE: tuple[Parameter, ...] = (
    Parameter(
        "cell",
        CellKind(encoder_names),
        "The encoder: a recurrent layer of any cell, by its name or a cell of yours; a"
        " temporal convolution, or a Transformer.",
        Option(
            f"A recurrent cell: {CELL_WORDS}, or FILE.py:CLASS; tcn, a temporal"
            " convolution; or transformer.",
            panel=MODEL,
            read=cell_reader(encoder_names),
            also=("--encoder",),
        ),
        _ALL,
        tried=("gru", "lstm"),
    ),
    Parameter(
        "encoder",
        Checked("str, `Cell` or None", _encoder),
        "The same by another name, for what is no cell; None: ``cell`` says it.",
        tasks=(*_ALL, "language"),
    ),
    Parameter(
        "shuffle_time",
        Choice(lambda: ("none", "fixed", "each")),
        "In which order the steps of every sequence are read, in ``fit`` and in all"
        " that follows. ``fixed``: one order, drawn at random for all sequences, which"
        " takes away what is near what and leaves what is where. ``each``: an order of"
        " its own for each sequence, drawn from its values, which leaves no order to"
        " learn from. Targets at each step go with their steps.",
        Option(
            "Read steps in a random order: none; fixed, one order for all sequences;"
            " each, one of its own for each.",
            panel=MODEL,
        ),
        _BOTH,
    ),
    Parameter(
        "columns",
        Checked("mapping or None", _columns),
        "What channels are, by their names or numbers: ``number``; ``category`` or"
        " ``text``, read through embeddings that are learned; ``elapsed``, the time"
        " since the step before, or ``time``, from which it is found. Others are told"
        " by their values: words are categories, or texts where few repeat. Cases that"
        " are one text each are read by their ``characters``, or by ``words``.",
        tasks=_BOTH,
    ),
    Parameter(
        "image",
        Choice(lambda: ("none", "rows", "columns")),
        "Whether X holds pictures, (n, height, width) or (n, height, width, colours):"
        " each row of pixels is a step, or each column. All have one size.",
        Option(
            "Read pictures by their rows or columns; none: they are no pictures.",
            panel=MODEL,
        ),
        _BOTH,
    ),
    Parameter(
        "augment",
        Choice(lambda: ("auto", "stretch", "none")),
        "What the network's training adds to recordings. ``stretch``: whenever one is"
        " read, its frequencies are stretched by up to 15 %, or shrunk, as those of"
        " voices that were not recorded. ``auto``: so it is for labels of recordings"
        " with groups; numbers, and recordings without groups, are read as they are."
        " Scores, predictions and the linear models see recordings as they are.",
        Option(
            "stretch: train the network on recordings with their frequencies stretched"
            " at random; auto: where they have groups; none.",
            panel=MODEL,
        ),
        _ALL,
    ),
    Parameter(
        "num_layers",
        WholeOrAuto(),
        "Layers on top of each other. ``auto``: one; of a temporal convolution as many"
        " as see the longest sequence at once.",
        whole_option("--layers", "Stacked layers; auto."),
        _ALL,
        tried=("auto", 2),
    ),
    Parameter(
        "bidirectional",
        Flag(),
        "Read each sequence from both ends, or let each step see later ones. With one"
        " target a step, False means that no prediction looks at later steps.",
        Option("Read each sequence both ways.", bool, panel=MODEL),
        _ALL,
    ),
    Parameter(
        "pooling",
        Choice(_poolings),
        "From one output a step to one vector a sequence; ``auto`` is last and mean"
        " side by side, mean and max of an encoder without recurrence. Not used with"
        " one target a step.",
        tasks=_BOTH,
    ),
    Parameter(
        "output",
        Choice(lambda: ("auto", "sequence", "step")),
        "Whether y holds one target a sequence or one a step.",
        tasks=_BOTH,
    ),
    Parameter(
        "highway",
        Choice(lambda: ("auto", "none")),
        "What the network is added to: ``auto`` is linear models on fixed features"
        " (random convolutions, a random recurrent network, likeness to training"
        " sequences, resampled steps), fitted first and averaged; the network counts as"
        " far as it helps on held-out sequences. ``none`` leaves them out. Not used"
        " with one target a step.",
        Option("auto: linear models first; none: the network alone.", panel=MODEL),
        _BOTH,
    ),
    Parameter(
        "batch_size",
        Checked('int, "auto" or "all"'),
        "Sequences a step; ``auto`` makes about 16 steps an epoch, within 8 to 64;"
        " ``all`` takes one step an epoch, of every sequence.",
        Option("Examples a step.", int, panel=MODEL),
        _ALL,
        "batch_size",
    ),
    Parameter(
        "learning_rate",
        Checked("float"),
        "Of AdamW; over ``epochs``, where they are given, it falls to zero along a"
        " cosine, and else it stays and the weights are averaged.",
        Option("Learning rate.", float, "--lr", MODEL),
        (*_ALL, "language", "translate"),
        "learning_rate",
        tried=Between(3e-4, 3e-2, log=True),
    ),
    Parameter(
        "validation_fraction",
        Share(zero=True),
        "Share held out to choose the epoch; 0 for none.",
        tasks=_ALL,
    ),
    Parameter(
        "refit",
        Flag(),
        "Train again on all sequences, for as many epochs as were best.",
        tasks=_ALL,
    ),
    Parameter(
        "class_weight",
        Checked('None, "balanced" or mapping', _weight_of_classes),
        "How much each class counts in the loss: all sequences the same; each class"
        " the same, n / (K · its number); or {class: weight}, 1 where not named. With"
        " weights, balanced accuracy decides between the network and simple models.",
        Option(
            "balanced: each class counts the same in the loss; or CLASS=NUMBER,….",
            panel=MODEL,
            metavar="WEIGHTS",
            read=read_class_weight,
        ),
        ("classify",),
    ),
)
