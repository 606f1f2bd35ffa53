"""Write a whole model as ONNX, its recurrent layers as standard nodes."""

from __future__ import annotations

import contextlib
import copy
import importlib
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx.experimental import _config as symbolic
from torch.utils import _pytree as pytree

from elman import ops
from elman._errors import InputError
from elman.cells import Cell
from elman.layers import accelerate, restore

from ._operator import node_of, translate

_OPSET = 22
_EXPORTER = r"(torch|onnxscript|onnx_ir|copyreg)(\.|$)"
# Weights are put into ONNX' order by operations on constants; fold any size of them.
_ANY_SIZE = 2**40


def export_model(
    model: nn.Module,
    args: Any,
    path: str | Path | None = None,
    *,
    kwargs: Mapping[str, Any] | None = None,
    dynamic_shapes: Any = "auto",
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
) -> Any:
    """Return a model with recurrent layers anywhere in it as an ONNX model.

    torch's exporter writes everything else; each recurrent layer, of elman or of
    torch.nn, becomes a standard RNN, GRU or LSTM node a layer and direction, with
    free batch and time. What has no node (a projection, zoneout, an identity RNN)
    becomes a Scan of plain operations. The model is exported as in ``eval()``; for one
    step at a time, give a model that takes its state and returns it.

    Parameters
    ----------
    model : torch.nn.Module
    args : Tensor or tuple
        An example of the model's positional inputs. Axes meant to be free must
        not have size 1 in it.
    path : path, optional
        Where to write the model.
    kwargs : mapping, optional
        An example of its keyword inputs.
    dynamic_shapes : optional
        As in `torch.export.export`. "auto": every axis is free that the model
        lets be free.
    input_names, output_names : sequence of str, optional
        As in `torch.onnx.export`.

    Returns
    -------
    onnx.ModelProto

    Raises
    ------
    InputError
        If the model is not a module, or if onnx or onnxscript is missing.

    Examples
    --------
    >>> class Tagger(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.embedding = nn.Embedding(50, 8)
    ...         self.encoder = nn.GRU(8, 16, batch_first=True)
    ...         self.head = nn.Linear(16, 5)
    ...     def forward(self, words):
    ...         return self.head(self.encoder(self.embedding(words))[0])
    >>> written = export_model(Tagger(), torch.zeros(2, 3, dtype=torch.long))
    >>> [n.op_type for n in written.graph.node if n.op_type == "GRU"]
    ['GRU']
    """
    if not isinstance(model, nn.Module):
        raise InputError(
            f"model: expected a torch.nn.Module, got {type(model).__name__}"
        )
    script, opset = _opset()
    args = args if isinstance(args, tuple) else (args,)
    kwargs = dict(kwargs or {})
    if isinstance(dynamic_shapes, str):
        if dynamic_shapes != "auto":
            raise InputError(
                f'dynamic_shapes: expected "auto", None or what torch.export takes, '
                f"got {dynamic_shapes!r}"
            )
        dynamic_shapes = _free(args, kwargs)
    # Clones: a tensor given twice would be traced as one input.
    args, kwargs = pytree.tree_map_only(Tensor, torch.clone, (args, kwargs))
    # With gradients a loop would return what its backward pass needs, sizes among it.
    with (
        torch.no_grad(),
        _as_elman(model),
        _computed(model),
        ops.run_instead(node_of),
        _quiet(),
        # Else sizes that are equal in the example by chance would be one size.
        symbolic.patch(use_duck_shape=False),  # type: ignore[attr-defined]
    ):
        exported = torch.export.export(
            model, args, kwargs, dynamic_shapes=dynamic_shapes, strict=False
        )
        program: Any = torch.onnx.export(
            exported,
            (),
            dynamo=True,
            input_names=input_names,
            output_names=output_names,
            custom_translation_table={
                torch.ops.elman.onnx_node.default: translate(opset)
            },
            opset_version=_OPSET,
            verbose=False,
        )
        script.optimizer.optimize_ir(
            program.model, input_size_limit=_ANY_SIZE, output_size_limit=_ANY_SIZE
        )
    if path is not None:
        program.save(str(path))
    return program.model_proto


def _opset() -> tuple[Any, Any]:
    """Return onnxscript and its operator set."""
    try:
        importlib.import_module("onnx")
        script = importlib.import_module("onnxscript")
        importlib.import_module("onnxscript.optimizer")
    except ImportError as error:
        raise InputError(
            f"{error.name}: not installed; install it with pip install 'elman[export]'"
        ) from error
    return script, getattr(script, f"opset{_OPSET}")


def _free(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the shapes of the inputs with every axis free if it can be."""

    def axes(value: Any) -> dict[int, Any] | None:
        if not isinstance(value, Tensor):
            return None
        return dict.fromkeys(range(value.dim()), torch.export.Dim.AUTO)

    if kwargs:
        raise InputError(
            'kwargs: with keyword inputs dynamic_shapes="auto" is not possible; '
            "name the free axes, as torch.export does"
        )
    return pytree.tree_map(axes, args)


@contextlib.contextmanager
def _as_elman(model: nn.Module) -> Iterator[None]:
    """Have the model in evaluation mode, its layers Elman's, and undo both."""
    modes = {module: module.training for module in model.modules()}
    swapped = [model.get_submodule(name) for name in accelerate(model).swapped]
    model.eval()
    try:
        yield
    finally:
        for module in swapped:
            restore(module)
        for module, mode in modes.items():
            module.training = mode


@contextlib.contextmanager
@torch.no_grad()
def _computed(model: nn.Module) -> Iterator[None]:
    """Have parameters that a cell computes from stored ones in the place of these.

    A model's weights are constants, and ONNX has no exponential of a matrix.
    """
    with contextlib.ExitStack() as undo:
        for module in model.modules():
            cell = getattr(module, "cell", None)
            if not isinstance(cell, Cell) or not cell.transforms:
                continue
            for name, stored in module.named_parameters(recurse=False):
                for stem, transform in cell.transforms.items():
                    if name == stem or name.startswith(f"{stem}_l"):
                        undo.callback(setattr, stored, "data", stored.data)
                        stored.data = transform.of(stored.data)
            plain = copy.copy(cell)
            plain.transforms = {}
            _ = plain.traced  # while no tracer is there
            undo.callback(setattr, module, "cell", cell)
            module.cell = plain  # type: ignore[assignment]
        yield


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter from telling of its own missing parts and coming changes."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            for kind in (FutureWarning, DeprecationWarning):
                # torch's own, some of it in what copies its objects.
                warnings.filterwarnings("ignore", category=kind, module=_EXPORTER)
            yield
    finally:
        logger.setLevel(level)
