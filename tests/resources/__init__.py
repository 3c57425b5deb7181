"""Tests of restlette.resources, a file a module."""
