"""The network of a forecaster from its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from elman._errors import InputError, did_you_mean

from ._correcting import CorrectingNetwork
from ._highway import HighwayNetwork
from ._log_link import LogLink
from ._segments import SegmentNetwork

DECODERS: dict[str, type[CorrectingNetwork]] = {
    network.kind: network for network in (HighwayNetwork, SegmentNetwork)
}
"""What corrects a linear forecast, by its kind."""


def correcting_from(config: Mapping[str, Any]) -> CorrectingNetwork | LogLink:
    """Build a network, untrained, from its ``kind`` and the rest of its `config`.

    Raises
    ------
    InputError
        The kind is not known.
    """
    options = dict(config)
    kind = options.pop("kind", None)
    if kind == LogLink.kind:
        return LogLink(correcting_from(options["network"]), options["targets"])
    if kind not in DECODERS:
        known = [*DECODERS, LogLink.kind]
        hint = did_you_mean(str(kind), known)
        raise InputError(f"kind must be one of {', '.join(known)}, got {kind!r}{hint}")
    return DECODERS[kind](**options)
