"""`python -m app.cli`: the command line where the entry point is not installed."""

import sys

from app.cli.main import main

sys.exit(main())
