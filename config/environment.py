"""What the environment says, read and checked for `settings.py`.

A mistake is not reported one at a time: `Environment` collects every missing or unusable variable,
and `refuse_if_incomplete()` names them all at once.
"""

import base64
import binascii
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

KINDS = ("production", "development", "test")
KEY_BYTES = 32


class Environment:
    """The environment variables of one process, with the problems found in them so far."""

    def __init__(self, variables: dict[str, str], kind: str) -> None:
        self._variables = variables
        self._problems: list[str] = []
        self.kind = kind

    def read[Value](self, name: str, parse: Callable[[str], Value], *, otherwise: Value) -> Value:
        """The parsed value of a variable; in production it must be there.

        A missing or unusable variable is noted and `otherwise` stands in for it, so that reading
        can go on to the next one.
        """
        text = self._variables.get(name, "").strip()
        if not text:
            if self.kind == "production":
                self._problems.append(f"{name} is not set")
            return otherwise
        try:
            return parse(text)
        except ValueError as unusable:
            self._problems.append(f"{name}: {unusable}")
            return otherwise

    def refuse_if_incomplete(self) -> None:
        if self._problems:
            listed = "".join(f"\n  - {problem}" for problem in self._problems)
            raise ImproperlyConfigured(
                f"Attune does not start ({self.kind}). .env.example explains each variable:{listed}"
            )


def kind_of(variables: dict[str, str]) -> str:
    """Production, development or test.

    A forgotten `ATTUNE_ENV` must never weaken a real installation. Such an installation always
    names its database, and a bare checkout never does: there the embedded servers, which listen on
    loopback alone, are the only ones possible. So a named database means production unless
    something else is said.
    """
    kind = variables.get("ATTUNE_ENV") or (
        "production" if variables.get("DATABASE_URL") else "development"
    )
    if kind not in KINDS:
        raise ImproperlyConfigured(f"ATTUNE_ENV is {kind!r}; it can be one of {', '.join(KINDS)}.")
    return kind


def secret(text: str) -> str:
    if len(text) < 50:
        raise ValueError("shorter than 50 characters")
    return text


def key(text: str) -> bytes:
    """A key of 32 bytes in base64, plain or URL-safe."""
    try:
        value = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error as malformed:
        raise ValueError("not base64") from malformed
    if len(value) != KEY_BYTES:
        raise ValueError(f"{len(value)} bytes long, not {KEY_BYTES}")
    return value


def keyring(text: str) -> dict[str, bytes]:
    """`id:key,id:key`: the first one encrypts, all of them decrypt."""
    ring: dict[str, bytes] = {}
    for entry in text.split(","):
        name, colon, encoded = entry.strip().partition(":")
        if not (name and colon):
            raise ValueError("an entry is not of the form id:base64")
        if name in ring:
            raise ValueError(f"the id {name} stands there twice")
        try:
            ring[name] = key(encoded)
        except ValueError as unusable:
            raise ValueError(f"the key {name} is {unusable}") from unusable
    return ring


def names(text: str) -> list[str]:
    """A comma-separated list."""
    return [name.strip() for name in text.split(",") if name.strip()]


def base_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ValueError("not an address like https://booking.example.org")
    return text.rstrip("/")


def mailer(text: str) -> dict[str, Any]:
    """An entry of `MAILERS` out of one address.

    `smtp://`, `smtp+tls://` (STARTTLS) and `smtps://` name a mail server, and
    `anymail+PROVIDER://?option=value` a mail provider known to django-anymail, with its options.
    """
    parts = urlsplit(text)
    if parts.scheme.startswith("anymail+"):
        provider = parts.scheme.removeprefix("anymail+").replace("-", "_")
        options: dict[str, Any] = dict(parse_qsl(parts.query))
        return {"BACKEND": f"anymail.backends.{provider}.EmailBackend", "OPTIONS": options}
    if parts.scheme not in ("smtp", "smtp+tls", "smtps") or not parts.hostname:
        raise ValueError("not an address like smtp+tls://user:password@host:587")
    options = {
        "host": parts.hostname,
        # A mail server that hangs must not hold a worker up to its time limit.
        "timeout": 10,
        "use_tls": parts.scheme == "smtp+tls",
        "use_ssl": parts.scheme == "smtps",
    }
    if parts.port:
        options["port"] = parts.port
    if parts.username:
        options |= {"username": unquote(parts.username), "password": unquote(parts.password or "")}
    return {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}


def same_server(address: str, other: str | None) -> bool:
    return other is not None and urlsplit(address).netloc == urlsplit(other).netloc


def development_secrets(path: Path) -> dict[str, str]:
    """The secrets of a checkout: made on first use, and kept with the data they encrypt."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f"{path.name}.{os.getpid()}")
        made.touch(mode=0o600)
        made.write_text("".join(f"{name}={value}\n" for name, value in new_secrets().items()))
        try:
            os.link(made, path)  # unlike a rename, never over what another process has just made
        except FileExistsError:
            pass
        finally:
            made.unlink()
    lines = path.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def new_secrets() -> dict[str, str]:
    def random_key() -> str:
        return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()

    return {
        "ATTUNE_SECRET_KEY": secrets.token_urlsafe(64),
        "ATTUNE_ENCRYPTION_KEYS": f"k1:{random_key()}",
        "ATTUNE_LINK_KEY": random_key(),
    }
