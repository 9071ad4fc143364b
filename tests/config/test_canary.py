"""A canary in every private text: the database, Valkey, the logs and the mails hold none of it."""

import logging
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from django.db import connection
from django.utils import timezone

from booking.models import Request
from config.embedded import Servers
from intake.domain.definitions import Kind, Value
from intake.models import Answer, Signature
from intake.queries import opened, standing
from notifications.operations.sweep import sweep
from practice.sealing import unseal
from tests.booking.factories import make_office, requester_of, verified
from tests.conftest import MailCatcher
from tests.intake.people import CONTACT, YOU, answer_everything, save, sign_everything

pytestmark = pytest.mark.django_db(transaction=True)

#: Before each text: readable anywhere it is not sealed.
CANARY = "Kanarienvogel"
#: What is not sealed, since messages need it: it proves that the search would find the others.
OPEN = "Zaunkoenig"


def dump(servers: Servers) -> str:
    """The whole database as text, by PostgreSQL's own tool."""
    address = urlsplit(servers.database_url)
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting FROM pg_config() WHERE name = 'BINDIR'")
        (folder,) = cursor.fetchone()
    made = subprocess.run(
        [Path(folder) / "pg_dump", "--data-only", address._replace(path=f"/{name}").geturl()],
        capture_output=True,
        check=True,
    )
    return made.stdout.decode()


def in_hex(text: str) -> str:
    """How a binary column would show it, were it stored unsealed."""
    return text.encode().hex()


def test_no_private_text_can_be_read_where_it_is_kept_or_passes(
    servers: Servers, mailcatcher: MailCatcher, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    now = timezone.now()
    request = verified(make_office(), "couple", now=now, words=f"{CANARY} words", topics=())
    person = requester_of(request)
    answer_everything(person, now)
    texts: dict[str, dict[str, Value | None]] = {}
    for section in standing(person.pk).form.sections:
        for question in section.questions:
            if question.kind in (Kind.SHORT, Kind.LONG) and not question.column:
                texts.setdefault(section.slug, {})[question.key] = f"{CANARY} {question.key}"
    for slug, values in texts.items():
        save(person, slug, values, now)
    save(person, "you", {**YOU, "id_chosen": OPEN}, now)
    save(person, "contact", {**CONTACT, **texts.get("contact", {})}, now)
    Signature.objects.filter(participant=person).delete()
    sign_everything(person, now, name=f"{CANARY} legal name")
    sweep(worker="here", now=timezone.now())

    stored = [opened(a) for a in Answer.objects.filter(sheet__participant=person)]
    assert sum(CANARY in str(value) for value in stored) >= 5
    request = Request.objects.get(pk=request.pk)
    assert request.words_sealed is not None
    assert CANARY in unseal(request.words_sealed, label="request", row=request.pk, field="words")
    signature = Signature.objects.filter(participant=person).first()
    assert signature is not None
    assert CANARY in unseal(
        signature.legal_name_sealed, label="signature", row=signature.pk, field="legal_name"
    )
    database = dump(servers)
    assert OPEN in database
    assert CANARY not in database
    assert in_hex(CANARY) not in database
    client = redis.Redis.from_url(servers.redis_url)
    kept = b"".join(client.dump(key) or b"" for key in client.scan_iter())
    client.close()
    assert CANARY.encode() not in kept
    assert mailcatcher.messages
    mails = "".join(
        part.get_content()
        for message in mailcatcher.messages
        for part in message.walk()
        if part.get_content_maintype() == "text"
    )
    assert CANARY not in mails
    assert caplog.records or not caplog.text
    assert CANARY not in caplog.text
