"""`heliopost run`: the bridge."""

import argparse

from app import daemon, logs
from app.cli.settings import configuration
from app.config import Config


def execute(arguments: argparse.Namespace) -> int:
    """Run until told to stop."""
    config = configuration(arguments)
    mask = logs.configure(config.log, config.secrets())

    def reread() -> Config:
        fresh = configuration(arguments)
        mask.learn(fresh.secrets())
        return fresh

    return daemon.run(config, reread)
