"""What URIs name: resources, the tree they stand in, and what they are made of."""
