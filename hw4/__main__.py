"""`python -m hw4`, the same as `hw4`."""

import sys

from hw4.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
