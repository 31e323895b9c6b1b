"""What can be set over the OpenAPI: which writer answers which path."""

from collections.abc import Mapping

from simulator.growatt.openapi_wire import Write

WRITES: Mapping[str, Write] = {}
"""By path without `v1/` or `v4/`: `tlxSet`, `new-api/setPower`."""
