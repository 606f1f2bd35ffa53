"""Models as people write them: examined as they compute, with autograd's numbers."""

import copy
import math

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import elman
from elman import InputError
from elman.diagnosis import first_nonfinite, prescribe

B, T, I, H = 5, 12, 3, 6
FLOW = ("vanishing", "exploding", "healthy")


class Head(nn.Module):
    """What every model here ends with."""

    def __init__(self):
        super().__init__()
        self.out = nn.Linear(H, 1)

    def ran(self, y):
        return self.out(y[:, -1])


class Packs(Head):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(I, H, 2, batch_first=True, bidirectional=True, proj_size=3)

    def forward(self, x):
        packed = pack_padded_sequence(
            x, [12, 3, 7, 12, 1], batch_first=True, enforce_sorted=False
        )
        y, _ = pad_packed_sequence(self.rnn(packed)[0], batch_first=True)
        return self.out(y.mean(1))[:, :1]


class Several(Head):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.GRU(I if k == 0 else H, H) for k in range(3))
        self.norm = nn.BatchNorm1d(H)
        self.drop = nn.Dropout(0.3)

    def forward(self, x):
        x = x.transpose(0, 1)
        for layer in self.layers:
            x = self.drop(layer(x)[0])
        return self.out(self.norm(x[-1]))


class Tied(Head):
    def __init__(self):
        super().__init__()
        self.rnn = self.again = nn.GRU(I, H, batch_first=True)

    def forward(self, x):
        first = self.rnn(x)[0]
        second = self.again(x.flip(1))[0]
        return self.ran(first) * self.ran(second)


class EncoderDecoder(Head):
    def __init__(self):
        super().__init__()
        self.encoder = nn.LSTM(I, H, batch_first=True)
        self.decoder = nn.LSTMCell(1, H)

    def forward(self, x):
        memory, (h, c) = self.encoder(x)
        state, y, outs = (h[0], c[0]), x.new_zeros(len(x), 1), []
        for _ in range(4):
            state = self.decoder(y, state)
            weight = (memory * state[0].unsqueeze(1)).sum(-1).softmax(1)
            y = self.out((weight.unsqueeze(-1) * memory).sum(1) + state[0])
            outs.append(y)
        return torch.cat(outs, 1).mean(1, keepdim=True)


class Attends(Head):
    """The state itself is mixed with what is attended to, between any two steps."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.GRU(I, H, batch_first=True)
        self.cell = nn.GRUCell(I, H)
        self.attend = nn.MultiheadAttention(H, 2, batch_first=True)
        self.norm = nn.LayerNorm(H)

    def forward(self, x):
        memory, h = self.encoder(x)
        h = h[0]
        for step in x.unbind(1):
            h = self.cell(step, h)
            seen, _ = self.attend(h.unsqueeze(1), memory, memory)
            h = self.norm(h + seen[:, 0])
        return self.out(h)


class Words(Head):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(20, I)
        self.rnn = nn.GRU(I, H, batch_first=True)

    def forward(self, x):
        return self.ran(self.rnn(self.embedding(x))[0])


class Plain(Head):
    def __init__(self, cell="LSTM", **options):
        super().__init__()
        self.rnn = getattr(nn, cell)(I, H, batch_first=True, **options)

    def forward(self, x):
        return self.ran(self.rnn(x)[0])


class Halves(Plain):
    def forward(self, x):
        with torch.autocast("cpu", torch.bfloat16):
            y = self.rnn(x)[0]
        return self.ran(y.float())


class Keeps(Head):
    """A state kept from call to call in a plain attribute, and what was seen listed."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(I, H, batch_first=True)
        self.h, self.seen, self.count = torch.zeros(1, B, H), [], torch.zeros(1)

    def forward(self, x):
        y, self.h = self.rnn(x, self.h)
        self.h = self.h.detach()
        self.seen.append(len(x))
        self.count += 1
        return self.ran(y)


MODELS = {
    "packs": Packs,
    "several": Several,
    "tied": Tied,
    "encoder and decoder": EncoderDecoder,
    "attends": Attends,
    "words": Words,
    "autocast": Halves,
    "keeps": Keeps,
    "RNN": lambda: Plain("RNN"),
    "compiled": lambda: torch.compile(Plain(), backend="eager"),
    "parallel": lambda: nn.DataParallel(Plain("GRU")),
}


