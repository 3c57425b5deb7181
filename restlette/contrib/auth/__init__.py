"""Authentication: who asks, and what they may do.

`AuthenticationMiddleware` asks a backend, `requires` goes by what it found. `Basic`,
`Bearer` and the others are backends and guards.
"""

from restlette.contrib.auth.middleware import AuthenticationMiddleware
from restlette.contrib.auth.requirement import has_required_scope, requires
from restlette.contrib.auth.schemes import APIKey, Basic, Bearer, Scheme
from restlette.contrib.auth.users import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    BaseUser,
    SimpleUser,
    UnauthenticatedUser,
)

__all__ = [
    "APIKey",
    "AuthCredentials",
    "AuthenticationBackend",
    "AuthenticationError",
    "AuthenticationMiddleware",
    "BaseUser",
    "Basic",
    "Bearer",
    "Scheme",
    "SimpleUser",
    "UnauthenticatedUser",
    "has_required_scope",
    "requires",
]
