"""The tools that applications are tested with."""
