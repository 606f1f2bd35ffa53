"""The gradient flow while a model trains."""
