"""Initialisations of the recurrent matrix."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor, nn

from elman import cells
from elman._errors import InputError
from elman.layers import CellLayer

from ._places import BIASES, cell_of, check_parameters, check_recurrent, places

Layer = TypeVar("Layer", bound=nn.RNNBase | CellLayer)


@torch.no_grad()
def orthogonal_(
    layer: Layer, gain: float = 1.0, *, generator: torch.Generator | None = None
) -> Layer:
    """Make every gate's recurrent matrix orthogonal and every bias zero, in place.

    ``W_hhᵀ W_hh = gain² · 1`` for each gate's H×H block, drawn uniformly (Haar). A
    linear recurrence then neither shrinks nor grows what it carries.

    Parameters
    ----------
    layer : a recurrent layer of elman or torch.nn
        Every layer and direction is set. With a projection the H×P blocks get
        orthonormal columns.
    gain : float
        The singular value of every block.
    generator : torch.Generator, optional
        Source of randomness; torch's own if absent.

    Returns
    -------
    layer
        The layer given.

    Raises
    ------
    InputError
        If it is no recurrent layer.

    References
    ----------
    Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of
    learning in deep linear neural networks", ICLR 2014.
    """
    check_recurrent(layer, "orthogonal_")
    check_parameters(layer, "orthogonal_", "weight_hh", *BIASES)
    for place in places(layer):
        for block in place.blocks():
            _orthogonal(block, gain, generator)
        place.zero_biases()
    return layer


@torch.no_grad()
def identity_(
    layer: Layer,
    scale: float = 1.0,
    input_std: float | None = 0.001,
    *,
    generator: torch.Generator | None = None,
) -> Layer:
    """Start an RNN as an integrator: ``W_hh = scale · 1``, biases zero, in place.

    Input weights are drawn from N(0, input_std²). With a ReLU this is the IRNN;
    every state is carried unchanged until training says otherwise.

    Parameters
    ----------
    layer : RNN of elman or torch.nn
        Every layer and direction is set.
    scale : float
        What a state is multiplied by each step; the paper takes 1, or 0.01 where
        no long memory is wanted.
    input_std : float, optional
        Standard deviation of the input weights; the paper takes 0.001. None keeps
        those there are, which learns faster where gradients are clipped.
    generator : torch.Generator, optional
        Source of randomness; torch's own if absent.

    Returns
    -------
    layer
        The layer given.

    Raises
    ------
    InputError
        If the layer is gated: its state is kept by its gates, see `chrono_`.

    References
    ----------
    Le, Jaitly and Hinton, "A simple way to initialize recurrent networks of
    rectified linear units", arXiv:1504.00941, 2015.
    """
    equations = cell_of(layer)
    roles = cells.roles(equations.traced)
    if not roles.nonlinearity:
        other = "use chrono_ or forget_bias_, or identity_ on an RNN"
        way = "gates" if roles.keep else "equations of their own"
        raise InputError(
            f"identity_: {layer._get_name()} layers keep their state by {way}, not by "
            f"W_hh; {other if roles.keep else 'use identity_ on an RNN'}"
        )
    given = ("weight_ih",) if input_std is not None else ()
    check_parameters(layer, "identity_", "weight_hh", *given, *BIASES)
    for place in places(layer):
        nn.init.eye_(place.parameters["weight_hh"]).mul_(scale)
        if input_std is not None:
            weight = place.parameters["weight_ih"]
            weight.normal_(0.0, input_std, generator=generator)
        place.zero_biases()
    return layer


def _orthogonal(block: Tensor, gain: float, generator: torch.Generator | None) -> None:
    # There is no QR decomposition of numbers narrower than these: drawn wider, rounded.
    wide = block.dtype in (torch.float32, torch.float64)
    drawn = block if wide else torch.empty_like(block, dtype=torch.float32)
    nn.init.orthogonal_(drawn, gain, generator=generator)
    if not wide:
        block.copy_(drawn)
