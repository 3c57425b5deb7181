"""Changes of the source that the tests must notice: scripts/mutate."""
