"""Write a recurrent layer as an ONNX model: standard nodes, or its equations."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from elman import cells
from elman._errors import InputError
from elman.layers import CellLayer, equations_of, name_of, peculiarity
from elman.ops import Weights

from ._operator import ACTIVATIONS
from ._order import as_stock, to_onnx
from ._whole import export_equations

_OPSET = 22
_IR = 10  # what came with that operator set; older runtimes refuse newer ones


def export(
    layer: nn.RNNBase | CellLayer,
    path: str | Path | None = None,
    *,
    state: bool = True,
    lengths: bool = False,
    one_step: bool = False,
) -> Any:
    """Return a layer as an ONNX model, one standard node a layer where there is one.

    Batch and time are free. The model's inputs and outputs have the layer's names
    and forms: ``input``, ``h_0``, ``c_0``, ``lengths``; ``output``, ``h_n``,
    ``c_n``. Dropout is for training and left out. A cell that ONNX has no node for
    becomes a Scan of plain operations, with the same names and forms.

    Parameters
    ----------
    layer : RNN, GRU or LSTM of elman or torch.nn, or a layer of any cell
    path : path, optional
        Where to write the model.
    state : bool
        Take the initial state as an input; else it is zero.
    lengths : bool
        Take each row's steps as an input, int32, (B,). A row of none keeps its
        initial state.
    one_step : bool
        For streaming: ``input`` (B, I) and ``output`` (B, ·) are one step, the
        state goes in and comes out.

    Returns
    -------
    onnx.ModelProto

    Raises
    ------
    InputError
        If the layer has what ONNX' nodes have not (a projection, an identity RNN,
        zoneout, a dtype but float32 or float64, a class or hooks of its own), if the
        options exclude each other, or if the onnx package is missing.
    """
    if not isinstance(layer, nn.RNNBase | CellLayer):
        raise InputError(
            f"layer: expected an RNN, GRU or LSTM, got {type(layer).__name__}; "
            f"pass the recurrent layer itself"
        )
    own = peculiarity(layer)
    if own:
        raise InputError(
            f"layer: {own}, and ONNX' nodes know only the standard ones; export it "
            "with export_model, which writes what it computes"
        )
    if one_step and (lengths or not state or layer.bidirectional):
        raise InputError(
            "one_step: a step takes and returns its state, has no lengths, and "
            "cannot run backwards; use state=True, lengths=False and one direction"
        )
    if isinstance(layer, CellLayer) and cells.stock_name(layer.cell) is None:
        return export_equations(layer, path, state, lengths, one_step)
    if layer._forward_hooks or layer._forward_pre_hooks:
        raise InputError(
            "layer: it has forward hooks (weight norm is one), which an ONNX model "
            "does not run; remove them first"
        )
    lacking = ["zoneout", "state_batch_first"]
    if not state:
        lacking += ["learn_initial_state", "stateful"]
    for name in lacking:
        if getattr(layer, name, False):
            raise InputError(
                f"layer: {name}={getattr(layer, name)!r} has no counterpart in ONNX' "
                f"nodes{'; use state=True and pass the state' if not state else ''}"
            )
    try:
        onnx = importlib.import_module("onnx")
    except ImportError as error:
        raise InputError(
            "onnx: not installed; install it with pip install 'elman[export]'"
        ) from error
    graph = _Graph(onnx, layer, state, lengths, one_step)
    model = onnx.helper.make_model(
        graph.build(),
        opset_imports=[onnx.helper.make_opsetid("", _OPSET)],
        ir_version=_IR,
        producer_name="elman",
    )
    onnx.checker.check_model(model, full_check=True)
    if path is not None:
        onnx.save(model, str(path))
    return model


class _Graph:
    """The nodes and constants of a layer's model, layer by layer."""

    def __init__(
        self, onnx: Any, layer: Any, state: bool, lengths: bool, one_step: bool
    ) -> None:
        self.helper, self.numpy = onnx.helper, onnx.numpy_helper
        self.layer, self.state, self.lengths = layer, state, lengths
        self.one_step = one_step
        own = isinstance(layer, CellLayer)
        name, self.variant = cells.stock_name(layer.cell) if own else name_of(layer)  # type: ignore[misc]
        self.op = name.upper()
        self.directions = 2 if layer.bidirectional else 1
        self.states = equations_of(layer).states
        self.options = self._options()
        dtype = getattr(layer, layer._all_weights[0][0]).dtype
        if dtype not in (torch.float32, torch.float64):
            raise InputError(f"layer: {dtype} cannot be exported; use layer.float()")
        tensor = onnx.TensorProto
        self.kind = tensor.FLOAT if dtype == torch.float32 else tensor.DOUBLE
        self.int32 = tensor.INT32
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def _options(self) -> dict[str, Any]:
        layer = self.layer
        if self.variant == "projected":
            raise InputError("layer: ONNX' LSTM has no projection; use proj_size=0")
        direction = "bidirectional" if layer.bidirectional else "forward"
        options: dict[str, Any] = {"hidden_size": layer.hidden_size}
        options["direction"] = direction
        if self.op == "GRU":
            options["linear_before_reset"] = int(self.variant == "reset_after")
        if self.op == "RNN":
            phi = self.variant
            if phi not in ACTIVATIONS:
                raise InputError(f"layer: ONNX has no {phi!r} activation")
            options["activations"] = [ACTIVATIONS[phi]] * self.directions
        return options

    def build(self) -> Any:
        layer, width = self.layer, self.layer.hidden_size
        places = layer.num_layers * self.directions
        time_first = ["time", "batch"]
        lead = list(reversed(time_first)) if layer.batch_first else time_first
        lead = ["batch"] if self.one_step else lead
        inputs = [self._value("input", [*lead, layer.input_size])]
        outputs = [self._value("output", [*lead, width * self.directions])]
        for name in self.states:
            shape = [places, "batch", width]
            if self.state:
                inputs.append(self._value(f"{name}_0", shape))
                self._split(f"{name}_0")
            outputs.append(self._value(f"{name}_n", shape))
        if self.lengths:
            inputs.append(
                self.helper.make_tensor_value_info("lengths", self.int32, ["batch"])
            )
            if self.state:
                self._empty()
        x = self._enter()
        for k in range(layer.num_layers):
            x = self._layer(x, k)
        self._leave(x)
        for name in self.states:
            parts = [f"{name}_n_{k}" for k in range(layer.num_layers)]
            self._node("Concat", parts, [f"{name}_n"], axis=0)
        return self.helper.make_graph(
            self.nodes, type(layer).__name__, inputs, outputs, self.constants
        )

    def _enter(self) -> str:
        if self.one_step:
            axes = self._constant("axis_0", torch.tensor([0]))
            self._node("Unsqueeze", ["input", axes], ["x_0"])
        elif self.layer.batch_first:
            self._node("Transpose", ["input"], ["x_0"], perm=[1, 0, 2])
        else:
            return "input"
        return "x_0"

    def _empty(self) -> None:
        """Add which rows have no steps, (B, 1)."""
        zero = self._constant("zero", torch.tensor(0, dtype=torch.int32))
        self._node("Equal", ["lengths", zero], ["no_steps"])
        axis = self._constant("axis_1", torch.tensor([1]))
        self._node("Unsqueeze", ["no_steps", axis], ["empty"])

    def _leave(self, x: str) -> None:
        if self.one_step:
            self._node("Squeeze", [x, "axis_0"], ["output"])
        elif self.layer.batch_first:
            self._node("Transpose", [x], ["output"], perm=[1, 0, 2])
        else:
            self._node("Identity", [x], ["output"])

    def _split(self, name: str) -> None:
        """Cut a state into the layers' parts, D rows each."""
        count = self.layer.num_layers
        parts = [f"{name}_{k}" for k in range(count)]
        self._node("Split", [name], parts, axis=0, num_outputs=count)

    def _layer(self, x: str, k: int) -> str:
        """Add one layer, (T, B, ·) to (T, B, D·H)."""
        places = range(k * self.directions, (k + 1) * self.directions)
        own = [self._weights(place) for place in places]
        each = [to_onnx(self.op, weights) for weights, _ in own]
        given = [x]
        for name, parts in zip("WRB", zip(*each, strict=True), strict=True):
            given.append(self._constant(f"{name}_{k}", torch.stack(parts)))
        given.append("lengths" if self.lengths else "")
        given += [f"{s}_0_{k}" if self.state else "" for s in self.states]
        peepholes = [p for _, p in own if p is not None]
        if peepholes:
            given.append(self._constant(f"P_{k}", torch.stack(peepholes)))
        returned = [f"Y_{k}", *(f"{s}_n_{k}" for s in self.states)]
        if self.lengths and self.state:
            # What runtimes return for a row of no steps is zero, not where it starts.
            kept = [f"{s}_n_{k}" for s in self.states]
            returned[1:] = [f"ran_{name}" for name in kept]
        self._node(self.op, given, returned, **self.options)
        if self.lengths and self.state:
            for start, ran, name in zip(
                given[5 : 5 + len(kept)], returned[1:], kept, strict=True
            ):
                self._node("Where", ["empty", start, ran], [name])
        self._node("Transpose", [f"Y_{k}"], [f"T_{k}"], perm=[0, 2, 1, 3])
        width = self.directions * self.layer.hidden_size
        shape = self._constant(f"shape_{k}", torch.tensor([0, 0, width]))
        self._node("Reshape", [f"T_{k}", shape], [f"x_{k + 1}"])
        return f"x_{k + 1}"

    def _weights(self, place: int) -> tuple[Weights, Tensor | None]:
        names = self.layer._all_weights[place]
        found = [getattr(self.layer, name).detach().cpu() for name in names]
        if not isinstance(self.layer, CellLayer):
            return Weights(*found), None
        ending = self.layer._ending(place)
        stems = (name.removesuffix(ending) for name in names)
        return as_stock(self.layer.cell, dict(zip(stems, found, strict=True)))

    def _constant(self, name: str, tensor: Tensor) -> str:
        self.constants.append(self.numpy.from_array(tensor.numpy(), name))
        return name

    def _value(self, name: str, shape: list[Any]) -> Any:
        return self.helper.make_tensor_value_info(name, self.kind, shape)

    def _node(self, op: str, given: list[str], made: list[str], **options: Any) -> None:
        self.nodes.append(self.helper.make_node(op, given, made, **options))
