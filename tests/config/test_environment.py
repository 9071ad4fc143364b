"""What the environment may say, and what a production start demands."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment

KEY = base64.b64encode(bytes(range(32))).decode()
COMPLETE = {
    "ATTUNE_ENV": "production",
    "ATTUNE_SECRET_KEY": "x" * 50,
    "ATTUNE_ENCRYPTION_KEYS": f"k1:{KEY}",
    "ATTUNE_LINK_KEY": KEY,
    "ATTUNE_BASE_URL": "https://office.example.org",
    "ATTUNE_ALLOWED_HOSTS": "office.example.org",
    "ATTUNE_MAIL_URL": "smtp+tls://user:p%40ss@mail.example.org:587",
    "ATTUNE_MAIL_FROM": "office@example.org",
    "DATABASE_URL": "postgres://user@127.0.0.1/attune",
    "REDIS_URL": "redis://127.0.0.1:6379",
}


def start(variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process with these variables and none of our own."""
    foreign = {k: v for k, v in os.environ.items() if not k.startswith("ATTUNE_")}
    program = "import django; django.setup(); print(django.conf.settings.DEBUG)"
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**foreign, "DJANGO_SETTINGS_MODULE": "config.settings", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_complete_production_environment_starts() -> None:
    started = start(COMPLETE)
    assert started.returncode == 0, started.stderr
    assert started.stdout.strip() == "False"


def test_production_names_everything_that_is_missing_at_once() -> None:
    needed = set(COMPLETE) - {"ATTUNE_ENV"}
    refused = start({"ATTUNE_ENV": "production"})
    assert refused.returncode != 0
    assert {name for name in needed if f"- {name} is not set" in refused.stderr} == needed


def test_an_unusable_value_is_named_without_being_shown() -> None:
    refused = start(COMPLETE | {"ATTUNE_LINK_KEY": "c2hvcnQ=", "ATTUNE_SECRET_KEY": "hunter2"})
    assert "ATTUNE_LINK_KEY: 5 bytes long, not 32" in refused.stderr
    assert "ATTUNE_SECRET_KEY: shorter than 50 characters" in refused.stderr
    assert "hunter2" not in refused.stderr


def test_debug_cannot_be_switched_on_in_production() -> None:
    assert start(COMPLETE | {"ATTUNE_DEBUG": "1"}).stdout.strip() == "False"


@pytest.mark.parametrize(
    ("variables", "kind"),
    [
        ({}, "development"),
        ({"DATABASE_URL": "postgres://db/attune"}, "production"),
        ({"DATABASE_URL": "postgres://db/attune", "ATTUNE_ENV": "development"}, "development"),
        ({"ATTUNE_ENV": "test"}, "test"),
    ],
)
def test_a_named_database_means_production(variables: dict[str, str], kind: str) -> None:
    assert environment.kind_of(variables) == kind


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="prodcution"):
        environment.kind_of({"ATTUNE_ENV": "prodcution"})


def test_a_keyring_keeps_its_order() -> None:
    ring = environment.keyring(f"new:{KEY}, old:{base64.b64encode(bytes(32)).decode()}")
    assert list(ring) == ["new", "old"]
    assert ring["old"] == bytes(32)


@pytest.mark.parametrize("text", ["", KEY, "k1:", "k1:????", f"k1:{KEY},k1:{KEY}", "k1:AAAA"])
def test_a_malformed_keyring_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        environment.keyring(text)


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("smtp://localhost:1025", {"host": "localhost", "port": 1025}),
        ("smtp+tls://u:p%40ss@mail.example.org:587", {"use_tls": True, "password": "p@ss"}),
        ("smtps://mail.example.org", {"use_ssl": True, "use_tls": False}),
        ("anymail+postmark://?server_token=abc", {"server_token": "abc"}),
    ],
)
def test_a_mail_address_becomes_a_mailer(url: str, options: dict[str, object]) -> None:
    assert environment.mailer(url)["OPTIONS"].items() >= options.items()


@pytest.mark.parametrize("text", ["office.example.org", "ftp://x", "https://x/path", "https://"])
def test_a_base_url_is_an_origin(text: str) -> None:
    with pytest.raises(ValueError, match="address like"):
        environment.base_url(text)


def test_the_secrets_of_a_checkout_are_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / ".data" / "secrets.env"
    made = environment.development_secrets(path)
    assert environment.development_secrets(path) == made
    assert path.stat().st_mode & 0o077 == 0
    environment.secret(made["ATTUNE_SECRET_KEY"])
    environment.keyring(made["ATTUNE_ENCRYPTION_KEYS"])
    environment.key(made["ATTUNE_LINK_KEY"])
