"""ONNX' recurrent operators: their nodes run here, and layers become their models."""

from ._export import export as export
from ._node import run_node as run_node

__all__ = ["export", "run_node"]
