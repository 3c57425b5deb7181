"""A server under load, and what it costs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.live.server import Server, started
from tests.stress.client import connect

# Seconds: for a machine that has much else to do.
PATIENCE = 60.0

# What is left of the connections to a server in its own queue, and for how long one
# that is idle is kept: as many as are asked for, and for longer than all takes.
_OPTIONS = (
    "--backlog 8192 --timeout-keep-alive 3600 --no-access-log --log-level warning"
)


class Costs(NamedTuple):
    """What a process has.

    Attributes:
        descriptors: How many are open.
        threads: How many there are.
        tasks: How many there are of asyncio, that which answers this among them.
        running: How many handlers have begun and not ended.
        files: How many temporary files there are.
        memory: Bytes that are its own (`Private_*` of proc_pid_smaps(5)).
    """

    descriptors: int
    threads: int
    tasks: int
    running: int
    files: int
    memory: int

    def exceeds(self, before: Costs) -> list[str]:
        """Say of what there is more than there was; of threads and memory apart.

        Threads of a pool stay for those who come later.
        """
        return [
            f"{now - then} {name}"
            for name, now, then in zip(self._fields, self, before, strict=True)
            if now > then and name not in ("threads", "memory")
        ]


class Loaded:
    """A server that has a directory of its own for temporary files.

    Args:
        server: The server.
        directory: That directory.
    """

    def __init__(self, server: Server, directory: Path) -> None:
        self.server = server
        self.port = server.port
        self._directory = directory
        self._process = Path(f"/proc/{server.process.pid}")

    def memory(self) -> int:
        """Give how many bytes are the process's own."""
        rollup = (self._process / "smaps_rollup").read_text()
        return 1024 * sum(map(int, re.findall(r"^Private_\w+: +(\d+)", rollup, re.M)))

    async def kept(self) -> int:
        """Give the same, without what its allocator keeps for later."""
        client = await connect(self.port)
        await client.ask("GET", "/")
        client.close()
        return self.memory()

    async def costs(self) -> Costs:
        """Give what the process has now."""
        client = await connect(self.port)
        told = json.loads((await client.ask("GET", "/")).content)
        descriptors = len(os.listdir(self._process / "fd"))
        threads = len(os.listdir(self._process / "task"))
        # "large" is what the application sends.
        files = len(
            [each for each in self._directory.iterdir() if each.name != "large"]
        )
        client.close()
        tasks, running = told["tasks"], told["running"]
        return Costs(descriptors, threads, tasks, running, files, self.memory())

    async def idle(self) -> None:
        """Wait until the process does next to nothing."""
        deadline, busy = time.monotonic() + PATIENCE, True
        while busy and time.monotonic() < deadline:
            before = self._seconds()
            await asyncio.sleep(0.5)
            busy = self._seconds() - before > 0.02

    def _seconds(self) -> float:
        """Give the processor time that the process has had (proc_pid_stat(5))."""
        fields = (self._process / "stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    async def rest(self, before: Costs) -> Costs:
        """Wait until nothing is there but what there was, and give what there is."""
        deadline = time.monotonic() + PATIENCE
        while True:
            now = await self.costs()
            if now.exceeds(before) == [] or time.monotonic() > deadline:
                return now
            await asyncio.sleep(0.1)


@contextmanager
def loaded(name: str) -> Iterator[Loaded]:
    """Run an application of `load_apps` under uvicorn, with httptools.

    Args:
        name: Its name: "load" or "raw".
    """
    with TemporaryDirectory(prefix="stress-") as path:
        directory = Path(path)
        temporary = directory / "tmp"
        temporary.mkdir()
        words = f"-m uvicorn tests.stress.load_apps:{name} --http httptools"
        words += f" --port {{port}} {_OPTIONS}"
        with started(
            words.split(),
            directory / "log",
            name="httptools",
            environment={"TMPDIR": str(temporary)},
        ) as server:
            yield Loaded(server, temporary)
