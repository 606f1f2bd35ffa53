"""A PostgreSQL server for tests: on the loopback, with a password, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

PASSWORD = "s3cret%word"  # noqa: S105
_URL_PASSWORD = PASSWORD.replace("%", "%25")


def binaries():
    """Return the folder of the server's programs, or None."""
    there = [*Path("/usr/lib/postgresql").glob("*/bin")]
    if found := shutil.which("initdb"):
        there.append(Path(found).parent)
    return there[-1] if there else None


def missing():
    """Return why there can be no server here, or an empty text."""
    if not find_spec("psycopg"):
        return "psycopg is not installed"
    if binaries() is None:
        return "PostgreSQL is not installed"
    if os.geteuid() == 0 and _account() is None:
        return "PostgreSQL refuses root, and there is no user postgres"
    return ""


class Server:
    """A server in a folder of its own; root runs it as the user postgres."""

    def __init__(self):
        self.home = Path(tempfile.mkdtemp(prefix="elman-postgres-"))
        self.user = {}
        if os.geteuid() == 0:
            account = _account()
            shutil.chown(self.home, account.pw_name)
            self.user = {"user": account.pw_uid, "group": account.pw_gid}
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        secret = self.home / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self._run(
            *("initdb", "-D", self.home / "data", "-U", "elman", "--no-sync"),
            *("-A", "scram-sha-256", "--pwfile", secret),
        )
        self.start()

    def url(self, name, password=_URL_PASSWORD, port=None, database="postgres"):
        """Return the address of a study."""
        place = f"127.0.0.1:{port or self.port}/{database}"
        return f"postgresql://elman:{password}@{place}?study={name}"

    def start(self):
        """Start it, and wait until it answers."""
        options = f"-h 127.0.0.1 -p {self.port} -k {self.home} -F"
        log = self.home / "log"
        self._run("pg_ctl", "-D", self.home / "data", "-l", log, "-o", options, "start")

    def stop(self):
        """Stop it in the middle of whatever it does."""
        self._run("pg_ctl", "-D", self.home / "data", "-m", "immediate", "stop")

    def remove(self):
        """Stop it and remove its folder."""
        try:
            self.stop()
        finally:
            shutil.rmtree(self.home)

    def _run(self, program, *words):
        # pg_ctl's server keeps what it inherits open.
        done = subprocess.run(
            [binaries() / program, *words],
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            **self.user,
        )
        log = self.home / "log"
        assert done.returncode == 0, log.read_text() if log.exists() else program


def _account():
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return None
