"""What reads, beside other encoders of its size and its time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from elman._errors import InputError
from elman.cells import Cell
from elman.data import Pairs
from elman.models import parameters_of, width_for
from elman.models.translation import TranslationNetwork
from elman.tasks._encoders import other_encoders
from elman.tasks.comparison._beside import Beside, Trained
from elman.tasks.comparison._writers import Writers

from . import _sizes as sizes
from ._fit import fit_network
from ._recipe import Recipe, recipe_of
from ._translate import Search, translations


@dataclass(frozen=True)
class Scored(Writers[TranslationNetwork]):
    """The pairs that all networks are scored on.

    Parameters
    ----------
    fit, checkpoints
        As for `Writers`.
    pairs : Pairs
    recipe : Recipe
        Of the chosen network.
    how : Search
    """

    pairs: Pairs
    recipe: Recipe
    how: Search

    def judged(
        self,
        network: TranslationNetwork,
        history: list[dict[str, Any]],
        stopped: str,
        seconds: float,
    ) -> Trained:
        """Return how well a network translates the pairs."""
        sides = self.recipe.source, self.recipe.target
        every = translations(network, sides, self.pairs.source, self.how)
        found = [one[0].text for one in every]
        judge = self.recipe.judge
        return Trained(
            judge.values(found, self.pairs.target),
            judge.errors(found, self.pairs.target),
            parameters_of(network),
            history,
            stopped,
            seconds,
        )


def compared(
    estimator: Any,
    pairs: Pairs,
    validation: Pairs | None,
    test: Pairs | None,
    names: Iterable[Any] | str | None,
    *,
    seeds: int,
    seconds: float | None,
    split: str | None,
    checkpoints: Any,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Return the scores of a fitted translator's network beside those of others.

    Parameters
    ----------
    estimator : Translator
    pairs, validation : Pairs
        As given to ``fit``.
    test : Pairs or None
        Scored; None: the validation part.
    names, seeds, seconds, split, checkpoints, say
        As `Translator.compare` takes them.

    Raises
    ------
    InputError
        The pairs are others, or nothing is held out of them.
    """
    recipe = recipe_of(estimator, pairs, validation)
    sides = recipe.source, recipe.target
    known = zip(sides, estimator.sides_, strict=True)
    if any(a.vocabulary.stored() != b.vocabulary.stored() for a, b in known):
        raise InputError(
            "the pairs have other tokens than those trained on; compare takes the pairs"
            " that fit was given"
        )
    scored = recipe.validation if test is None else test
    if scored is None:
        raise InputError(
            "nothing is held out to score on: give test_source= and test_target=, or a"
            " validation_fraction above 0"
        )
    if split is None:
        split = "validation" if test is None else "test"
    chosen, size = recipe.network["encoder"], parameters_of(estimator.network_)
    # An encoder that is named stands for itself, whatever writes.
    reads: Any = SimpleNamespace(cell=chosen, encoder=None)
    recipes = {chosen: recipe} | {
        encoder: sized(recipe, encoder, size)
        for encoder in other_encoders(reads, names)
    }
    how = Scored(fit_network, checkpoints, scored, recipe, estimator._search())
    beside = Beside(
        chosen,
        recipes,
        how.fitted(estimator),
        how.trained,
        seed=estimator.seed_,
        work=recipe.work,
        metric=recipe.judge.metric,
        lower_is_better=False,
        split=f"{split}, {len(scored):,} pairs; beam of {how.how.beam}",
        simple=(),
        among="What reads differs; what writes is the same in all of them.",
        say=say,
        percent=recipe.judge.decimals,
    )
    return beside.compared(seeds, seconds)


def sized(chosen: Recipe, encoder: str | Cell, parameters: int) -> Recipe:
    """Return the recipe of another encoder with as many parameters in all, about.

    Parameters
    ----------
    chosen : Recipe
    encoder : str or Cell
    parameters : int
    """
    network = {
        **chosen.network,
        "encoder": encoder,
        "encoder_layers": sizes.encoder_layers_for(encoder),
    }

    def build(width: int) -> TranslationNetwork:
        return TranslationNetwork(**{**network, "encoder_size": width})

    width = width_for(build, parameters, encoder)
    init = chosen.init if chosen.init == "auto" else "default"
    return replace(chosen, network={**network, "encoder_size": width}, init=init)