def batch(name):
    torch.manual_seed(2)
    x = torch.randint(20, (B, T)) if name == "words" else torch.randn(B, T, I)
    return x, torch.randn(B, 1)


def everything(model):
    """All that a diagnosis may not change."""
    of = getattr(model, "_orig_mod", model)
    return (
        copy.deepcopy(model.state_dict()),
        [None if p.grad is None else p.grad.clone() for p in model.parameters()],
        [m.training for m in model.modules()],
        torch.get_rng_state(),
        [sorted(m.__dict__) for m in of.modules()],
        [type(m) for m in of.modules()],
        (list(getattr(of, "seen", [])), float(getattr(of, "count", 0))),
    )


def same(a, b):
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


# torch's compiler looks at the gradient of what is no leaf.
TRACED = pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")


@TRACED
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", MODELS)
def test_the_loss_is_the_models_own_and_nothing_changes(name, training):
    torch.manual_seed(0)
    model = MODELS[name]().train(training)
    x, y = batch(name)
    mse_loss(model(x), y).backward()
    twin = copy.deepcopy(getattr(model, "_orig_mod", model))
    torch.manual_seed(7)
    with torch.enable_grad():
        want = float(mse_loss(twin(x), y).detach())
    torch.manual_seed(7)
    before = everything(model)
    d = elman.diagnose(model, x, y, mse_loss, learning_rate=0.01, truncation=3)
    assert same(everything(model), before)
    # Autocast rounds to 8 bits; only the order of rounding may differ.
    rel = 2**-7 if name == "autocast" else 1e-5
    assert d.loss == pytest.approx(want, rel=rel)
    assert d.verdict in FLOW
    assert first_nonfinite(model, x, y, mse_loss) is None
    assert same(everything(model), before)


def test_a_decoders_steps_are_one_sequence():
    d = elman.diagnose(EncoderDecoder(), *batch(""), mse_loss, remedies=False)
    assert {p.name: p.steps for p in d.profile} == {"encoder": T, "decoder": 4}
    d = elman.diagnose(Attends(), *batch(""), mse_loss, remedies=False)
    assert {p.name: p.steps for p in d.profile} == {"encoder": T, "cell": T}


@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM"])
def test_gradients_are_those_of_a_loop_by_hand(cell):
    model = Plain(cell).double()
    x, y = (t.double() for t in batch(""))
    d = elman.diagnose(model, x, y, mse_loss, remedies=False)
    steps = getattr(nn, f"{cell}Cell")(I, H).double()
    steps.load_state_dict(
        {k.removesuffix("_l0"): v for k, v in model.rnn.state_dict().items()}
    )
    state, kept = None, []
    for step in x.unbind(1):
        state = steps(step, state)
        h = state[0] if cell == "LSTM" else state
        h.retain_grad()
        kept.append(h)
    loss = mse_loss(model.out(kept[-1]), y)
    loss.backward()
    assert d.loss == pytest.approx(float(loss.detach()), rel=1e-12)
    want = [float(h.grad.norm(dim=-1).mean()) for h in kept]
    assert d.profile[0].loss_norm == pytest.approx(want, rel=1e-9)


def test_tuples_dictionaries_and_a_loss_of_several_outputs():
    class Two(Plain):
        def forward(self, x, scale):
            y, (h, _) = self.rnn(x * scale)
            return {"last": self.out(h[0]), "all": y, "state": (h, [h])}

    x, y = batch("")

    def loss(out, target):
        return mse_loss(out["last"], target["y"]) + out["all"].square().mean()

    inputs = {"x": x, "scale": torch.tensor(2.0)}
    model = Two()
    d = elman.diagnose(model, inputs, {"y": y}, loss, remedies=False)
    want = loss(model(**inputs), {"y": y})
    assert d.loss == pytest.approx(float(want.detach()), rel=1e-5)
    d = elman.diagnose(model, (x, inputs["scale"]), {"y": y}, loss, remedies=False)
    assert d.loss == pytest.approx(float(want.detach()), rel=1e-5)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
