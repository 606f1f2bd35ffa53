"""The address of a study that several machines share, and what of it may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from elman._errors import InputError, RunDirectoryError

_FORM = "postgresql://USER@HOST/DATABASE"
_KNOWN = ("postgresql", "postgres")


@dataclass(frozen=True)
class Address:
    """Where a study is.

    Attributes
    ----------
    url : sqlalchemy URL
        With the password, if there is one.
    study : str
        Its name in the database.
    words : str
        For people: without user and password.
    """

    url: Any
    study: str
    words: str

    @property
    def password(self) -> str | None:
        """The password, if the address has one."""
        found = self.url.password or self.url.query.get("password")
        return None if found is None else str(found)

    def without_secrets(self, text: str) -> str:
        """Return the first line of a text, without the password."""
        line = " ".join((text.strip().splitlines() or [""])[0].split())
        if self.password:
            line = line.replace(self.password, "***")
        return line[:200]


def address_of(text: str) -> Address:
    """Return the address that a text is.

    Parameters
    ----------
    text : str
        ``postgresql://USER@HOST:PORT/DATABASE?study=NAME``, all but the first word as
        PostgreSQL's own programs take it.

    Raises
    ------
    InputError
        It is none, it is another kind of database, or a package is missing.
    """
    scheme, mark, rest = text.partition("://")
    kind = scheme.partition("+")[0].lower()
    if kind == "sqlite" or (not mark and text.endswith((".db", ".sqlite"))):
        raise InputError(
            "SQLite cannot be shared by several machines: processes of one machine"
            f" share a search by its directory, several machines a study at {_FORM}"
        )
    if kind not in _KNOWN or not mark:
        given = f"{scheme:.20}://…" if mark else "a text without ://"
        raise InputError(f"a study is at {_FORM}, got {given}")
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise InputError(
            "a study in PostgreSQL needs the package psycopg: pip install"
            " 'elman[search]'"
        ) from None
    import sqlalchemy

    try:
        url = sqlalchemy.make_url(f"postgresql+psycopg://{rest}")
    except (sqlalchemy.exc.ArgumentError, ValueError):
        # Its own message might show the password.
        raise InputError(f"the address of a study is none: write {_FORM}") from None
    name = str(url.query.get("study", "search"))
    url = url.difference_update_query(["study"])
    if not url.database:
        raise InputError(f"the address of a study names no database: write {_FORM}")
    host = url.host or url.query.get("host") or "localhost"
    port = f":{url.port}" if url.port else ""
    return Address(url, name, f"postgresql://{host}{port}/{url.database}")


def study_password(text: str) -> str | None:
    """Return the password in the address of a study, if there is one."""
    return address_of(text).password


class LostError(RunDirectoryError):
    """The database has not answered for so long that the search ends."""
