"""Several processes that train one module."""
