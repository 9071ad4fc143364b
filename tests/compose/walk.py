"""`make test-compose`: from an empty machine to a mail in the catcher, through docker-compose.yml.

Builds the image, brings everything up with secrets of its own, sets a practice up, asks for a
session through the proxy over TLS, sees the mail arrive, scales the worker to three and sees a
second one, and takes everything down again. It is a program and not a pytest module: it needs a
container engine, which `make test` must not. `COMPOSE` says how to run compose.
"""

import json
import os
import secrets
import shlex
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from config.embedded import free_port
from config.environment import new_secrets

BASE_DIR = Path(__file__).resolve().parents[2]
PATIENCE = 180.0
ZONE = "America/New_York"


class WalkFailed(Exception):
    """The walk did not get through; the message says where."""


@dataclass(frozen=True)
class Stack:
    """The containers of this walk, apart from any other by project name, ports and volumes."""

    environment_file: Path
    https_port: int
    mailpit_port: int

    def compose(self, *arguments: str, capture: bool = False) -> str:
        command = [
            *shlex.split(os.environ.get("COMPOSE", "docker compose")),
            "--project-name=attune-walk",
            f"--env-file={self.environment_file}",
            "--profile=mail",
            *arguments,
        ]
        done = subprocess.run(
            command,
            cwd=BASE_DIR,
            check=False,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if capture else None,
        )
        if done.returncode != 0:
            raise WalkFailed(f"compose {' '.join(arguments)} ended with {done.returncode}")
        return done.stdout or ""

    def health(self) -> dict[str, list[str]]:
        """The health of every container, by service."""
        health: dict[str, list[str]] = {}
        listed = self.compose("ps", "--format", "{{.Service}} {{.Health}}", capture=True)
        for service, _, state in (line.partition(" ") for line in listed.splitlines()):
            health.setdefault(service, []).append(state)
        return health

    def trust(self) -> ssl.SSLContext:
        """A client that trusts the proxy's own authority and nobody else."""
        root = "/data/caddy/pki/authorities/local/root.crt"
        certificate = self.compose("exec", "-T", "proxy", "cat", root, capture=True)
        return ssl.create_default_context(cadata=certificate)


@dataclass(frozen=True)
class Visitor:
    """Somebody outside, who sees the proxy's address only."""

    base_url: str
    context: ssl.SSLContext

    def get(self, path: str) -> Any:
        return self._ask(urllib.request.Request(f"{self.base_url}{path}"))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        data = json.dumps(body).encode()
        return self._ask(urllib.request.Request(f"{self.base_url}{path}", data, headers))

    def _ask(self, request: urllib.request.Request) -> Any:
        try:
            with urllib.request.urlopen(request, timeout=20, context=self.context) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            body = refused.read().decode(errors="replace")
            raise WalkFailed(f"{request.full_url}: {refused.code} {body[:2000]}") from refused


def walk(stack: Stack) -> None:
    say("Building the image and bringing everything up")
    stack.compose("up", "--detach", "--build")
    wait("every container is healthy", lambda: all_healthy(stack.health()))

    say("Setting a practice up")
    stack.compose(
        "exec",
        "-T",
        f"--env=ATTUNE_PASSWORD={secrets.token_urlsafe(16)}",
        "web",
        "python",
        "manage.py",
        "create_practice",
        "--name=Walk",
        "--office-name=Booking office",
        "--practitioner=Robin Walk",
        "--email=robin@example.org",
        f"--zone={ZONE}",
        "--video-url=https://meet.example.org/robin",
        "--location=US-NY:New York, United States",
    )

    visitor = Visitor(f"https://localhost:{stack.https_port}", stack.trust())
    say("Asking for a session through the proxy")
    ask_and_wait_for_mail(visitor, stack, "ann@example.org")

    say("Scaling the worker to three")
    stack.compose("up", "--detach", "--no-recreate", "--scale=worker=3")
    wait("three workers are healthy", lambda: stack.health().get("worker") == ["healthy"] * 3)
    ask_and_wait_for_mail(visitor, stack, "ben@example.org")


def ask_and_wait_for_mail(visitor: Visitor, stack: Stack, address: str) -> None:
    services = visitor.get("/api/v1/services/")["services"]
    service = next(one for one in services if one["relationship_type"] == "individual")
    first = datetime.now(UTC).date() + timedelta(days=3)
    days = f"from={first}&to={first + timedelta(days=14)}&time_zone={ZONE}"
    slots = visitor.get(f"/api/v1/slots/?service={service['slug']}&{days}")["slots"]
    asked = visitor.post(
        "/api/v1/requests/",
        {
            "relationship_type": "individual",
            "service": service["slug"],
            "times": [slots[0]["start"]],
            "time_zone": ZONE,
            "modality": "video",
            "location": {"country": "US", "region": "NY"},
            "requester": {"name": "Somebody", "email": address, "pronouns": ""},
            "participants": [],
            "topics": [],
            "words": "",
            "adult": True,
            "not_emergency": True,
        },
    )
    say(f"  request {asked['id']} is {asked['status']}")
    wait(f"the mail to {address} is in the catcher", lambda: address in recipients(stack))


def recipients(stack: Stack) -> list[str]:
    url = f"http://127.0.0.1:{stack.mailpit_port}/api/v1/messages"
    with urllib.request.urlopen(url, timeout=10) as answer:
        messages = json.load(answer)["messages"]
    return [to["Address"] for message in messages for to in message["To"]]


def all_healthy(health: dict[str, list[str]]) -> bool:
    needed = {"db", "redis", "web", "worker", "beat", "proxy", "mail"}
    return all(health.get(service) == ["healthy"] for service in needed)


def wait(what: str, done: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > PATIENCE:
            raise WalkFailed(f"Not within {PATIENCE:.0f} s: {what}")
        time.sleep(1)
    say(f"  {what} ({time.monotonic() - began:.0f} s)")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    https_port, mailpit_port = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="attune-walk-") as folder:
        environment_file = Path(folder) / "walk.env"
        variables = new_secrets() | {
            "POSTGRES_PASSWORD": secrets.token_urlsafe(24),
            "ATTUNE_BASE_URL": f"https://localhost:{https_port}",
            "ATTUNE_ALLOWED_HOSTS": "localhost",
            "ATTUNE_MAIL_URL": "smtp://mail:1025",
            "ATTUNE_MAIL_FROM": "office@example.org",
            "ATTUNE_HTTPS_PORT": str(https_port),
            "ATTUNE_HTTP_PORT": str(free_port()),
            "ATTUNE_MAILPIT_PORT": str(mailpit_port),
        }
        lines = "".join(f"{name}={value}\n" for name, value in variables.items())
        environment_file.write_text(lines)
        stack = Stack(environment_file, https_port, mailpit_port)
        try:
            walk(stack)
        except WalkFailed as failed:
            say(f"\n{failed}\n")
            stack.compose("ps", "--all")
            stack.compose("logs", "--no-color", "--tail=40")
            return 1
        finally:
            say("Taking everything down")
            stack.compose("down", "--volumes", "--remove-orphans")
    say("\nThe walk got through.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
