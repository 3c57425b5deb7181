"""Load and faults, and what becomes of a server that meets them: scripts/stress."""
