"""`python -m restlette`: the command line."""

import sys

from restlette.cli import main

if __name__ == "__main__":
    sys.exit(main())
