"""HTTP itself, a module a subject."""
