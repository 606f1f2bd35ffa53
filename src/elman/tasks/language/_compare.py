"""The network of a language model beside others of its size and its time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman import cells
from elman._errors import InputError
from elman.cells import Cell
from elman.models import KINDS, LanguageNetwork, parameters_of, width_for
from elman.tasks._encoders import other_encoders
from elman.tasks.comparison._beside import Beside, Trained
from elman.tasks.comparison._writers import Writers
from elman.tasks.tokens._vocabulary import Vocabulary

from ._fit import fit_network
from ._recipe import Recipe, recipe_of
from ._scores import metric_of, values_of
from ._surprise import surprise

# Tokens in a row depend on each other: what differs by chance is asked of parts, so
# long if there is enough text, and so many of them if there is not.
_PART, _PARTS = 500, 20


@dataclass(frozen=True)
class Scored(Writers[LanguageNetwork]):
    """The text that all networks are scored on.

    Parameters
    ----------
    fit, checkpoints
        As for `Writers`.
    text : str
    vocabulary : Vocabulary
    """

    text: str
    vocabulary: Vocabulary

    def judged(
        self,
        network: LanguageNetwork,
        history: list[dict[str, Any]],
        stopped: str,
        seconds: float,
    ) -> Trained:
        """Return how well a network predicts the text."""
        vocabulary = self.vocabulary
        nats = surprise(network, vocabulary.encode(self.text), vocabulary.start)
        return Trained(
            values_of(nats, vocabulary.kind, len(self.text)),
            in_parts(nats),
            parameters_of(network),
            history,
            stopped,
            seconds,
        )


def compared(
    estimator: Any,
    text: str,
    test: str | None,
    names: Iterable[Any] | str | None,
    *,
    seeds: int,
    seconds: float | None,
    split: str | None,
    checkpoints: Any,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Return the scores of a fitted model's network beside those of others.

    Parameters
    ----------
    estimator : LanguageModel
    text : str
        As given to ``fit``.
    test : str or None
        Scored; None: the end of the text, which is held out.
    names, seeds, seconds, split, checkpoints, say
        As `LanguageModel.compare` takes them.

    Raises
    ------
    InputError
        The text is another one, or nothing is held out of it.
    """
    recipe = recipe_of(estimator, text)
    if recipe.vocabulary.stored() != estimator.vocabulary_.stored():
        raise InputError(
            "the text has other tokens than the one trained on; compare takes the text"
            " that fit was given"
        )
    scored = recipe.split.validation if test is None else test
    if not scored:
        raise InputError(
            "nothing is held out to score on: give test=, or a validation_fraction"
            " above 0"
        )
    if split is None:
        ends = f"validation, the last {len(scored):,} characters"
        split = ends if test is None else f"test, {len(scored):,} characters"
    chosen, size = recipe.network["cell"], parameters_of(estimator.network_)
    recipes = {chosen: recipe} | {
        encoder: sized(estimator, text, recipe, encoder, size)
        for encoder in other_encoders(estimator, names)
    }
    how = Scored(fit_network, checkpoints, scored, recipe.vocabulary)
    fitted = how.fitted(estimator)
    beside = Beside(
        chosen,
        recipes,
        fitted,
        how.trained,
        seed=estimator.seed_,
        work=recipe.work,
        metric=metric_of(recipe.vocabulary.kind),
        lower_is_better=True,
        split=split,
        simple=_simple(estimator.results_.get("scores"), fitted),
        among="",
        say=say,
    )
    return beside.compared(seeds, seconds)


def in_parts(nats: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of each part of a text: of 500 tokens, or a twentieth of it.

    Parameters
    ----------
    nats : ndarray
        (T,).
    """
    size = max(1, min(_PART, len(nats) // _PARTS))
    parts = np.array_split(nats, max(1, len(nats) // size))
    return np.array([part.mean() for part in parts])


def sized(
    estimator: Any, text: str, chosen: Recipe, encoder: str | Cell, parameters: int
) -> Recipe:
    """Return the recipe of another encoder with as many parameters, about.

    All else is what the user asked for, as far as the encoder has it.
    """
    network = chosen.network
    given = {
        **estimator.get_params(deep=False),
        "cell": encoder,
        "encoder": None,
        "embedding_size": network["embedding_size"],
        "tied": network["tied"],
        # Which remedy of a recurrence suits is measured for each; what the user set
        # is for the chosen one.
        "init": "auto" if estimator.init == "auto" else "default",
    }
    if encoder in KINDS or not cells.recurs(cells.cell(encoder).traced):
        given |= {"weight_dropout": 0.0, "state_dropout": 0.0}
    recipe = recipe_of(type(estimator)(**given), text)

    def build(width: int) -> LanguageNetwork:
        return LanguageNetwork(**{**recipe.network, "hidden_size": width})

    width = width_for(build, parameters, encoder)
    return replace(recipe, network={**recipe.network, "hidden_size": width})


def _simple(scores: dict[str, Any] | None, fitted: Trained) -> list[dict[str, Any]]:
    """Return the rows of the n-grams, if they were scored on the same text."""
    if not scores:
        return []
    same = scores["rows"][0]["values"]["bits a character"]
    if abs(same - fitted.scores["bits a character"]) > 1e-6:
        return []
    return [row for row in scores["rows"] if row["kind"] == "baseline"]
