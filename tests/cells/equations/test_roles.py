"""What gates do is read off the equations."""

import pytest

import elman
from elman import cells
from elman.cells import sigmoid, tanh

KEEPS = {
    "lstm": ("f", "i", "o"),
    "peephole_lstm": ("f", "i", "o"),
    "layer_norm_lstm": ("f", "i", "o"),
    "slstm": ("f", "i", "o"),
    "coupled_lstm": ("f", "", "o"),
    "gru": ("z", "", ""),
    "gru_reset_before": ("z", "", ""),
    "layer_norm_gru": ("z", "", ""),
    "janet": ("f", "", ""),
    "mingru": ("z", "", ""),
    "mgu": ("f", "", ""),
    "ligru": ("z", "", ""),
    "fastgrnn": ("z", "", ""),
    "sru": ("f", "", ""),
    "minlstm": ("f", "", ""),
    "rglru": ("a", "i", ""),
    "hgrn": ("f", "", "o"),
    "paragru": ("z", "", ""),
    "paralstm": ("f", "", "o"),
    "lem": ("q", "", ""),
}
INVERTED = ("mingru", "mgu", "paragru", "lem")


@pytest.mark.parametrize("name", cells.names())
def test_which_gate_keeps_writes_and_lets_out(name):
    found = cells.roles(cells.cell(name).traced)
    assert (found.keep, found.write, found.out) == KEEPS.get(name, ("", "", ""))
    assert found.inverted == (name in INVERTED)


@pytest.mark.parametrize("phi", ["tanh", "relu", "sigmoid", "identity", "softplus"])
def test_what_all_of_an_rnns_state_goes_through(phi):
    found = cells.roles(cells.cell("rnn", nonlinearity=phi).traced)
    assert found == cells.Roles(nonlinearity=phi)
    own = cells.roles(cells.cell("indrnn", activation=phi).traced)
    assert own.nonlinearity == ""  # what it keeps goes by its own weights


def test_a_users_own_cell():
    class Leaky(elman.cells.Cell):
        def step(self, x, h):
            a = sigmoid(self.linear("a", x))
            return h - a * (h - tanh(self.linear("u", x, h)))

    found = cells.roles(Leaky().traced)
    assert (found.keep, found.gates) == ("a", ("a",))
    assert found.inverted


def test_torchs_cells_by_their_names():
    assert cells.STOCK == ("rnn", "gru", "lstm")
    assert cells.gate_names("rnn") == ("h",)
    assert cells.gate_names("gru") == ("r", "z", "n")
    assert cells.gate_names("lstm") == ("i", "f", "g", "o")
    assert cells.state_names("lstm") == ("h", "c")
    with pytest.raises(elman.InputError, match="no 'reset' form of 'gru'"):
        cells.stock("gru", "reset")
