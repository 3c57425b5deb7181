"""A real PostgreSQL in a directory of its own, which is always stopped.

The story starts with `serving_postgres`. The server refuses to run as root, so that it
is another user's then.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

# Debian keeps the programs of each version apart, and off the PATH.
PLACES = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]

# Seconds. They are for a machine that has much else to do.
PATIENCE = 60.0

# Who the server is where the tests are root.
USERS = ("postgres", "nobody")


def program(name: str) -> str | None:
    """Give where a program of PostgreSQL's is."""
    here = shutil.which(name, path=os.pathsep.join(map(str, PLACES)))
    return here or shutil.which(name)


@contextmanager
def serving_postgres() -> Iterator[str]:
    """Run a server, which listens on a socket in the file system alone.

    Yields:
        The URL of a database in it.

    Raises:
        RuntimeError: It is not on this machine, or did not start.
    """
    initdb, postgres = program("initdb"), program("postgres")
    if initdb is None or postgres is None:
        raise RuntimeError("PostgreSQL is not on this machine")
    # A path of a socket is short, that of a test's own directory need not be.
    with TemporaryDirectory(prefix="pg-", dir="/tmp") as name:
        directory = Path(name)
        user = _other_user(directory)
        made = directory / "data"
        words = [initdb, "-D", made, "-U", "shop", "-A", "trust", "-E", "UTF8", "-N"]
        _run([str(word) for word in words], user, directory)
        log = directory / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [postgres, "-D", str(made), "-k", str(directory), "-h", "", "-F"],
                cwd=directory,
                user=user,
                group=None if user is None else pwd.getpwnam(user).pw_gid,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            try:
                _wait(process, directory, log)
                yield f"postgresql://shop@/postgres?host={directory}"
            finally:
                process.terminate()
                process.wait(PATIENCE)


def _other_user(directory: Path) -> str | None:
    if os.getuid() != 0:
        return None
    known = {each.pw_name for each in pwd.getpwall()}
    user = next(name for name in USERS if name in known)
    shutil.chown(directory, user)
    return user


def _run(words: list[str], user: str | None, directory: Path) -> None:
    done = subprocess.run(
        words,
        cwd=directory,
        user=user,
        group=None if user is None else pwd.getpwnam(user).pw_gid,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{words[0]} failed: {done.stdout}{done.stderr}")


def _wait(process: subprocess.Popen[bytes], directory: Path, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        said = log.read_text(errors="replace")
        if re.search("ready to accept connections", said):
            return
        time.sleep(0.02)
    raise RuntimeError(f"it did not start in {directory}: {log.read_text()}")
