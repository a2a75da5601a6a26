"""`python -m hw4.cli` is `hw4`."""

import sys

from hw4.cli.main import main

sys.exit(main())
