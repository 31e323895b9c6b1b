"""`python -m app` is `heliopost`."""

import sys

from app.cli import main

sys.exit(main())
