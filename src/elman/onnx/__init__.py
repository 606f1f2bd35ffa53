"""ONNX' recurrent operators: their nodes run here."""

from ._node import run_node as run_node

__all__ = ["run_node"]
