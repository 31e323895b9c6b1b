"""The public library growattServer, or as much of it as this Python can read.

Release 2.2.0 says `>=3.8` but its OpenAPI half uses a statement of Python 3.12, and its `__init__` imports that half.
The half that speaks the app API, which is all that is wanted here, runs on 3.11 when it is imported by itself.
"""

import importlib
import importlib.util
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest


def base_api() -> Any:
    """Return the module growattServer.base_api, or skip the test where the library is not installed."""
    spec = importlib.util.find_spec("growattServer")
    if spec is None:
        pytest.skip("growattServer is not installed (make test brings it)")
    if sys.version_info < (3, 12) and "growattServer" not in sys.modules:
        package = ModuleType("growattServer")
        package.__path__ = list(spec.submodule_search_locations or [])
        package.__spec__ = ModuleSpec("growattServer", None, is_package=True)
        sys.modules["growattServer"] = package
    return importlib.import_module("growattServer.base_api")


class _Elder(SourceFileLoader):
    """Reads a module whose only new statement is `type X = ...`, of Python 3.12, as an assignment."""

    def get_code(self, fullname: str) -> CodeType:
        source = Path(self.path).read_text().replace("\ntype ParameterValue =", "\nParameterValue =")
        return compile(source, self.path, "exec")


def open_api() -> Any:
    """Return the class OpenApiV1, or skip the test where the library is not installed."""
    base = base_api()
    package = sys.modules["growattServer"]
    if sys.version_info < (3, 12) and not hasattr(package, "GrowattApi"):
        package.GrowattApi = base.GrowattApi  # type: ignore[attr-defined]  # what its own __init__ does
        name = "growattServer.open_api_v1.devices.abstract_device"
        path = str(Path(package.__path__[0]) / "open_api_v1" / "devices" / "abstract_device.py")
        spec = importlib.util.spec_from_file_location(name, path, loader=_Elder(name, path))
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        _Elder(name, path).exec_module(module)
    return importlib.import_module("growattServer.open_api_v1").OpenApiV1
