"""A bookshop: books as resources, and a feed of what happens to them.

Read `models` (what goes over the wire), `store` (where the books are), `resources`
(what the URIs name) and `app` (how it is put together), in this order.
"""
