"""restlette beside its peers: the same small service, measured the same way."""
