"""Who the shop knows: accounts, each with a password and a role.

Anybody may have an account, and is a reader then; sellers make others sellers. The
first of them is `seller`, whose password is the sellers' key.
"""

from __future__ import annotations

import enum
from typing import Any

import attrs
from attrs.validators import and_, matches_re, max_len, min_len
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from examples.bookshop.database import AccountRow
from examples.bookshop.guards import SELLER, is_key
from restlette import Conflict, NotFound, UnprocessableContent
from restlette.contrib.auth import hash_password, verify_password

NAME: Any = matches_re("[a-z][a-z0-9-]{0,39}")
PASSWORD: Any = and_(min_len(8), max_len(200))


class Role(enum.StrEnum):
    """What somebody may do: look, or write as well."""

    READER = "reader"
    SELLER = "seller"


@attrs.frozen
class NewAccount:
    """An account, as somebody asks for it.

    Attributes:
        name: What to be called: lower case letters, digits and hyphens.
        password: Eight characters or more.
    """

    name: str = attrs.field(validator=NAME)
    password: str = attrs.field(validator=PASSWORD, repr=False)


@attrs.frozen
class LogIn:
    """What somebody says to log in.

    Attributes:
        name: The account's name.
        password: Its password.
    """

    name: str = attrs.field(validator=max_len(40))
    password: str = attrs.field(validator=max_len(200), repr=False)


@attrs.frozen
class Account:
    """An account.

    Attributes:
        name: Its name.
        role: What it may do.
    """

    name: str
    role: Role


@attrs.frozen
class NewRole:
    """What an account may do from now on.

    Attributes:
        role: The role.
    """

    role: Role


class NameTaken(Conflict):
    """Somebody else is called that."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Somebody else is called {name}.")


class NoSuchAccount(NotFound):
    """No account has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Nobody is called {name}.")


class WrongPassword(UnprocessableContent):
    """The name or the password is wrong; which of them is not told."""

    def __init__(self) -> None:
        super().__init__("The name or the password is wrong.")


class AccountStore:
    """The accounts.

    Args:
        session: The session of the request.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, new: NewAccount) -> Account:
        """Add an account, of a reader.

        Raises:
            NameTaken: Somebody else is called that.
        """
        if new.name == SELLER:
            raise NameTaken(new.name)
        kept = await hash_password(new.password)
        row = AccountRow(name=new.name, password=kept, role=Role.READER)
        try:
            async with self._session.begin_nested():
                self._session.add(row)
        except IntegrityError:
            raise NameTaken(new.name) from None
        return _account(row)

    async def verify(self, said: LogIn) -> Account:
        """Give the account of somebody who knows its password.

        Raises:
            WrongPassword: It is another one, or there is no such account.
        """
        if said.name == SELLER and is_key(said.password):
            return Account(SELLER, Role.SELLER)
        row = await self._find(said.name)
        # It takes as long where there is no such account.
        kept = None if row is None else row.password
        verified = await verify_password(said.password, kept)
        if row is None or not verified:
            raise WrongPassword
        if verified.needs_rehash:
            row.password = await hash_password(said.password)
        return _account(row)

    async def get(self, name: str) -> Account:
        """Give an account.

        Raises:
            NoSuchAccount: Nobody is called that.
        """
        return _account(await self._row(name))

    async def change_role(self, name: str, role: Role) -> Account:
        """Let an account do something else from now on.

        Raises:
            NoSuchAccount: Nobody is called that.
        """
        row = await self._row(name)
        row.role = role
        return _account(row)

    async def _row(self, name: str) -> AccountRow:
        row = await self._find(name)
        if row is None:
            raise NoSuchAccount(name)
        return row

    async def _find(self, name: str) -> AccountRow | None:
        found = select(AccountRow).where(AccountRow.name == name)
        return (await self._session.scalars(found)).one_or_none()


def _account(row: AccountRow) -> Account:
    return Account(row.name, Role(row.role))
