"""Asks the bridge that runs, over its own HTTP server."""

import http.client
import json
from dataclasses import dataclass
from typing import Any, Final

from app.config import WebSettings
from app.errors import BridgeError

PATIENCE: Final = 5.0
"""Seconds; the bridge answers at once or hangs."""
LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - nothing is bound here
"""Who listens everywhere is asked here."""


class NoAnswer(BridgeError):
    """The bridge's HTTP server cannot be asked."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What it said."""

    status: int
    body: bytes

    @property
    def sentence(self) -> str:
        """The body as one line of text."""
        return self.body.decode(errors="replace").strip()

    def document(self) -> dict[str, Any]:
        """Return the body as a JSON object; raise NoAnswer for anything else."""
        try:
            found = json.loads(self.body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            msg = "what answers there is not heliopost: check web.port"
            raise NoAnswer(msg)
        return found


def ask(web: WebSettings, path: str) -> Answer:
    """Return the answer to a GET; raise NoAnswer where there is none."""
    if not web.enabled:
        msg = "the bridge's HTTP server is switched off: set web.enabled to true"
        raise NoAnswer(msg)
    if web.port == 0:
        msg = "web.port is 0, so nobody knows where the bridge listens: set a port"
        raise NoAnswer(msg)
    host = LOOPBACK.get(web.host, web.host)
    headers = {"Authorization": f"Bearer {web.token.get_secret_value()}"} if web.token else {}
    connection = http.client.HTTPConnection(host, web.port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        answer = Answer(response.status, response.read())
    except (OSError, http.client.HTTPException) as error:
        reason = (getattr(error, "strerror", None) or "no proper answer").lower()
        msg = f"no bridge answers at http://{host}:{web.port} ({reason}): is it running?"
        raise NoAnswer(msg) from error
    finally:
        connection.close()
    if answer.status == http.client.UNAUTHORIZED:
        msg = f"the bridge at http://{host}:{web.port} wants another web.token"
        raise NoAnswer(msg)
    return answer
