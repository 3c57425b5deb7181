"""The bookshop behind a real uvicorn, once for each of its HTTP implementations."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.bookshop.database import Base, Database
from tests.live.server import Server, serving

EACH_HTTP = ["h11", "httptools"]


@pytest.fixture(scope="session", params=EACH_HTTP)
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The bookshop, served until the last test is over."""
    log = tmp_path_factory.mktemp("live") / f"{request.param}.log"
    with serving("examples.bookshop.app:app", request.param, log) as server:
        yield server


@pytest.fixture(params=EACH_HTTP)
def new_shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """The bookshop, as it is when it opens, for one test."""
    log = tmp_path / f"{request.param}.log"
    with serving("examples.bookshop.app:app", request.param, log) as server:
        yield server


@pytest.fixture
def fresh_postgres(postgres: str) -> str:
    """The same, with nothing in it."""

    async def empty() -> None:
        database = Database(postgres)
        async with database.session(writes=True) as session:
            connection = await session.connection()
            await connection.run_sync(Base.metadata.drop_all)
        await database.close()

    asyncio.run(empty())
    return postgres
