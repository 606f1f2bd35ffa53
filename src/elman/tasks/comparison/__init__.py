"""The network of an estimator beside others of its size and its time."""
