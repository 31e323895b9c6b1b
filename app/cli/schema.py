"""`heliopost schema`: what may stand in the configuration, for editors."""

import argparse
import json

from app.config.schema import json_schema


def execute(_arguments: argparse.Namespace) -> int:
    """Print the JSON schema."""
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return 0
