"""What is measured. Imported once the servers are up, because importing it sets Django up."""

import json
import smtplib
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from booking.queries import calendar  # noqa: E402
from notifications.operations import planning, sending  # noqa: E402
from practice.models import Pending, Practitioner  # noqa: E402
from tests.bench.measuring import Client, Row, interleaved  # noqa: E402
from tests.booking import factories as make  # noqa: E402

SERVICE = "individual-50"
#: How many appointments lie behind each practitioner; ahead lie as many for all.
PAST = {"none": 0, "some": 1_000, "many": 20_000}
AHEAD = 200
BOOKINGS = 120
MESSAGES_PER_ROUND = 20


@dataclass(frozen=True)
class Ports:
    """Where everybody listens."""

    attune: int
    floor: int
    mail: int


@dataclass(frozen=True)
class People:
    """The practitioners by how much lies behind them; `bare` takes the floor's bookings."""

    office: make.Office
    by_past: dict[str, Practitioner]
    bare: Practitioner


def prepare() -> People:
    """Migrate, and fill the calendars."""
    say("Preparing 21,000 past appointments ...")
    call_command("migrate", verbosity=0)
    office = make.make_office()
    by_past = {}
    for slug, past in PAST.items():
        practitioner = make.make_practitioner(slug=slug)
        for service in office.services.values():
            service.practitioners.add(practitioner)
        quietly = {"practitioner": slug, "stdout": _Nowhere()}
        call_command("seed_load", appointments=AHEAD, ahead=AHEAD, **quietly)
        call_command("seed_load", appointments=past, ahead=0, **quietly)
        by_past[slug] = practitioner
    return People(office, by_past, make.make_practitioner(slug="bare"))


def measure(people: People, ports: Ports, mail: Path, *, quick: bool) -> Iterator[Row]:
    """All rows, in about two minutes; `quick` for a look."""
    seconds = 1.0 if quick else 12.0
    yield from _slots(people, ports, "a week", days=7, goal=2.0, seconds=seconds)
    yield from _slots(people, ports, "a month", days=31, goal=1.5, seconds=seconds)
    yield _booking(people, ports)
    yield _delivery(ports, mail, rounds=2 if quick else 5)


def _slots(
    people: People, ports: Ports, span: str, *, days: int, goal: float, seconds: float
) -> Iterator[Row]:
    say(f"Slots of {span} ...")
    first = timezone.now().date() + timedelta(days=3)
    period = f"from={first}&to={first + timedelta(days=days - 1)}"
    attune, floor = Client(ports.attune), Client(ports.floor)
    ours = {
        slug: f"/api/v1/slots/?service={SERVICE}&practitioner={slug}&{period}"
        for slug in people.by_past
    }
    theirs = {
        slug: f"/slots?practitioner={practitioner.id}&{period}"
        for slug, practitioner in people.by_past.items()
    }
    for slug in people.by_past:
        answers = json.loads(attune.get(ours[slug])), json.loads(floor.get(theirs[slug]))
        assert answers[0] == answers[1], "the floor answers something else"
        assert answers[0]["slots"]
    calls = {}
    for slug in people.by_past:
        calls[slug] = lambda path=ours[slug]: attune.get(path)
        calls[f"floor {slug}"] = lambda path=theirs[slug]: floor.get(path)
    found = interleaved(calls, seconds=seconds, least=50)
    for slug, past in PAST.items():
        yield Row.of(
            f"slots of {span}, {past:,} past appointments",
            found[slug],
            found[f"floor {slug}"],
            goal,
        )
    yield Row.of(
        f"slots of {span}, 20,000 past against none", found["many"], found["none"], goal=1.2
    )


def _booking(people: People, ports: Ports) -> Row:
    say("Bookings ...")
    attune, floor = Client(ports.attune), Client(ports.floor)
    service = people.office.services[SERVICE]
    practitioner = people.by_past["many"]
    starts = iter(_apart(practitioner, people.office))
    later = iter(timezone.now() + timedelta(days=400, hours=n) for n in range(10_000))
    calls = {
        "attune": lambda: attune.post("/api/v1/requests/", _body(practitioner, next(starts))),
        "floor": lambda: floor.post(
            "/book",
            {
                "practitioner": str(people.bare.id),
                "service": str(service.id),
                "start": next(later).isoformat(),
            },
        ),
    }
    found = interleaved(calls, seconds=0, least=BOOKINGS - 10)
    return Row.of("a booking", found["attune"], found["floor"], goal=3.0)


def _apart(practitioner: Practitioner, office: make.Office) -> Sequence[datetime]:
    """Open starts that stay open when the others are taken."""
    offer = calendar.bookable(practitioner, office.services[SERVICE])
    today = timezone.now().date()
    chosen: list[datetime] = []
    for start in calendar.open_slots(
        offer, first=today, end=today + timedelta(days=62), now=timezone.now()
    ):
        if not chosen or start - chosen[-1] >= timedelta(hours=1):
            chosen.append(start)
    assert len(chosen) >= BOOKINGS, f"only {len(chosen)} sessions fit"
    return chosen


def _body(practitioner: Practitioner, start: datetime) -> dict[str, object]:
    return {
        "relationship_type": "individual",
        "service": SERVICE,
        "practitioner": practitioner.slug,
        "times": [start.isoformat()],
        "time_zone": "America/New_York",
        "modality": "video",
        "location": {"country": "US", "region": "NY"},
        "requester": {"name": "Alex", "email": make.address("alex")},
        "words": "A sentence or two.",
        "adult": True,
        "not_emergency": True,
    }


def _delivery(ports: Ports, mail: Path, *, rounds: int) -> Row:
    """The letters with the codes of the bookings above, against the same letter sent by hand."""
    say("Deliveries ...")
    waiting = list(Pending.objects.order_by("pk").values_list("pk", flat=True))
    for change_id in waiting[: (rounds + 1) * MESSAGES_PER_ROUND]:
        planning.plan_change(change_id=change_id, now=timezone.now())
    ours, by_hand = [], []
    _send_due()  # the first round fills caches, and leaves a letter to copy
    letter = max(mail.glob("*.eml"), key=lambda file: file.stat().st_size).read_bytes()
    for _ in range(rounds):
        by_hand.append(_by_hand(ports.mail, letter))
        ours.append(_send_due())
    return Row.of("a delivery", sorted(ours)[rounds // 2], sorted(by_hand)[rounds // 2])


def _send_due() -> float:
    """Milliseconds a message."""
    began = time.perf_counter()
    sent = sending.send_due(worker="bench", now=timezone.now(), limit=MESSAGES_PER_ROUND)
    assert sent.sent == MESSAGES_PER_ROUND, sent
    return (time.perf_counter() - began) * 1000 / MESSAGES_PER_ROUND


def _by_hand(port: int, letter: bytes) -> float:
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as server:
        for number in range(MESSAGES_PER_ROUND):
            server.sendmail("office@willow.test", f"bench.{number}@example.test", letter)
    return (time.perf_counter() - began) * 1000 / MESSAGES_PER_ROUND


class _Nowhere:
    """For a command that has something to say."""

    def write(self, _text: str) -> None:
        pass


def say(text: str) -> None:
    """Show how far it is."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
