"""What made the features that an estimator was fitted on, where they are of sounds."""

from __future__ import annotations

from typing import Any

from elman._errors import InputError
from elman.data import FrontEnd


def front_end_of(X: Any) -> FrontEnd | None:
    """Return the front end of features that know theirs.

    Raises
    ------
    InputError
        They are of several.
    """
    given = getattr(X, "front_end", None)
    if isinstance(given, FrontEnd):
        return given
    if not isinstance(X, list | tuple) and str(getattr(X, "dtype", "")) != "object":
        return None
    first: FrontEnd | None = None
    for i, one in enumerate(X):
        found = getattr(one, "front_end", None)
        first = found if i == 0 else first
        if found != first:
            raise InputError(
                f"X[0] holds {_in_words(first)}, X[{i}] {_in_words(found)}; read all"
                " recordings with one front end"
            )
    return first


def check_front_end(estimator: Any, X: Any) -> None:
    """Raise where features are of another front end than those fitted on.

    Raises
    ------
    InputError
        It says how to read the recordings alike.
    """
    found, known = front_end_of(X), getattr(estimator, "front_end_", None)
    if found is None or found == known:
        return
    if known is None:
        raise InputError(
            "X holds features of recordings, and the network was fitted on other"
            " sequences; fit one on recordings: fit(recordings.X, recordings.y)"
        )
    raise InputError(
        f"X holds {found.in_words()}, and the network was fitted on"
        f" {known.in_words()}; read them with read_recordings(PATH,"
        " front_end=model.front_end_)"
    )


def described_front_end(estimator: Any) -> dict[str, Any]:
    """Return it as plain values, for a run directory."""
    known = getattr(estimator, "front_end_", None)
    return {} if known is None else {"front_end": known.describe()}


def restore_front_end(estimator: Any, fitted: dict[str, Any]) -> None:
    """Take up what `described_front_end` returned."""
    described = fitted.get("front_end")
    estimator.front_end_ = (
        None if described is None else FrontEnd.from_description(described)
    )


def _in_words(front_end: FrontEnd | None) -> str:
    return "no features of a recording" if front_end is None else front_end.in_words()
