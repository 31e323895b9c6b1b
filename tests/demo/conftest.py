"""The demo configures the process's logging, as every command does."""

from tests.edge.conftest import untouched

__all__ = ["untouched"]
