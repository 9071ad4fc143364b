"""The command that takes a mail from standard input."""

import io
import os
import subprocess
import sys

import pytest
from django.core.management import call_command

from booking.models import Appointment
from notifications.operations.incoming import MAIL_MAX
from tests.conftest import BASE_DIR
from tests.notifications.incoming import reply_to

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("inbound")]


def piped(content: bytes, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the command with a mail on standard input; what it prints."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    call_command("receive_mail", stdout=out, verbosity=2)
    return out.getvalue().strip()


def test_the_command_takes_a_mail_from_standard_input(
    appointment: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert piped(reply_to(appointment).mail(), monkeypatch) in ("taken", "over")
    assert piped(b"From: a@b.test\n\nHello", monkeypatch) == "no_calendar"
    assert piped(b"x" * (MAIL_MAX + 10), monkeypatch) == "too_large"


@pytest.mark.parametrize(
    ("environment", "status"),
    [
        ({"ATTUNE_INBOUND_ADDRESS": ""}, os.EX_CONFIG),
        (
            {
                "ATTUNE_INBOUND_ADDRESS": "calendar@office.example",
                "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
            },
            os.EX_TEMPFAIL,
        ),
    ],
)
def test_the_mail_server_is_told_what_to_do(environment: dict[str, str], status: int) -> None:
    result = subprocess.run(
        [sys.executable, "manage.py", "receive_mail"],
        env={**os.environ, **environment},
        input=b"From: a@b.test\n\nHello",
        capture_output=True,
        cwd=BASE_DIR,
        check=False,
        timeout=60,
    )

    assert result.returncode == status
    assert b"Traceback" not in result.stderr
