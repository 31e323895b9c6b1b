"""The configuration as the command line's arguments ask for it."""

import argparse

from app.config import Config, load


def configuration(arguments: argparse.Namespace) -> Config:
    """Return the configuration; raise ConfigError with every fault."""
    overrides = list(arguments.overrides)
    if arguments.log_level:
        overrides.append(f"log.level={arguments.log_level.lower()}")
    return load(arguments.config, overrides=overrides)
