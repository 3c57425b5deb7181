"""The service with no framework: what the protocol and the JSON alone cost."""

import json


def make(others=0):
    """An ASGI application by hand; others would be one more dict entry each."""

    async def app(scope, receive, send):
        kind = scope["type"]
        if kind == "http":
            path, method = scope["path"], scope["method"]
            if path.startswith("/books/") and path[7:].isdigit():
                if method == "GET":
                    await answer(send, 200, {"id": int(path[7:]), "title": "Dune"})
                else:
                    await answer(send, 405, None, (b"allow", b"GET"))
            elif path == "/books" and method == "POST":
                await answer(send, 201, json.loads(await body(receive)))
            else:
                await answer(send, 404, None)
        elif kind == "websocket":
            await echo(receive, send)
        elif kind == "lifespan":
            await lifespan(receive, send)

    return app


def constant(content):
    """An ASGI application that has one answer for everything, made beforehand."""
    data = json.dumps(content).encode()

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
        else:
            await send_data(send, 200, data)

    return app


def gzip(app):
    """No middleware."""
    return app


cors = session_read = session_write = gzip


def reading(app):
    """An application that looks into its session."""

    async def read(scope, receive, send):
        if scope["type"] == "http":
            scope["session"].get("visits")
        await app(scope, receive, send)

    return read


def writing(app):
    """An application that counts in its session."""

    async def write(scope, receive, send):
        if scope["type"] == "http":
            session = scope["session"]
            session["visits"] = session.get("visits", 0) + 1
        await app(scope, receive, send)

    return write


def returning(app, session):
    """A client who comes back to an application, with the cookie of a session.

    The cookie is what `session`, the middleware around something that writes, has set.
    """
    lines = []

    async def keep(message):
        lines.extend(v for k, v in message.get("headers", ()) if k == b"set-cookie")

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    try:
        session(scope, None, keep).send(None)
    except StopIteration:
        cookie = (b"cookie", lines[0].partition(b";")[0])

    async def ask(scope, receive, send):
        if scope["type"] == "http":
            scope["headers"].append(cookie)
        await app(scope, receive, send)

    return ask


async def answer(send, status, content, *headers):
    data = b"" if content is None else json.dumps(content).encode()
    await send_data(send, status, data, *headers)


async def send_data(send, status, data, *headers):
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(data)),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": data})


async def body(receive):
    data = b""
    while True:
        message = await receive()
        data += message["body"]
        if not message.get("more_body"):
            return data


async def echo(receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        await send({"type": "websocket.send", "text": message["text"]})


async def lifespan(receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


app = make()
