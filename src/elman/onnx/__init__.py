"""ONNX' recurrent operators: their nodes run here, and layers become their models."""

from ._export import export as export
from ._model import export_model as export_model
from ._node import run_node as run_node

__all__ = ["export", "export_model", "run_node"]
