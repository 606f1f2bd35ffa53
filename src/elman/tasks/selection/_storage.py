"""Where a search keeps its trials: an optuna journal in a directory, or memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from elman._errors import InputError, RunDirectoryError
from elman.training import DirectoryLock

JOURNAL = "journal.log"
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
        Made if it is not there; one process at a time may search in it. None: they
        are gone with the process.
    identity : mapping
        What makes this search this search, by names for people; a journal of another
        one is refused.
    pruner : optuna pruner

    Raises
    ------
    RunDirectoryError
        The journal is damaged, or another search's.
    InputError
        Another process searches there.
    """

    def __init__(
        self, directory: Path | None, identity: Mapping[str, str], pruner: Any
    ) -> None:
        import optuna
        from optuna.storages import InMemoryStorage, JournalStorage

        self.directory = directory
        self._lock: DirectoryLock | None = None
        storage: Any = InMemoryStorage()
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
            self._lock = DirectoryLock(directory)
        try:
            if directory is not None:
                path = directory / JOURNAL
                _without_torn_line(path)
                storage = JournalStorage(_backend(path))
            self.study = optuna.create_study(
                storage=storage,
                study_name=_NAME,
                direction="maximize",
                pruner=pruner,
                load_if_exists=True,
            )
        except (ValueError, KeyError, TypeError) as error:
            self.close()
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise RunDirectoryError(
                f"{directory}/{JOURNAL} is not a sound journal ({reason:.160}); search"
                " in another directory"
            ) from None
        except BaseException:
            self.close()
            raise
        try:
            self._check(identity)
            self._free()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let others search in the directory."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _check(self, identity: Mapping[str, str]) -> None:
        """Raise if the journal is about something else; write down what it is about."""
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
                f"{self.directory} holds a search with other {name}{change}; go on with"
                " those, or search in another directory"
            )

    def _free(self) -> None:
        """Mark what a killed process had begun as begun only."""
        from optuna.trial import TrialState

        for trial in self.study.get_trials(deepcopy=False):
            if trial.state == TrialState.RUNNING:
                self.study.tell(trial.number, state=TrialState.FAIL)


class _Held:
    """A lock file of optuna's own would outlive a process that is killed."""

    def acquire(self) -> bool:
        """Return that the directory's lock is enough."""
        return True

    def release(self) -> None:
        """Do nothing."""


def _backend(path: Path) -> Any:
    from optuna.storages.journal import JournalFileBackend

    held: Any = _Held()
    return JournalFileBackend(str(path), lock_obj=held)


def _without_torn_line(path: Path) -> None:
    """Cut off what a process was killed in the middle of writing."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        content = file.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            file.truncate(whole)
