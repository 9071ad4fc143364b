"""A canary in everything that somebody writes: in no place where it passes can it be read.

Web, worker and beat run in processes of their own and log as production does, at the level that
says most. Whoever walks the road types a canary wherever words can be typed, mistakes included.
"""

import base64
import html
import http.cookiejar
import json
import re
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import redis
from django.contrib.sessions.models import Session
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment, LateWish, Participant, Request
from booking.operations.links import code, token
from config import processes
from config.embedded import Servers, free_port
from intake.domain.definitions import OWN, Connection, Kind, Question
from intake.models import Answer, AnswerSheet, Feedback, Signature
from intake.queries.answers import opened
from intake.queries.standings import standing
from practice.operations.tokens import issue_token
from practice.sealing import unseal
from tests.booking.factories import PASSWORD, Office, link_of, make_office
from tests.booking.request_pages.filled_in import SLOT, typed_details
from tests.browser.people import link_and_code, where_it_is_day
from tests.config.columns import MAY_BE_READ, SEALED, could_hold_words
from tests.conftest import BASE_DIR, PATIENCE, MailCatcher
from tests.intake.matrix.canaries import answer_of, canaries_in, canary
from tests.intake.sessions import days_before, took_place

WHO = "zoe"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)"(?:[^>]*? value="([^"]*)")?')
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")


def test_every_column_that_could_hold_words_says_why_or_is_sealed() -> None:
    columns = set(could_hold_words())

    assert columns - set(MAY_BE_READ) - SEALED == set(), "seal them, or say in columns.py why not"
    assert (set(MAY_BE_READ) | SEALED) - columns == set(), "these are no such columns any more"
    assert set(MAY_BE_READ) & SEALED == set()


class Browser:
    """A browser that keeps cookies and sends back what a form carries."""

    def __init__(self, url: str) -> None:
        self._url = url
        jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

    def get(self, path: str) -> str:
        return self._call(urllib.request.Request(self._url + path))

    def send(self, path: str, answers: Any = (), *, page: str = "") -> str:
        """Fill in the form that stands at `path`, or at `page`, and send it; where it leads."""
        form = html.unescape(self.get(page or path))
        hidden = dict(_HIDDEN.findall(form))
        fields = urlencode({**hidden, **dict(answers)}, doseq=True).encode()
        return self._call(urllib.request.Request(self._url + path, fields))

    def call(self, path: str, body: object, **headers: str) -> str:
        """Call the API."""
        text = body if isinstance(body, str) else json.dumps(body)
        kind = {"Content-Type": "application/json"}
        sent = urllib.request.Request(self._url + path, text.encode(), {**kind, **headers})
        return self._call(sent)

    def _call(self, sent: urllib.request.Request) -> str:
        try:
            with self._opener.open(sent, timeout=PATIENCE) as answer:
                text: str = answer.read().decode()
        except urllib.error.HTTPError as refusal:
            text = refusal.read().decode()
        return text


@contextmanager
def running(environment: dict[str, str], folder: Path) -> Iterator[str]:
    """Web, worker and beat, each with a log of its own; yields the address of the site."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    own = {
        **environment,
        "DJANGO_SETTINGS_MODULE": "tests.config.production_logs",
        "ATTUNE_BASE_URL": url,
        "ATTUNE_BEAT_SCHEDULE": str(folder / "beat"),
        "TMPDIR": str(folder),
    }
    commands = {
        "web": ["granian", "--interface=wsgi", f"--port={port}", "config.wsgi:application"],
        "worker": ["celery", "--app=config", "worker", "--concurrency=1", "--loglevel=DEBUG"],
        "beat": ["celery", "--app=config", "beat", "--loglevel=DEBUG"],
    }
    with ExitStack() as started:
        for name, command in commands.items():
            output = started.enter_context((folder / f"{name}.log").open("wb"))
            process = processes.spawn(
                [sys.executable, "-m", *command], env=own, cwd=BASE_DIR, output=output.fileno()
            )
            started.callback(processes.stop, process)
        _until(lambda: "alive" in _get_or_nothing(f"{url}/healthz/live") or None)
        yield url


def _get_or_nothing(url: str) -> str:
    with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
        return f"alive {answer.status}"
    return ""


def _until[Found](look: Any) -> Any:
    deadline = time.monotonic() + PATIENCE
    while (found := look()) is None:
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)
    return found


@contextmanager
def monitored(servers: Servers) -> Iterator[list[bytes]]:
    """Every command that Valkey gets meanwhile."""
    heard: list[bytes] = []
    client = redis.Redis.from_url(servers.redis_url)
    monitor: Any = client.monitor().__enter__()  # type: ignore[no-untyped-call]

    def listen() -> None:
        with suppress(redis.RedisError, OSError, ValueError):
            heard.extend(str(c["command"]).encode() for c in monitor.listen())

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield heard
    finally:
        client.set("the end of the road", "heard")
        _until(lambda: any(b"the end of the road" in command for command in heard) or None)
        client.delete("the end of the road")
        monitor.connection.disconnect()
        listener.join(PATIENCE)
        client.close()


class Road:
    """One person asks, answers everything and changes their mind; the practitioner reads."""

    def __init__(self, browser: Browser, office: Office, mail: MailCatcher) -> None:
        self._browser, self._office, self._mail = browser, office, mail
        self.address = f"{canary(WHO, 'mail')}@example.test"

    def asks(self) -> Participant:
        """Over the pages, with a mistake first: what was typed is kept until it is right."""
        browser = self._browser
        browser.get("/request/")
        browser.send("/request/", {"relationship_type": "individual"})
        browser.send("/request/session/", {"choice": "individual-50:video"})
        start = SLOT.findall(browser.get("/request/time/"))[0]
        browser.send("/request/time/", {"start": start})
        said = {
            **typed_details(browser.get("/request/details/")),
            "words": canary(WHO, "words"),
            "topics": ["behaviour"],
            "name": canary(WHO, "label"),
        }
        browser.send("/request/details/", {**said, "email": canary(WHO, "nomail")})
        browser.send("/request/details/", {**said, "email": self.address})
        letter = self._mail.wait_for(lambda m: self.address in str(m["To"]))
        path, digits = link_and_code(letter)
        browser.send(path, {"code": digits})
        return Participant.objects.get()

    def answers(self, person: Participant) -> None:
        """Every section: first what cannot be kept, then what can."""
        for section in standing(person.pk).form.sections:
            here = reverse("you-section", args=[person.pk, section.slug])
            if section.slug == "agreements":
                documents = standing(person.pk).documents
                ticks = {d.consent.key: "on" for d in documents if d.consent.required}
                signed = {**ticks, "cn_record": "no", "cn_sign": canary(WHO, "legal")}
                self._browser.send(here, {**signed, "then": "on"})
                continue
            page = self._browser.get(here)
            # What is not asked is not sent: "in danger now" would be heard all the same.
            asked = [q for q in section.questions if f'name="{q.key}' in page and q.is_asked]
            words = {q.key for q in asked if q.kind in (Kind.SHORT, Kind.LONG)}
            too_long = {key: canary(WHO, "long") * 500 for key in words}
            unknown = {
                q.key: canary(WHO, "unknown") for q in asked if q.kind in (Kind.SINGLE, Kind.MULTI)
            }
            self._browser.send(here, {**too_long, **unknown, "then": "on"})
            given = dict(pair for q in asked for pair in _as_typed(q))
            self._browser.send(here, {**given, "then": "on"})
        seen = reverse("you-answers-seen", args=[person.pk])
        self._browser.send(seen)

    def calls_the_api(self, person: Participant) -> None:
        """Confirmed and too late to change: a wish, and bodies and addresses that are none."""
        now = timezone.now()
        key = issue_token(practitioner=self._office.practitioner, name="tests", now=now)
        confirm = reverse("api-request-confirm", args=[person.request_id])
        self._browser.call(confirm, {}, Authorization=f"Bearer {key}")
        appointment = Appointment.objects.get(state="booked")
        link = link_of(person)
        own = f"Link {token(link.id)} {code(link.id)}"
        wish = reverse("api-appointment-late-wish", args=[appointment.pk])
        self._browser.call(wish, {"words": canary(WHO, "late")}, Authorization=own)
        self._browser.call(wish, f'{{"words": "{canary(WHO, "broken")}', Authorization=own)
        self._browser.call("/api/v1/requests/", {"words": canary(WHO, "body"), "times": "x"})
        self._browser.get(f"/you/{canary(WHO, 'path')}/?q={canary(WHO, 'query')}")
        self._browser.get(f"/open/{canary(WHO, 'token')}/")

    def says_how_it_goes(self, person: Participant) -> None:
        """After a third session: first too much, then what can be kept."""
        Participant.objects.filter(pk=person.pk).update(wants_feedback=True)
        took_place([person], *days_before(timezone.now(), 16, 9, 2))
        here = reverse("you-after", args=[person.pk])
        self._browser.send(here, {"words": canary(WHO, "long") * 500})
        self._browser.send(here, {"heard": "7", "words": canary(WHO, "after")})

    def takes_along(self, person: Participant) -> str:
        """The copy, on a page and as a file."""
        self._browser.get(reverse("you-copy", args=[person.pk]))
        page = reverse("you-copy", args=[person.pk])
        return self._browser.send(reverse("you-copy-file", args=[person.pk]), page=page)

    def is_read(self, url: str, person: Participant) -> str:
        """The practitioner mistypes the password, signs in, and opens everything."""
        desk = Browser(url)
        email = self._office.practitioner.email
        for password in (canary(WHO, "password"), PASSWORD):
            desk.send("/accounts/login/", {"login": email, "password": password})
        pages = [
            reverse("desk:waiting"),
            reverse("desk:request", args=[person.request_id]),
            reverse("desk-reading", args=[person.request_id]),
            reverse("desk-flags", args=[person.request_id, person.pk]),
            reverse("desk-feedback", args=[person.request_id, person.pk]),
            reverse("desk-answers", args=[person.request_id]),
        ]
        return [desk.get(page) for page in pages][-1]


def _as_typed(question: Question) -> Iterator[tuple[str, object]]:
    """An answer as the fields of the page send it."""
    value = answer_of(WHO, question)
    if question.column == "time_zone":
        value = where_it_is_day()  # else a message about what the practitioner does would wait
    if isinstance(value, tuple) and value and not isinstance(value[0], Connection):
        texts = [str(v) for v in value]
        yield question.key, [t for t in texts if not t.startswith(OWN)]
        for text in texts:
            if text.startswith(OWN):
                yield f"{question.key}-own", text.removeprefix(OWN)
    elif isinstance(value, bool):
        yield question.key, "on"
    elif value is not None:
        yield question.key, str(value)


@pytest.mark.django_db(transaction=True)
def test_no_private_word_can_be_read_where_a_whole_road_has_passed(
    _site_environment: dict[str, str],  # noqa: PT019 - its value is what we need
    servers: Servers,
    mailcatcher: MailCatcher,
    tmp_path: Path,
) -> None:
    redis.Redis.from_url(servers.redis_url).flushall()
    office = make_office()
    office.practice.locations = [{"country": "US", "region": "NY", "label": "New York"}]
    office.practice.save()
    # Every change is a late one.
    service = office.services["individual-50"]
    service.cancel_minutes = 60 * 24 * 60
    service.save()
    with running(_site_environment, tmp_path) as url, monitored(servers) as heard:
        road = Road(Browser(url), office, mailcatcher)
        person = road.asks()
        road.answers(person)
        road.calls_the_api(person)
        road.says_how_it_goes(person)
        copied = road.takes_along(person)
        read = road.is_read(url, person)
        mailcatcher.wait_for(lambda m: str(m["Subject"]) == "Your appointment")

    # It was all there to be found.
    sheet = AnswerSheet.objects.get()
    written = {a.question: canaries_in(str(opened(a))) for a in Answer.objects.filter(sheet=sheet)}
    words = {key for key, found in written.items() if found}
    assert words >= {"go_why_now", "sf_private_route", "em_name", "in_rel", "hi_helped", "he_meds"}
    assert canary(WHO, "go_why_now") in canaries_in(copied) & canaries_in(read)
    assert canary(WHO, "after") in canaries_in(copied)
    said = Feedback.objects.get()
    request = Request.objects.get()
    wish = LateWish.objects.get()
    signature = Signature.objects.earliest("document")
    for row, column, field, expected in (
        (request, request.words_sealed, ("request", "words"), "words"),
        (wish, wish.words_sealed, ("late_wish", "words"), "late"),
        (said, said.words_sealed, ("feedback", "words"), "after"),
        (signature, signature.legal_name_sealed, ("signature", "legal_name"), "legal"),
    ):
        assert column is not None
        text = unseal(bytes(column), label=field[0], row=row.pk, field=field[1])
        assert text == canary(WHO, expected)

    assert in_the_database() == {
        "booking_participant.label": {canary(WHO, "label")},
        "booking_participant.email": {canary(WHO, "mail")},
        "booking_participant.chosen_name": {canary(WHO, "id_chosen")},
        "booking_participant.pronouns": {canary(WHO, "id_pronouns")},
        "booking_participant.event_title": {canary(WHO, "ct_cal_title")},
        "booking_privatelink.address": {canary(WHO, "mail")},
    }
    assert [canaries_in(str(s.get_decoded())) for s in Session.objects.all()] != []
    assert {c for s in Session.objects.all() for c in canaries_in(str(s.get_decoded()))} == set()
    assert len(heard) > 20
    assert canaries_among([*heard, *kept_in_valkey(servers)]) == set()
    logs = {log.stem: log.read_bytes() for log in tmp_path.glob("*.log")}
    assert {name for name, text in logs.items() if len(text) > 100} == {"web", "worker", "beat"}
    assert {
        json.loads(line)["route"] for line in logs["web"].splitlines() if b'"route"' in line
    } >= {
        "you/<uuid:participant_id>/part/<slug:slug>/",
        "desk/requests/<uuid:request_id>/reading/",
    }
    left = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert canaries_among(left) == set()
    mails = [part for m in mailcatcher.messages for part in (m.as_bytes(), *_parts(m))]
    assert canaries_among(mails) <= {canary(WHO, name) for name in ("mail", "ct_cal_title")}
    assert canary(WHO, "ct_cal_title") in canaries_among(mails)


def in_the_database() -> dict[str, set[str]]:
    """The columns in which canaries can be read, whatever their type; of bytes, what is text."""
    found: dict[str, set[str]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public'"
        )
        for table, column, kind in cursor.fetchall():
            shown = f"encode({column!s}, 'escape')" if kind == "bytea" else f'"{column}"::text'
            cursor.execute(f'SELECT {shown} FROM "{table}" WHERE "{column}" IS NOT NULL')  # noqa: S608
            for (text,) in cursor.fetchall():
                found[f"{table}.{column}"] |= canaries_among([text.encode()])
    return {column: canaries for column, canaries in found.items() if canaries}


def canaries_among(texts: Iterable[bytes]) -> set[str]:
    """Every canary in what is kept or passes, also inside what is merely coded."""
    found: set[str] = set()
    for text in texts:
        for shown in (text, *(_decoded(match) for match in _BASE64.findall(text))):
            found |= canaries_in(shown.decode(errors="replace"))
    return found


def _decoded(text: bytes) -> bytes:
    with suppress(ValueError):
        return base64.b64decode(text.translate(bytes.maketrans(b"-_", b"+/")) + b"==")
    return b""


def kept_in_valkey(servers: Servers) -> Iterator[bytes]:
    """Every key and what it holds, in every database."""
    for number in range(16):
        client: Any = redis.Redis.from_url(servers.redis_url, db=number)
        for key in client.scan_iter():
            yield key
            kind = client.type(key).decode()
            match kind:
                case "string":
                    yield client.get(key) or b""
                case "list":
                    yield b" ".join(client.lrange(key, 0, -1))
                case "set":
                    yield b" ".join(client.smembers(key))
                case "hash":
                    yield str(client.hgetall(key)).encode()
                case "zset":
                    yield b" ".join(client.zrange(key, 0, -1))
                case _:
                    raise AssertionError(f"{key!r} is a {kind}: say here how to look into it")
        client.close()


def _parts(message: Any) -> Iterator[bytes]:
    for part in message.walk():
        if not part.is_multipart():
            yield part.get_payload(decode=True).replace(b"\r\n ", b"")
