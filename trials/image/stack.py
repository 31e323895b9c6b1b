"""The compose stack as its owner has it: the files in a folder of their own, started by the real docker compose."""

import contextlib
import copy
import json
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Self

from tests.broker import free_port
from trials.image.engine import LIMIT, Container, Engine, Pulse, until
from trials.image.machine import CACHE, ROOT, run, say

FILES: Final = ("docker-compose.yml", ".env.example", "config.example.yaml", "deploy")
PUBLISHED: Final = {
    "mosquitto": "BROKER_PUBLISHED",
    "prometheus": "PROMETHEUS_PUBLISHED",
    "grafana": "GRAFANA_PUBLISHED",
    "homeassistant": "HOMEASSISTANT_PUBLISHED",
    "heliopost": "BRIDGE_PUBLISHED",
}
"""By which variable a service's port is chosen; the trials take free ones on loopback."""
NOT_AUTHORISED: Final = 135
"""MQTT 5's reason code: https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html#_Toc3901124"""


class Stack:
    """One house."""

    demo = False
    """Whether this is the demo's project."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        """Lay the files out and make the secrets as the manual says."""
        self.engine, self.folder = engine, folder
        for name in FILES:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder / name)
        run(["sh", folder / "deploy" / "secrets.sh"])
        self.ports = {service: free_port() for service in PUBLISHED}
        self.env = {PUBLISHED[service]: f"127.0.0.1:{port}" for service, port in self.ports.items()}

    def as_demo(self) -> Self:
        """Return the same house, as the demo's project."""
        other = copy.copy(self)
        other.demo = True
        return other

    @property
    def project(self) -> str:
        """The name that the files give."""
        return "heliopost-demo" if self.demo else "heliopost"

    def compose(self, *words: str, limit: float = LIMIT, env: Mapping[str, str] | None = None) -> str:
        """Run docker compose in the folder."""
        place = ["--project-directory", str(self.folder)]
        place += ["--env-file", str(self.folder / "deploy" / "demo.env")] if self.demo else []
        return self.engine.docker("compose", *place, *words, env={**self.env, **(env or {})}, limit=limit)

    def up(self, *words: str, limit: float = 300) -> str:
        """Start; the images are there, and nothing is fetched."""
        return self.compose(*words, "up", "--detach", "--no-build", "--pull", "never", limit=limit)

    def down(self) -> None:
        """Remove everything but the images; whatever profile it was started with."""
        self.compose("--profile", "*", "down", "--volumes", "--timeout", "20", "--remove-orphans")

    def container(self, service: str) -> Container:
        """Return the container of a service."""
        return Container(self.engine, f"{self.project}-{service}-1")

    def running(self) -> dict[str, str]:
        """Return the state of every container by its service, and its health where it has one."""
        ours = f"label=com.docker.compose.project={self.project}"
        names = self.engine.podman("ps", "--all", "--format", "{{.Names}}", "--filter", ours).split()
        found = {}
        for name in names:
            state = self.engine.inspect(name)["State"]
            service = name.removeprefix(f"{self.project}-").removesuffix("-1")
            health = state.get("Health", {}).get("Status") or state.get("Healthcheck", {}).get("Status")
            found[service] = (health or "running") if state["Running"] else f"ended {state['ExitCode']}"
        return found

    def secret(self, name: str) -> str:
        """Return what deploy/secrets.sh has made."""
        return (self.folder / "secrets" / name).read_text()

    def ask(self, service: str, path: str, *, token: str = "", form: object = None, body: object = None) -> Any:
        """Return the JSON that a service answers at its published port."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        data = urllib.parse.urlencode(form).encode() if isinstance(form, Mapping) else None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports[service]}{path}", data, headers)
        with urllib.request.urlopen(request, timeout=LIMIT) as answer:
            return json.loads(answer.read() or b"null")

    # --- at the broker

    def _client(self, program: str, user: str, words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        """Run mosquitto's own client at the published port."""
        login = ["-u", user, "-P", self.secret(f"mqtt_{user}_password")] if user else []
        place = ["-h", "127.0.0.1", "-p", str(self.ports["mosquitto"]), "-V", "5"]
        return subprocess.run(
            [program, *place, *login, *words], capture_output=True, text=True, timeout=LIMIT, check=False
        )

    def heard(self, user: str, *topics: str, seconds: int = 3) -> dict[str, str]:
        """Return what a user is told on topics within some seconds: the last word on each."""
        filters = [word for topic in topics for word in ("-t", topic)]
        done = self._client("mosquitto_sub", user, (*filters, "-q", "1", "-W", str(seconds), "-F", "%t\t%p"))
        return dict(line.split("\t", 1) for line in done.stdout.splitlines() if "\t" in line)

    def say(self, user: str, topic: str, payload: str, *more: str) -> bool:
        """Publish; return whether the broker let us."""
        done = self._client("mosquitto_pub", user, ("-t", topic, "-m", payload, "-q", "1", "-d", *more))
        if "PUBACK" not in done.stdout:
            msg = f"no answer to {topic}: {done.stdout}{done.stderr}"
            raise RuntimeError(msg)
        return f"RC:{NOT_AUTHORISED}" not in done.stdout

    def enters(self, user: str, password: str) -> bool:
        """Return whether the broker lets somebody in."""
        login = ("-u", user, "-P", password) if user else ()
        done = self._client("mosquitto_pub", "", (*login, "-t", "a", "-m", "b"))
        return done.returncode == 0

    # --- at Home Assistant

    def owner(self) -> str:
        """Return a token of Home Assistant's owner, who logs in with the password in secrets/."""
        client = "http://127.0.0.1/"
        flow = {"client_id": client, "handler": ["homeassistant", None], "redirect_uri": client}
        begun = self.ask("homeassistant", "/auth/login_flow", body=flow)
        word = {"username": "heliopost", "password": self.secret("homeassistant_owner_password"), "client_id": client}
        code = self.ask("homeassistant", f"/auth/login_flow/{begun['flow_id']}", body=word)["result"]
        form = {"client_id": client, "grant_type": "authorization_code", "code": code}
        return str(self.ask("homeassistant", "/auth/token", form=form)["access_token"])


@contextlib.contextmanager
def house(engine: Engine, *, demo: bool = False) -> Iterator[Stack]:
    """Lay a house or the demo out, with podman's API and the health checks at work; remove all of it at the end."""
    folder = CACHE / "house"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with engine, Pulse(engine):
        own = Stack(engine, folder)
        stack = own.as_demo() if demo else own
        both = (own, own.as_demo())
        for project in both:
            project.down()  # what a run that was killed has left
        try:
            yield stack
        except BaseException:
            with contextlib.suppress(RuntimeError):
                say(stack.compose("--profile", "*", "logs", "--tail", "30"))
            raise
        finally:
            for project in both:
                project.down()
            shutil.rmtree(folder)


def settled(stack: Stack, *services: str, limit: float = 300) -> None:
    """Wait until services are healthy."""

    def look() -> bool:
        now = stack.running()
        ended = {name: how for name, how in now.items() if how.startswith("ended ") and how != "ended 0"}
        if ended:
            msg = f"ended: {ended}\n{stack.container(next(iter(ended))).said()[-2000:]}"
            raise RuntimeError(msg)
        return all(now.get(name) == "healthy" for name in services)

    try:
        until(look, "the health of all", limit)
    except TimeoutError as error:
        msg = f"{error}: {stack.running()}"
        raise TimeoutError(msg) from error
