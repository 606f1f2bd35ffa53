"""Networks that correct a linear forecast come back from their configuration."""

from __future__ import annotations

import json

import pytest
import torch

from elman import InputError
from elman.models import HighwayNetwork, LogLink, SegmentNetwork, correcting_from

SHAPE = {"hidden_size": 5, "num_layers": 2, "dropout": 0.25}
NETWORKS = {
    "steps": lambda: HighwayNetwork("gru", 3, 2, 2, **SHAPE),
    "segments": lambda: SegmentNetwork("lstm", 3, 2, 2, 6, 4, **SHAPE),
    "log link": lambda: LogLink(HighwayNetwork("rnn", 3, 2, 2, **SHAPE), 2),
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_configuration_says_it_all(kind):
    torch.manual_seed(0)
    network = NETWORKS[kind]().eval()
    with torch.no_grad():
        network.head.weight.normal_()
    config = json.loads(json.dumps(network.config()))
    assert config["kind"] == kind
    again = correcting_from(config).eval()
    assert type(again) is type(network)
    assert again.config() == network.config()
    again.load_state_dict(network.state_dict())
    inputs = (torch.randn(4, 8, 3), torch.randn(4, 6, 2), torch.randn(4, 6, 2))
    assert torch.equal(again(*inputs), network(*inputs))


@pytest.mark.parametrize("kind", NETWORKS)
def test_at_first_nothing_is_corrected(kind):
    network = NETWORKS[kind]().eval()
    linear = torch.rand(4, 6, 2) + 1.0
    found = network(torch.randn(4, 8, 3), torch.randn(4, 6, 2), linear)
    torch.testing.assert_close(found, linear)


def test_an_unknown_kind_is_refused():
    with pytest.raises(InputError, match="did you mean 'steps'"):
        correcting_from({"kind": "step"})
