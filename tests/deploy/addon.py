"""The files of the app (formerly add-on) of Home Assistant, and its start script as a module."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[2]
REPOSITORY: Final = ROOT / "deploy" / "home-assistant-addon"
APP: Final = REPOSITORY / "heliopost"
START: Final = APP / "run.py"


def module(file: Path) -> ModuleType:
    """Load a file that stands outside of every package."""
    name = f"deployed_{file.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = made = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
    return sys.modules[name]


def config() -> dict[str, Any]:
    """Return config.yaml."""
    return dict(yaml.safe_load((APP / "config.yaml").read_text()))
