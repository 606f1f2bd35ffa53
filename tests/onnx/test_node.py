"""ONNX' own cases of the recurrent operators, and ONNX Runtime as a second oracle."""

import importlib
import itertools

import numpy as np
import pytest
import torch

from elman import InputError
from elman.onnx import run_node
from tolerance import assert_close

ort = pytest.importorskip("onnxruntime")
node_cases = pytest.importorskip("onnx.backend.test.case.node")
for name in ("rnn", "gru", "lstm"):  # importing one adds its cases
    importlib.import_module(f"onnx.backend.test.case.node.{name}")
helper = importlib.import_module("onnx.helper")

CASES = [
    case
    for case in node_cases._NodeTestCases
    if case.model.graph.node[0].op_type in ("RNN", "GRU", "LSTM")
]
T, B, I, H = 5, 3, 2, 4
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def attributes(node):
    values = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    return {k: v.decode() if isinstance(v, bytes) else v for k, v in values.items()}


def test_the_cases_are_there():
    assert len(CASES) >= 18


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_onnxs_own_cases(case):
    node = case.model.graph.node[0]
    for given, expected in case.data_sets:
        feed = iter(given)
        inputs = [next(feed) if name else None for name in node.input]
        results = run_node(node.op_type, inputs, attributes(node))
        wanted = [r for r, name in zip(results, node.output, strict=False) if name]
        assert len(wanted) == len(expected)
        for actual, right in zip(wanted, expected, strict=True):
            assert_close(actual, right, summands=64, steps=len(given[0]))


def draw(op, directions, seed=0, peepholes=False):
    random = np.random.default_rng(seed)
    g = GATES[op]

    def normal(*shape):
        return random.normal(size=shape, scale=0.5).astype(np.float32)

    values = {
        "X": normal(T, B, I),
        "W": normal(directions, g * H, I),
        "R": normal(directions, g * H, H),
        "B": normal(directions, 2 * g * H),
        "sequence_lens": np.array([5, 2, 3], dtype=np.int32),
        "initial_h": normal(directions, B, H),
    }
    if op == "LSTM":
        values["initial_c"] = normal(directions, B, H)
        if peepholes:
            values["P"] = normal(directions, 3 * H)
    return values


def by_runtime(op, values, options):
    names = ["Y", "Y_h", "Y_c"][: 3 if op == "LSTM" else 2]
    node = helper.make_node(op, list(values), names, hidden_size=H, **options)
    kinds = {np.dtype("float32"): 1, np.dtype("int32"): 6}
    graph = helper.make_graph(
        [node],
        "one",
        [
            helper.make_tensor_value_info(k, kinds[v.dtype], v.shape)
            for k, v in values.items()
        ],
        [helper.make_tensor_value_info(n, 1, None) for n in names],
    )
    opset = [helper.make_opsetid("", 22)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=10)
    session = ort.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, values)


VARIANTS = [
    ("RNN", {}),
    ("RNN", {"activations": ["Relu"]}),
    ("RNN", {"activations": ["Sigmoid"]}),
    ("RNN", {"activations": ["Softplus"]}),
    ("GRU", {}),
    ("GRU", {"linear_before_reset": 1}),
    ("LSTM", {}),
    ("LSTM", {"peepholes": True}),
]


@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize(("op", "more"), VARIANTS, ids=str)
def test_every_option_against_onnx_runtime(op, more, direction):
    count = 2 if direction == "bidirectional" else 1
    options = dict(more)
    values = draw(op, count, peepholes=options.pop("peepholes", False))
    if "activations" in options:
        options["activations"] = options["activations"] * count
    options["direction"] = direction
    for ragged, bias in itertools.product((True, False), (True, False)):
        given = dict(values)
        if not ragged:
            given["sequence_lens"] = np.full(B, T, dtype=np.int32)
        if not bias:
            given["B"] = np.zeros_like(given["B"])
        expected = by_runtime(op, given, options)
        inputs = dict(given)
        if not bias:
            inputs["B"] = None
        results = run_node(op, list(inputs.values()), options)
        for actual, right in zip(results, expected, strict=True):
            assert_close(actual, right, summands=2 * (I + H), steps=T)

        turned = {
            k: v.swapaxes(0, 1) if k in ("X", "initial_h", "initial_c") else v
            for k, v in inputs.items()
        }
        y, *states = run_node(op, list(turned.values()), {**options, "layout": 1})
        assert_close(y, expected[0].transpose(2, 0, 1, 3), summands=64, steps=T)
        for s, right in zip(states, expected[1:], strict=True):
            assert_close(s, right.swapaxes(0, 1), summands=64, steps=T)


def test_gradients_go_through():
    values = draw("LSTM", 1, peepholes=True)
    inputs = [torch.from_numpy(v) for v in values.values()]
    for tensor in inputs:
        if tensor.is_floating_point():
            tensor.requires_grad_()
    run_node("LSTM", inputs)[0].sum().backward()
    assert all(t.grad is not None for t in inputs if t.is_floating_point())


@pytest.mark.parametrize(
    ("op", "options", "message"),
    [
        ("SRU", {}, "op: unknown 'SRU'; choose from RNN, GRU, LSTM"),
        ("GRU", {"direction": "up"}, "direction: unknown 'up'"),
        ("GRU", {"clip": 1.0}, "clip: not supported"),
        ("LSTM", {"input_forget": 1}, "input_forget: coupled"),
        ("GRU", {"activations": ["Relu", "Tanh"]}, "activations: relu, tanh not"),
        ("RNN", {"activations": ["Elu"]}, "activations: elu not supported for RNN"),
        ("GRU", {"directions": 1}, "unknown 'directions'; did you mean 'direction'"),
        ("GRU", {"hidden_size": 7}, r"W: expected shape \(1, 21, 2\) for GRU"),
    ],
)
def test_what_is_out_is_named(op, options, message):
    values = draw(op if op in GATES else "GRU", 1)
    with pytest.raises(InputError, match=message):
        run_node(op, list(values.values()), options)
