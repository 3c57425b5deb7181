"""Authentication: who asks, and what they may do.

`AuthenticationMiddleware` asks a backend, `requires` goes by what it found. `Basic`,
`Bearer` and the others are backends and guards. `log_in` and `log_out` are for
sessions, `hash_password` and `verify_password` for passwords.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from restlette.contrib.auth.login import SessionUser, log_in, log_out
from restlette.contrib.auth.middleware import AuthenticationMiddleware
from restlette.contrib.auth.requirement import has_required_scope, requires
from restlette.contrib.auth.schemes import APIKey, Basic, Bearer
from restlette.contrib.auth.tokens import JWT
from restlette.contrib.auth.users import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    BaseUser,
    SimpleUser,
    UnauthenticatedUser,
)

if TYPE_CHECKING:
    from restlette.contrib.auth.passwords import hash_password as hash_password
    from restlette.contrib.auth.passwords import verify_password as verify_password
else:

    def __getattr__(name):
        # What needs an extra is imported when it is asked for.
        if name in ("hash_password", "verify_password"):
            return getattr(import_module("restlette.contrib.auth.passwords"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "JWT",
    "APIKey",
    "AuthCredentials",
    "AuthenticationBackend",
    "AuthenticationError",
    "AuthenticationMiddleware",
    "BaseUser",
    "Basic",
    "Bearer",
    "SessionUser",
    "SimpleUser",
    "UnauthenticatedUser",
    "has_required_scope",
    "log_in",
    "log_out",
    "requires",
]
