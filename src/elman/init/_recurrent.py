"""Initialisations of the recurrent matrix."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor, nn

from elman._errors import InputError

from ._places import cell_of, check_parameters, gates_of, places

Layer = TypeVar("Layer", bound=nn.RNNBase)

_BIASES = ("bias_ih", "bias_hh")


@torch.no_grad()
def orthogonal_(
    layer: Layer, gain: float = 1.0, *, generator: torch.Generator | None = None
) -> Layer:
    """Make every gate's recurrent matrix orthogonal and every bias zero, in place.

    ``W_hhᵀ W_hh = gain² · 1`` for each gate's H×H block, drawn uniformly (Haar). A
    linear recurrence then neither shrinks nor grows what it carries.

    Parameters
    ----------
    layer : RNN, GRU or LSTM of elman or torch.nn
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
    gates = len(gates_of(cell_of(layer)))
    check_parameters(layer, "orthogonal_", "weight_hh", *_BIASES)
    for place in places(layer):
        for block in place.w_hh.chunk(gates):
            _orthogonal(block, gain, generator)
        _zero(place.b_ih, place.b_hh)
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
    cell = cell_of(layer)
    if cell != "RNN":
        raise InputError(
            f"identity_: {cell} layers keep their state by gates, not by W_hh; "
            f"use chrono_ or forget_bias_, or identity_ on an RNN"
        )
    given = ("weight_ih",) if input_std is not None else ()
    check_parameters(layer, "identity_", "weight_hh", *given, *_BIASES)
    for place in places(layer):
        nn.init.eye_(place.w_hh).mul_(scale)
        if input_std is not None:
            place.w_ih.normal_(0.0, input_std, generator=generator)
        _zero(place.b_ih, place.b_hh)
    return layer


def _orthogonal(block: Tensor, gain: float, generator: torch.Generator | None) -> None:
    # There is no QR decomposition of numbers narrower than these: drawn wider, rounded.
    wide = block.dtype in (torch.float32, torch.float64)
    drawn = block if wide else torch.empty_like(block, dtype=torch.float32)
    nn.init.orthogonal_(drawn, gain, generator=generator)
    if not wide:
        block.copy_(drawn)


def _zero(*biases: Tensor | None) -> None:
    for bias in biases:
        if bias is not None:
            bias.zero_()
