"""What one's own questionnaire costs: saving and loading a section, the board, another key.

The floor of a section is a bare view with one insert, the floor's booking.
"""

import http.client
import re
import resource
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.test import Client as DeskClient
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from booking.models import Participant
from config.sealed import COLUMNS
from intake.domain.answers import fingerprint
from intake.models import Answer, AnswerSheet
from practice import sealing
from practice.models import Practitioner
from practice.operations.rotation import rotate
from practice.sealing import seal, sealed_with
from tests.bench.measuring import Client, Row, interleaved
from tests.booking import factories as make
from tests.intake.people import CONTACT, HOPES, YOU, device, save, sign_everything

ANSWERS = 100_000
BOARD = 30
_BATCH = 5_000
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def measure(
    office: make.Office, bare: Practitioner, *, attune: int, floor: int, quick: bool
) -> Iterator[Row]:
    """All rows. The last one leaves this process with other keys than the site has."""
    yield from _sections(office, bare, attune=attune, floor=floor, seconds=1.0 if quick else 8.0)
    yield _board(office)
    yield from _rotation(office, ANSWERS // 10 if quick else ANSWERS)


class _Phone:
    """A device that came in: one connection that stays open, and its cookies."""

    def __init__(self, port: int, person: Participant) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        own = device(person)
        self._cookies = {name: morsel.value for name, morsel in own.cookies.items()}

    def get(self, path: str) -> str:
        status, text = self._call("GET", path, None)
        if status != 200:
            raise AssertionError(f"{path}: {status} {text[:500]}")
        return text

    def send(self, path: str, fields: Mapping[str, str]) -> None:
        status, text = self._call("POST", path, urlencode(fields))
        if status not in (302, 303):
            raise AssertionError(f"{path}: {status} {text[:500]}")

    def _call(self, method: str, path: str, body: str | None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = cookie.partition("=")
            self._cookies[name] = rest.partition(";")[0]
        return answer.status, answer.read().decode()


def _sections(
    office: make.Office, bare: Practitioner, *, attune: int, floor: int, seconds: float
) -> Iterator[Row]:
    now = timezone.now()
    person = make.requester_of(make.verified(office, now=now))
    save(person, "you", YOU, now)
    save(person, "contact", CONTACT, now)
    sign_everything(person, now)
    save(person, "hopes", HOPES, now)
    here = reverse("you-section", args=[person.pk, "hopes"])
    phone, by_hand = _Phone(attune, person), Client(floor)
    token = _TOKEN.findall(phone.get(here))[0]
    words = [f"What we have tried, for the {n}th time." for n in range(10_000)]
    saves = iter(range(10_000))
    # Behind everything that the other scenes have booked.
    later = iter(now + timedelta(days=2_000, hours=n) for n in range(1_000_000))

    def saved() -> None:
        # Another answer each time, and what the page was rendered with: the one before.
        nth = next(saves)
        before = fingerprint(words[nth - 1], is_shared=False) if nth else ""
        given = {key: str(value) for key, value in HOPES.items()}
        changed = {"go_tried": words[nth], "go_tried-seen": before}
        phone.send(here, {**given, **changed, "csrfmiddlewaretoken": token, "then": "on"})

    def inserted() -> None:
        by_hand.post(
            "/book",
            {
                "practitioner": str(bare.id),
                "service": str(office.services["individual-50"].id),
                "start": _as_text(next(later)),
            },
        )

    calls = {"load": lambda: phone.get(here), "save": saved, "floor": inserted}
    found = interleaved(calls, seconds=seconds, least=50)
    yield Row.of("a section loaded, against one insert", found["load"], found["floor"])
    yield Row.of("a section saved, against one insert", found["save"], found["floor"])


def _as_text(moment: datetime) -> str:
    return moment.isoformat()


def _board(office: make.Office) -> Row:
    """How many queries the board takes for thirty requests, against one."""
    office = _another(office)
    client = DeskClient(SERVER_NAME="127.0.0.1")
    assert office.practitioner.user is not None
    client.force_login(office.practitioner.user)
    counts: list[int] = []
    for more in (1, BOARD - 1):
        for _ in range(more):
            request = make.verified(office, "couple", now=timezone.now())
            save(make.requester_of(request), "you", YOU, timezone.now())
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(reverse("desk-readiness"))
        assert answer.status_code == 200, answer.status_code
        counts.append(len(captured))
    return Row.of(
        f"queries of the board, {BOARD} requests against one", counts[1], counts[0], goal=1.0
    )


def _another(office: make.Office) -> make.Office:
    """The same practice with a practitioner of whom nobody has asked anything."""
    practitioner = make.make_practitioner(slug=f"board-{uuid4().hex[:8]}")
    for service in office.services.values():
        service.practitioners.add(practitioner)
    return make.Office(office.practice, practitioner, office.services)


def _rotation(office: make.Office, count: int) -> Iterator[Row]:
    """Every answer sealed again with a new key; the memory of the process that does it."""
    person = make.requester_of(make.verified(office, now=timezone.now()))
    now = timezone.now()
    save(person, "you", YOU, now)
    sheet = AnswerSheet.objects.get(participant=person)
    for start in range(0, count, _BATCH):
        rows = [
            Answer(id=uuid4(), sheet=sheet, question=f"q{n}", saved_at=now)
            for n in range(start, start + _BATCH)
        ]
        for row in rows:
            text = '"A sentence as somebody may write it, of the usual length."'
            row.value_sealed = seal(text, label="answer", row=row.id, field=row.question)
        Answer.objects.bulk_create(rows)
    settings.ENCRYPTION_KEYS = {"bench": bytes(range(32)), **settings.ENCRYPTION_KEYS}
    sealing._keyring.cache_clear()
    column = next(c for c in COLUMNS if c.model is Answer)
    resident: list[float] = []
    done: list[int] = []
    for progress in rotate([column]):
        resident.append(_resident())
        done.append(progress.done)
    assert sealed_with(bytes(Answer.objects.latest("saved_at").value_sealed)) == "bench"
    tenth = next(mb for mb, n in zip(resident, done, strict=True) if n >= count // 10)
    yield Row.of(f"MB after rotating {count:,} answers, against a tenth", resident[-1], tenth, 1.1)


def _resident() -> float:
    """Megabytes of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6
