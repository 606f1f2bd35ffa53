"""Where training starts: one strategy for the networks of all tasks."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from elman.layers import GRU
from elman.tasks.fit._start import Start, choose_start


class Readout(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.encoder = GRU(2, 4, batch_first=True)
        self.head = nn.Linear(4, 1)

    def forward(self, x):
        return self.head(self.encoder(x)[0][:, -1])


EXAMPLES = torch.randn(6, 9, 2), torch.randn(6, 1)


def start(network, **options):
    known = {"init": "auto", "needed": 9, "source": "length", "memory": 9, "seed": 0}
    return choose_start(
        network,
        network.encoder,
        EXAMPLES,
        nn.functional.mse_loss,
        **{**known, **options},
    )


def test_a_named_initialisation_is_applied_and_measured_again():
    network, other = Readout(), Readout()
    found = start(network, init="orthogonal")
    assert found.remedy == "orthogonal"
    assert not torch.equal(network.encoder.weight_hh_l0, other.encoder.weight_hh_l0)
    report = found.report()
    assert report["before"]["horizon"] != report["after"]["horizon"]
    assert (report["needed"], report["needed_source"]) == (9, "length")
    # The same start for another network, bit by bit.
    found.apply(other.encoder, 0)
    assert torch.equal(network.encoder.weight_hh_l0, other.encoder.weight_hh_l0)


@pytest.mark.parametrize("init", ["default", "auto"])
def test_without_need_the_network_stays_as_it_was(init):
    network = Readout()
    found = start(network, init=init, needed=2)
    assert found.init == "default"
    assert found.report()["after"] is None
    other = Readout()
    for own, its in zip(network.parameters(), other.parameters(), strict=True):
        assert torch.equal(own, its)


def test_where_gradients_fall_short_the_best_remedy_is_applied():
    network = Readout()
    with torch.no_grad():
        network.encoder.weight_hh_l0.zero_()
        network.encoder.bias_hh_l0[4:8] = -6.0  # the update gate forgets at once
    found = start(network)
    assert found.before.verdict == "vanishing"
    assert found.remedy == found.before.best is not None
    assert found.after.horizon > found.before.horizon
    plain = found.without_remedy()
    assert (plain.init, plain.remedy, plain.after) == ("default", None, None)
    assert plain.before is found.before


def test_the_network_can_be_probed_through_another():
    seen = []

    def probe(network):
        seen.append(network)
        return Readout()

    network = Readout()
    start(network, init="orthogonal", probe=probe)
    assert seen == [network, network]


def test_nothing_measured_is_no_report():
    assert Start("default", 1, note="one step").report() is None
    Start("chrono", 1).apply(None, 0)  # nothing to initialise