@pytest.mark.parametrize("home", [nn, elman])
def test_dtypes(home, dtype):
    class Net(Head):
        def __init__(self):
            super().__init__()
            self.rnn = home.GRU(I, H, 2, batch_first=True)

        def forward(self, x):
            return self.ran(self.rnn(x)[0])

    model = Net().to(dtype)
    x, y = (t.to(dtype) for t in batch(""))
    d = elman.diagnose(model, x, y, mse_loss, remedies=False)
    want = float(mse_loss(model(x), y).detach())
    # In bfloat16 a stack of two and a head round a few times at 2^-8 each.
    rel = 1e-12 if dtype == torch.float64 else 2**-5
    assert d.loss == pytest.approx(want, rel=rel)
    assert d.verdict in FLOW


def test_inside_autocast_no_grad_and_inference_mode():
    model = Plain()
    x, y = batch("")
    want = elman.diagnose(model, x, y, mse_loss, remedies=False)
    with torch.no_grad():
        d = elman.diagnose(model, x, y, mse_loss, remedies=False)
    assert (d.verdict, d.horizon, d.loss) == (want.verdict, want.horizon, want.loss)
    with torch.inference_mode():
        d = elman.diagnose(model, x, y, mse_loss, remedies=False)
    assert (d.verdict, d.horizon, d.loss) == (want.verdict, want.horizon, want.loss)
    with torch.autocast("cpu", torch.bfloat16):
        d = elman.diagnose(model, x, y, mse_loss, remedies=False)
    assert d.loss == pytest.approx(want.loss, rel=2**-5)


def test_inputs_that_require_gradients_get_none():
    model = Plain()
    x, y = batch("")
    x.requires_grad_()
    elman.diagnose(model, x, y, mse_loss, learning_rate=0.1)
    assert x.grad is None


@TRACED
def test_a_compiled_layer_inside_and_a_model_compiled_in_place():
    x, y = batch("")
    model = Plain()
    want = elman.diagnose(model, x, y, mse_loss, remedies=False)
    model.rnn = torch.compile(model.rnn, backend="eager")
    model(x)
    d = elman.diagnose(model, x, y, mse_loss, remedies=False)
    assert d.horizon == want.horizon
    model.rnn = model.rnn._orig_mod
    model.compile(backend="eager")
    model(x)
    d = elman.diagnose(model, x, y, mse_loss, remedies=False)
    assert d.horizon == want.horizon
    assert model._compiled_call_impl is not None
    with pytest.raises(InputError, match="compiled"):
        elman.diagnosis.FlowRecorder(model)


def test_lazy_modules():
    class Lazy(Plain):
        def __init__(self):
            super().__init__()
            self.out = nn.LazyLinear(1)

    x, y = batch("")
    model = Lazy()
    with pytest.raises(InputError, match="run it once"):
        elman.diagnose(model, x, y, mse_loss)
    model(x)
    assert elman.diagnose(model, x, y, mse_loss, remedies=False).verdict in FLOW


def test_a_scripted_model_says_that_it_is_one():
    class Scripted(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.GRU(I, H)

        def forward(self, x):
            return self.rnn(x)[0]

    with pytest.warns(DeprecationWarning, match="script"):
        model = torch.jit.script(Scripted())
    with pytest.raises(InputError, match=r"before torch\.jit"):
        elman.diagnose(model, torch.randn(T, B, I), torch.zeros(T, B, H), mse_loss)


def test_what_is_no_model():
    with pytest.raises(InputError, match="model: got function"):
        elman.diagnose(lambda x: x, *batch(""), mse_loss)


def test_remedies_leave_running_statistics_alone():
    model = Several()
    x, y = torch.randn(B, 60, I), torch.randn(B, 1)
    before = copy.deepcopy(model.state_dict())
    assert prescribe(model, x, y, mse_loss, 60).remedies
    assert same(dict(model.state_dict()), dict(before))


def test_layers_and_cells_in_one_model_have_remedies():
    x, y = torch.randn(B, 80, I), torch.randn(B, 1)
    d = elman.diagnose(EncoderDecoder(), x, y, mse_loss)
    assert d.verdict == "vanishing"
    assert d.remedies
    assert all(math.isfinite(r.change) or r.kind == "cell" for r in d.remedies)
