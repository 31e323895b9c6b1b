"""A configuration file, an environment and what comes of them, for the tests of the edge."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from app.config import Config, load
from app.errors import ConfigError

ACCOUNT = """\
accounts:
  home:
    provider: growatt
    username: me
    password: "hunter2 and more"
"""
"""Five lines; whatever a test adds begins on line 6."""


class Desk:
    """A folder with a configuration in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "config.yaml"
        self.secrets = folder / "secrets"
        self.secrets.mkdir()

    def secret(self, name: str, text: str) -> Path:
        path = self.secrets / name
        path.write_text(text)
        return path

    def load(
        self, text: str = ACCOUNT, environ: Mapping[str, str] | None = None, overrides: Iterable[str] = ()
    ) -> Config:
        self.file.write_text(text)
        return load(
            self.file, overrides=overrides, environ={"HELIOPOST_SECRETS_DIR": str(self.secrets)} | dict(environ or {})
        )

    def faults(
        self, text: str = ACCOUNT, environ: Mapping[str, str] | None = None, overrides: Iterable[str] = ()
    ) -> list[str]:
        """Return the faults, the file's own folder left out."""
        with pytest.raises(ConfigError) as caught:
            self.load(text, environ, overrides)
        return [fault.replace(f"{self.folder}/", "") for fault in caught.value.faults]
