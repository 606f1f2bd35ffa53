"""A search of seconds, and what can be compared of two of them."""

from __future__ import annotations

import elman
import elman.training
from sequence_data import weighted_end

QUICK = {
    "epochs": 2,
    "hidden_size": 6,
    "init": "default",
    "highway": "none",
    "refit": False,
}
SPACE = {"lr": "1e-4..0.1:log"}


class Stop(elman.training.Callback):
    """Raises at the n-th end of an epoch of the search, once."""

    def __init__(self, at, error=KeyboardInterrupt):
        self.left, self.error = at, error

    def on_epoch(self, state):
        if state.epoch:
            self.left -= 1
            if self.left == 0:
                raise self.error


def search(directory, *callbacks, data=None, **changes):
    X, y = data or weighted_end(40)
    model = elman.SequenceRegressor(**QUICK, callbacks=callbacks)
    given = {"space": SPACE, "trials": 3, "folds": 2, "seeds": 2}
    return elman.search(model, X, y, directory=directory, **given | changes)


def timeless(results):
    rows = [{k: v for k, v in r.items() if k != "seconds"} for r in results["trials"]]
    for row in rows:
        del row["number"]
    chosen = {k: v for k, v in results["chosen"].items() if k != "trial"}
    return {**results, "trials": rows, "chosen": chosen}
