"""`heliopost healthcheck`: one sentence and an exit code, for containers."""

import argparse
import http.client
import sys

from app.cli.bridge_http import NoAnswer, ask
from app.cli.settings import configuration


def execute(arguments: argparse.Namespace) -> int:
    """Return 0 if the running bridge is alive and values flow, else 1."""
    web = configuration(arguments).web
    sentence = ""
    try:
        for path in ("/livez",) if arguments.live else ("/livez", "/readyz"):
            answer = ask(web, path)
            sentence = answer.sentence
            if answer.status != http.client.OK:
                print(sentence, file=sys.stderr)
                return 1
    except NoAnswer as error:
        print(error, file=sys.stderr)
        return 1
    print(sentence)
    return 0
