"""A shim: everything there is to say about the package is in setup.cfg."""

from setuptools import setup

setup()
