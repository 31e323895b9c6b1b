import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.edge.writing import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    """Leave the process's logging as it was."""
    root = logging.getLogger()
    handlers, level, show, hook = list(root.handlers), root.level, warnings.showwarning, sys.excepthook
    quiet = {name: logging.getLogger(name).level for name in ("aiohttp.access", "apscheduler", "mqtt")}
    yield
    logging.captureWarnings(capture=False)
    warnings.showwarning, sys.excepthook = show, hook
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in quiet.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()
