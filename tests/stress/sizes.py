"""How large, and how long, what is asked for under load is."""

# Bytes: of a file, a stream and what a stream is made of.
SIZE = 2**24
PIECE = 2**16

# Seconds that a handler takes.
A_WHILE = 0.5
