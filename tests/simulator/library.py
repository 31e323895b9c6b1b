"""The public library growattServer, or as much of it as this Python can read.

Release 2.2.0 says `>=3.8` but its OpenAPI half uses a statement of Python 3.12, and its `__init__` imports that half.
The half that speaks the app API, which is all that is wanted here, runs on 3.11 when it is imported by itself.
"""

import importlib
import importlib.util
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
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
