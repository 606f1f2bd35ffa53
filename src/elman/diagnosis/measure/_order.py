"""Whether what arrives at the end still says which step it came from."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from elman.diagnosis.open._call_model import Forward, call
from elman.diagnosis.open._probe import opened
from elman.diagnosis.open._unroll import Track

from ._profile import adjoints


def told_apart(track: Track, lag: int, steps: int) -> float:
    """How many of the steps up to a lag can be told apart at a row's last step.

    Of g_k = ∂ℓ/∂s_{T−k}, ℓ = ⟨u, h_T⟩, over as many lags k up to ``lag``: the
    effective rank of the Gram matrix E⟨g_k, g_j⟩, (Σλ)² / Σλ² with its eigenvalues λ.
    At 1 all of these steps reach the end in the same way, so that what they brought is
    summed there and their order is lost, as in units that decay slowly; at ``steps``
    each does in a way of its own, as through rotations by angles of the whole circle.

    Parameters
    ----------
    track : Track
    lag : int
        Of a shorter sequence, its first step.
    steps : int
        How many of them are to be told apart.
    """
    far = _far(track, lag, steps)
    size = far.flatten(1).norm(dim=1)
    if not len(far) or not bool(size.isfinite().all()) or not float(size.max()) > 0:
        return float("nan")
    far = (far / size.max()).flatten(1)
    values = torch.linalg.eigvalsh(far @ far.T).clamp(min=0)
    return float(values.sum() ** 2 / values.square().sum())


def steadiness(
    before: nn.Module,
    after: nn.Module,
    inputs: Any,
    lag: int,
    forward: Forward | None = None,
) -> float:
    """Return how alike the gradients are that two models bring to a lag.

    The cosine of g_k = ∂ℓ/∂s_{T−k} in one and the other, ℓ = ⟨u, h_T⟩ with the same
    u, in the layer where it is largest. Where one step of training turns it, what a
    step so far back means at the end is another thing after every step.

    Parameters
    ----------
    before, after : Module
        A model, and a copy that a step has moved.
    inputs : Any
    lag : int
    forward : callable, optional
    """
    found: list[dict[str, Tensor]] = []
    for model in (before, after):
        with opened(model) as tracks:
            call(model, inputs, forward)
            found.append({t.title: _far(t, lag, 1).flatten() for t in tracks})
    old, new = found
    alike = [
        float(torch.nn.functional.cosine_similarity(old[name], new[name], dim=0))
        for name in old
        if name in new and len(old[name]) == len(new[name]) > 0
    ]
    return max(alike, default=1.0)


def _far(track: Track, lag: int, count: int) -> Tensor:
    """Return g_k of the last ``count`` lags up to one, (count, B, ·)."""
    generator = torch.Generator().manual_seed(0)
    last = track.states[-1][0]
    u = torch.randn(last.shape, generator=generator, dtype=torch.float64)
    h, c, _ = adjoints(track, (last * u.to(last)).sum())
    g = (h if c is None else torch.cat([h, c], -1)).detach().double()
    lengths = track.lengths.to(g.device)
    lag = min(lag, int(lengths.max()) - 1) if len(lengths) else 0
    end = torch.full_like(lengths, len(g)) if track.reverse else lengths
    lags = torch.arange(max(lag - count + 1, 1), lag + 1, device=g.device)
    rows = (lengths > lag).nonzero()[:, 0]
    return g[(end[rows] - 1)[None] - lags[:, None], rows[None]]
