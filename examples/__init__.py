"""Applications written with restlette, to read, run and copy from."""
