"""Optional parts, one module a subject, each usable with any ASGI application."""
