"""Contract mode: the tests hold the service to its documents.

A client with `contract=True` holds each exchange, the request too, to the document that
the application gives of itself, and to the rules of HTTP; what neither allows is a
`ContractError`. `everywhere` turns that on for all clients of a process, and `coverage`
tells what was seen of what is declared.

What does it is loaded when the first client asks for it, and needs an extra of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from restlette.app import Restlette
from restlette.http.optional import load
from restlette.testing.contract.errors import Breach, ContractError

if TYPE_CHECKING:
    from restlette.testing.contract.contract import Contract, Waivers
    from restlette.testing.contract.covered import Coverage

__all__ = ["Breach", "ContractError", "contract_for", "coverage", "everywhere"]

_NEEDED_BY = "contract mode"


class _Mode:
    """What holds for clients that say nothing of contract mode."""

    is_on: bool = False


def everywhere(on: bool = True) -> None:
    """Turn contract mode on, or off, for clients that say nothing of it.

    It holds for clients that are made from now on, with an application of restlette's.

    Args:
        on: Whether to turn it on.
    """
    _Mode.is_on = on


def coverage() -> Coverage:
    """Give what all clients of this process have seen of what is declared.

    `print` it for a report; `percent` is for a threshold.

    Raises:
        MissingExtra: What contract mode needs is not installed.
    """
    found: Coverage = load(
        "restlette.testing.contract.covered", "contract", needed_by=_NEEDED_BY
    ).EVERYTHING
    return found


def contract_for(
    app: Any,
    contract: bool | Mapping[str, Any] | None,
    waive: Waivers | None,
) -> Contract | None:
    """Give what holds a client's exchanges to the application's document.

    Args:
        app: What the client was given.
        contract: Whether to; an OpenAPI document to hold it to that one; None for what
            `everywhere` said.
        waive: Rules of HTTP that do not hold for a resource.

    Returns:
        None where it is not to be held to any.

    Raises:
        MissingExtra: What contract mode needs is not installed.
        TypeError: The application is none of restlette's.
        ValueError: There is no rule of an id in `waive`.
    """
    if contract is None:
        contract = _Mode.is_on and isinstance(app, Restlette)
    if contract is False:
        return None
    module = load(
        "restlette.testing.contract.contract", "contract", needed_by=_NEEDED_BY
    )
    document = None if contract is True else contract
    made: Contract = module.Contract(app, document=document, waive=waive)
    return made
