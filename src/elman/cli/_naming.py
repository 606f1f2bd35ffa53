"""Which file an error is about, where its message does not say."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Iterator
from typing import Any

from elman._errors import InputError, RunDirectoryError
from elman.training import TrainingSettings


@contextlib.contextmanager
def naming(file: str, estimator: Any) -> Iterator[None]:
    """Put the file before the message of an error in the data.

    Parameters
    ----------
    file : str
        Where the data are from.
    estimator : estimator
        A message that begins with one of its parameters is not about the data.

    Raises
    ------
    InputError
        The one raised inside, with the file's name.
    """
    try:
        yield
    except RunDirectoryError:
        raise
    except InputError as error:
        message = str(error)
        settings = (field.name for field in dataclasses.fields(TrainingSettings))
        first = re.match(r"\w*", message)
        known = {*estimator.get_params(), *settings}
        if file in message or (first and first[0] in known):
            raise
        raise InputError(f"{file}: {message}") from None
