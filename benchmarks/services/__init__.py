"""One service, written for each framework as its own documentation writes it.

    GET  /books/{id}   200, {"id": id, "title": "Dune"}
    POST /books        a new book of six fields, checked; 201 and the book
    WS   /echo         each text that comes is sent back

restlette and Starlette alone, which are held to each other there:

    GET  /file         200, the large file of the directory that FILES names in the
                       environment
    GET  /static/…     200, a file of that directory
    POST /form         a multipart form; 200, {"fields": how many, "characters": theirs
                       together, "files": {name: [how many bytes, the last ones]}}

Each module has `make(others)`, which gives the application with that many other
resources registered before these, and `app`, the one that a server is started with.
What a new book must be is the same everywhere, and stands in CONSTRAINTS. `gzip`,
`cors`, `session_read` and `session_write` of the two give an application in the
framework's own middleware; the last two with a client who has a session.
"""

from typing import Any

# The frameworks in the order in which the tables show them; the first is the floor.
NAMES = ("raw", "restlette", "starlette", "fastapi", "litestar", "falcon", "blacksheep")

# Whose forms, files and middleware are measured.
DESCENT = ("restlette", "starlette")

# field: type, the least value or length
CONSTRAINTS: dict[str, tuple[type, int | None]] = {
    "title": (str, 1),
    "author": (str, 1),
    "year": (int, 0),
    "pages": (int, 1),
    "price": (float, 0),
    "in_print": (bool, None),
}

NEW_BOOK: dict[str, object] = {
    "title": "Dune",
    "author": "Frank Herbert",
    "year": 1965,
    "pages": 412,
    "price": 9.5,
    "in_print": True,
}

# What the middleware is told.
GZIP: dict[str, Any] = {"minimum_size": 500, "compresslevel": 6}
CORS: dict[str, Any] = {
    "allow_origins": ["https://shop.example"],
    "allow_methods": ["GET", "PUT"],
    "allow_headers": ["X-Token"],
    "allow_credentials": True,
}
SESSION: dict[str, Any] = {"secret_key": "0123456789abcdef0123456789abcdef"}

# Frameworks whose documentation leaves checking a body to other libraries: theirs is
# parsed and sent back, no more.
UNCHECKED = frozenset({"raw", "starlette", "falcon"})
