"""Choosing parameters: a search over all estimators, judged on parts it never saw."""
