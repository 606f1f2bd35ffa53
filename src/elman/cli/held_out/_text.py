"""Text to train on and text to score on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from elman.data import read_text

from ._parts import Parts


class TextParts(Parts):
    """Texts in the place of sequences: nothing of them has to agree."""

    def check(self, estimator: Any) -> list[str]:
        """Return nothing."""
        return []

    def score(self, estimator: Any) -> None:
        """Score an estimator on the test text."""
        if self.test is not None:
            estimator.evaluate(*self.test, split=self.split)

    def arguments(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the options as they are."""
        return options


def held_out_text(text: Path, encoding: str | None, test: Path | None) -> TextParts:
    """Read the texts.

    Parameters
    ----------
    text : path
    encoding : str or None
        Of both.
    test : path or None
        None: the end of the text is scored, as the estimator does by itself.
    """
    found = read_text(text, encoding)
    train: Any = (found.text,)
    if test is None:
        return TextParts(train, None, "", found.notes, {})
    other = read_text(test, encoding)
    split = f"test, {test.name}"
    notes = [*found.notes, *other.notes]
    held: Any = (other.text,)
    return TextParts(train, held, split, notes, {}, test)
