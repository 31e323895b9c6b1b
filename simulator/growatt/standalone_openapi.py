"""The cloud as a process of its own for those who come with a token: the same server, its tokens in the first line."""

from collections.abc import Sequence

from simulator.growatt import standalone


def run(arguments: Sequence[str]) -> int:
    """Serve until SIGINT or SIGTERM; return 0 then, 1 if the port cannot be had."""
    return standalone.run(arguments, "growatt-openapi", tokens=True)
