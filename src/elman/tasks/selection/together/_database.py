"""Several machines at one search: a study in PostgreSQL."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from elman._errors import InputError

from ._address import Address
from ._patience import Patience, patient
from ._peers import WORKER, Peers

Result = TypeVar("Result")
# Seconds between two signs of life of a trial, and after which one without is dead.
BEAT, GRACE = 20, 60
# Milliseconds after which the server ends one whose machine is gone in its turn.
_TURN = 60_000
_PAUSE = 0.1


class Database(Peers):
    """One of the processes that search with a study in PostgreSQL.

    Turns are locks of the server, which frees them with the connection; a trial is its
    process' as long as that gives signs of life.

    Parameters
    ----------
    address : Address
    say : callable
        Told where the database is away.

    Raises
    ------
    InputError
        It cannot be reached, or lets nobody in.
    """

    pause = 1.0
    other = "study, with ?study=NAME at the end of the address"

    def __init__(self, address: Address, say: Callable[[str], None]) -> None:
        super().__init__()
        import sqlalchemy

        self._address, self.place = address, address.words
        self._patience = Patience(address, say)
        self._settings = {
            "pool_pre_ping": True,
            "connect_args": {
                "connect_timeout": 10,
                "keepalives_idle": 30,
                "keepalives_interval": 10,
                "keepalives_count": 3,
            },
        }
        self._engine = sqlalchemy.create_engine(address.url, **self._settings)
        self._storage: Any = None
        self._stop: threading.Event | None = None
        with self._one_line(), self._engine.connect():
            pass

    def storage(self) -> Any:
        """Return optuna's storage of the trials."""
        from optuna.storages import RDBStorage

        kind = patient(RDBStorage, self._patience)
        url = self._address.url.render_as_string(hide_password=False)
        with self._one_line(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # signs of life are called experimental
            self._storage = kind(
                url,
                engine_kwargs=self._settings,
                heartbeat_interval=BEAT,
                grace_period=GRACE,
            )
        return self._storage

    def attempt(self, call: Callable[[], Result]) -> Result:
        """Return what a call returns, begun anew each time the database fails."""
        return self._patience.ask(call)

    def briefly(self, call: Callable[[], object]) -> None:
        """Call, unless the database is away."""
        with contextlib.suppress(Exception):
            self._patience.once(call)

    def turn(self) -> AbstractContextManager[object]:
        """Keep the others from beginning a trial, or judging who is dead, meanwhile."""
        return self._locked("turn", _TURN)

    def last(self) -> AbstractContextManager[object]:
        """Keep the others from the last part meanwhile; wait for one that is at it."""
        return self._locked("last", 0)

    def dead(self, running: Sequence[Any], study: Any) -> list[Any]:
        """Return those of the trials that give no signs of life."""
        from optuna.storages import fail_stale_trials

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fail_stale_trials(study)
        still = {one.number for one in study.get_trials(states=(running[0].state,))}
        # Who has a turn is at no trial, and whoever has begun one has signed it.
        nobody = (None, self.name)
        return [
            trial
            for trial in running
            if trial.number in still and trial.user_attrs.get(WORKER) in nobody
        ]

    def ask(self, study: Any, space: Mapping[str, Any]) -> Any:
        """Return the trial that is next in the study, in one's turn."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # signs of life are given here
            return super().ask(study, space)

    def begun(self, trial: Any) -> None:
        """Sign a trial, and give signs of life from now on."""
        number = trial._trial_id
        self._storage.record_heartbeat(number)
        super().begun(trial)
        self.ended()
        stop = self._stop = threading.Event()

        def beat() -> None:
            while not stop.wait(BEAT):
                self.briefly(lambda: self._storage.record_heartbeat(number))

        threading.Thread(target=beat, daemon=True).start()

    def ended(self) -> None:
        """Give no more signs of life of the trial that was begun."""
        if self._stop is not None:
            self._stop.set()
            self._stop = None

    def close(self) -> None:
        """Leave the search."""
        self.ended()
        self._engine.dispose()
        if self._storage is not None:
            self._storage.engine.dispose()

    @contextlib.contextmanager
    def _locked(self, what: str, idle: int) -> Iterator[None]:
        """Hold a lock of the server, waiting for it."""
        from sqlalchemy import text

        name = f"elman {self._address.study} {what}".encode()
        digest = hashlib.sha256(name).digest()[:8]
        key = int.from_bytes(digest, "big", signed=True)

        def taken() -> Any:
            while True:
                connection = self._engine.connect()
                try:
                    for setting, value in (
                        ("idle_in_transaction_session_timeout", idle),
                        ("tcp_keepalives_idle", 30),
                        ("tcp_keepalives_interval", 10),
                        ("tcp_keepalives_count", 3),
                    ):
                        connection.execute(
                            text("select set_config(:name, :value, true)"),
                            {"name": setting, "value": str(value)},
                        )
                    question = text("select pg_try_advisory_xact_lock(:key)")
                    if connection.execute(question, {"key": key}).scalar():
                        return connection
                except BaseException:
                    _closed(connection)
                    raise
                _closed(connection)
                time.sleep(_PAUSE if idle else self.pause)

        connection = self._patience.ask(taken)
        try:
            yield
        finally:
            _closed(connection)

    @contextlib.contextmanager
    def _one_line(self) -> Iterator[None]:
        """Say in a line why the database cannot be used."""
        from sqlalchemy.exc import DBAPIError, SQLAlchemyError

        try:
            yield
        except (SQLAlchemyError, UnicodeError) as error:
            reason = str(error.orig if isinstance(error, DBAPIError) else error)
            hint = ""
            if "password" in reason:
                hint = "; a password is taken from PGPASSWORD or ~/.pgpass too"
            raise InputError(
                f"{self.place} cannot be used"
                f" ({self._address.without_secrets(reason)}){hint}"
            ) from None


def _closed(connection: Any) -> None:
    """Close a connection, and with it free its lock, even if the server is away."""
    try:
        connection.rollback()
    except Exception:
        with contextlib.suppress(Exception):
            connection.invalidate()
    with contextlib.suppress(Exception):
        connection.close()
