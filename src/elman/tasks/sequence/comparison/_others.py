"""How large the encoders are that stand beside the chosen one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from elman.cells import Cell
from elman.models import (
    SequenceNetwork,
    levels_for,
    width_for,
)
from elman.tasks.sequence._recipe import Recipe

_BLOCKS = 2  # of a Transformer, at least


def sized(
    recipe: Recipe,
    encoder: str | Cell,
    layers: int | str,
    inputs: dict[str, Any],
    parameters: int,
) -> Recipe:
    """Return the recipe of another encoder with as many parameters, about.

    The width makes them as many. A temporal convolution has the blocks that see the
    longest sequence at once, a Transformer two at least, a recurrent one the layers
    of the chosen network.

    Parameters
    ----------
    recipe : Recipe
        Of the chosen network.
    encoder : str or Cell
    layers : int or "auto"
        That the user asked for.
    inputs : dict
        What a network has to know of its input.
    parameters : int
    """
    layers = 1 if isinstance(layers, str) else layers
    if encoder == "tcn":
        layers = max(layers, levels_for(recipe.longest))
    if encoder == "transformer":
        layers = max(layers, _BLOCKS)
    network = {**recipe.network, "cell": encoder, "num_layers": layers}

    def build(width: int) -> SequenceNetwork:
        return SequenceNetwork(**inputs, **{**network, "hidden_size": width})

    width = width_for(build, parameters, encoder)
    # Which remedy of a recurrence suits is measured for each; what the user set is
    # for the chosen one.
    return replace(recipe, network={**network, "hidden_size": width}, init="auto")
