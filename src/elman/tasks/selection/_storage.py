"""The trials of a search: kept, of one search only, and shared by its processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from elman._errors import InputError, RunDirectoryError

from .together._address import Address, address_of
from .together._files import JOURNAL, Files
from .together._peers import Peers

_NAME = "search"


def need_optuna() -> None:
    """Raise unless optuna is there, and keep it from speaking of each trial.

    Raises
    ------
    InputError
        With what to install.
    """
    try:
        import optuna
    except ImportError:
        raise InputError(
            "a search needs the package optuna: pip install 'elman[search]'"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)


class Storage:
    """The trials of a search, kept so that a killed one goes on with them.

    Parameters
    ----------
    directory : Path or None
        Made if it is not there. None: they are gone with the process.
    identity : mapping
        What makes this search this search, by names for people; a journal of another
        one is refused.
    pruner : optuna pruner
    address : str, Address or None
        Of a study in a database, where trials are then kept; ``directory`` has the
        checkpoints alone.
    say : callable
        Told where the database is away.

    Attributes
    ----------
    study : optuna Study
    peers : Peers
        The processes that search with this one.

    Raises
    ------
    RunDirectoryError
        The journal is damaged, or another search's.
    InputError
        A process that shares with nobody has the directory.
    """

    def __init__(
        self,
        directory: Path | None,
        identity: Mapping[str, str],
        pruner: Any,
        address: str | Address | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self.directory, self._pruner = directory, pruner
        self.name, self.peers = _NAME, Peers()
        if address is not None:
            from .together._database import Database

            found = address_of(address) if isinstance(address, str) else address
            self.name, self.peers = found.study, Database(found, say)
        elif directory is not None:
            self.peers = Files(directory)
        try:
            self.peers.attempt(lambda: self._open(identity))
        except InputError:
            self.close()
            raise
        except (ValueError, KeyError, TypeError) as error:
            self.close()
            if address is not None:
                raise
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise RunDirectoryError(
                f"{directory}/{JOURNAL} is not a sound journal ({reason:.160}); search"
                " in another directory"
            ) from None
        except BaseException:
            self.close()
            raise

    def _open(self, identity: Mapping[str, str]) -> None:
        import optuna

        with self.peers.turn():
            self.study = optuna.create_study(
                storage=self.peers.storage(),
                study_name=self.name,
                direction="maximize",
                pruner=self._pruner,
                load_if_exists=True,
            )
            self._check(identity)
            self.free()

    def close(self) -> None:
        """Leave the search to others."""
        self.peers.close()

    def free(self) -> None:
        """Mark what a process that has ended had begun as begun only; in one's turn."""
        from optuna.trial import TrialState

        running = self.running()
        for trial in self.peers.dead(running, self.study) if running else ():
            self.study.tell(trial.number, state=TrialState.FAIL)

    def running(self) -> list[Any]:
        """Return the trials that are not over."""
        from optuna.trial import TrialState

        return self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))

    def _check(self, identity: Mapping[str, str]) -> None:
        """Raise if the trials are of another search; write down what it is."""
        known = self.study.user_attrs.get("identity")
        if known is None:
            self.study.set_user_attr("identity", dict(identity))
            return
        other = [name for name, value in identity.items() if known.get(name) != value]
        if other:
            name = other[0]
            was, now = str(known.get(name)), identity[name]
            change = f": {was:.80} there, {now:.80} here" if len(was) < 200 else ""
            raise RunDirectoryError(
                f"{self.peers.place} holds a search with other {name}{change}; go on"
                f" with those, or search in another {self.peers.other}"
            )
