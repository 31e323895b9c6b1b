"""`heliopost version`."""

import argparse
import platform

from app import __version__


def execute(_arguments: argparse.Namespace) -> int:
    """Print the version, and of what it stands on."""
    print(f"heliopost {__version__} (Python {platform.python_version()}, {platform.system()} {platform.machine()})")
    return 0
