"""What is measured. Imported once the servers are up, because importing it sets Django up."""

import json
import resource
import smtplib
import statistics
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from booking.domain import together  # noqa: E402
from booking.models import Appointment  # noqa: E402
from booking.queries import calendar  # noqa: E402
from notifications.operations import planning, sending  # noqa: E402
from practice.models import Pending, Practitioner, Service  # noqa: E402
from tests.bench import delivering, intake, messages  # noqa: E402
from tests.bench.measuring import Client, Row, interleaved  # noqa: E402
from tests.booking import factories as make  # noqa: E402

SERVICE = "individual-50"
#: How many appointments lie behind each practitioner; ahead lie as many for all.
PAST = {"none": 0, "some": 1_000, "many": 20_000, "million": 1_000_000}
#: One whose coming month is littered with time that was held and given back.
RELEASED, RELEASED_HOLDS = "released", 5_000
#: Ten who share the services, each with a past of their own.
TEN = [f"one-of-ten-{n}" for n in range(10)]
AHEAD = 200
BOOKINGS = 120
RACERS = 50
CLIENTS = 8
MESSAGES_PER_ROUND = 20
SPANS = {"a day": (1, None), "a week": (7, 2.0), "a month": (31, 1.5)}


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
    released: Practitioner
    ten: list[Practitioner]
    bare: Practitioner


def prepare(*, quick: bool) -> People:
    """Migrate, and fill the calendars; `quick` goes without the million."""
    call_command("migrate", verbosity=0)
    office = make.make_office()
    pasts = {k: n for k, n in PAST.items() if not quick or n < PAST["million"]}
    say(f"Preparing {sum(pasts.values()):,} past appointments ...")
    by_past = {slug: _practitioner(office, slug, past=past) for slug, past in pasts.items()}
    released = _practitioner(office, RELEASED, past=0)
    _litter(released, office.services[SERVICE])
    ten = [_practitioner(office, slug, past=1_000) for slug in TEN]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return People(office, by_past, released, ten, make.make_practitioner(slug="bare"))


def _practitioner(office: make.Office, slug: str, *, past: int) -> Practitioner:
    practitioner = make.make_practitioner(slug=slug)
    for service in office.services.values():
        service.practitioners.add(practitioner)
    quietly = {"practitioner": slug, "stdout": _Nowhere()}
    call_command("seed_load", appointments=AHEAD, ahead=AHEAD, **quietly)
    if past:
        call_command("seed_load", appointments=past, ahead=0, **quietly)
    return practitioner


def _litter(practitioner: Practitioner, service: Service) -> None:
    """Time of the coming month that was held once and given back."""
    now = timezone.now()
    starts = [now + timedelta(minutes=9 * n) for n in range(RELEASED_HOLDS)]
    Appointment.objects.bulk_create(
        Appointment(
            practitioner=practitioner,
            service=service,
            state="released",
            starts_at=start,
            ends_at=start + timedelta(minutes=50),
            blocked_from=start,
            blocked_until=start + timedelta(minutes=60),
            wall_start=start.strftime("%Y-%m-%dT%H:%M"),
            wall_zone="UTC",
            held_until=now,
            modality="video",
            created_at=now,
        )
        for start in starts
    )


def measure(people: People, ports: Ports, mail: Path, *, web: int, quick: bool) -> Iterator[Row]:
    """All rows; `quick` for a look. `web` is the process that serves Attune."""
    seconds = 1.0 if quick else 8.0
    for span in SPANS:
        yield from _slots(people, ports, span, seconds=seconds)
    yield _slots_of_ten(people, ports, seconds=seconds)
    for span in SPANS:
        yield _many_clients(people, ports, span, seconds=seconds)
    yield _booking(people, ports)
    yield from _race(people, ports)
    yield _together(people)
    yield _delivery(ports, mail, rounds=2 if quick else 5)
    yield _memory(people, ports, web, calls=300 if quick else 3_000)
    yield from messages.measure(people.office, people.office.services[SERVICE], quick=quick)
    say("Questionnaires ...")
    yield from intake.measure(
        people.office, people.bare, attune=ports.attune, floor=ports.floor, quick=quick
    )
    say("Messages, end to end ...")
    yield from delivering.measure(people.office, mail, ports.mail, quick=quick)


@dataclass(frozen=True)
class _Search:
    """The same question to Attune and to the floor."""

    attune: str
    floor: str

    @classmethod
    def of(cls, practitioner: Practitioner, days: int) -> "_Search":
        first = timezone.now().date() + timedelta(days=3)
        period = f"from={first}&to={first + timedelta(days=days - 1)}"
        return cls(
            f"/api/v1/slots/?service={SERVICE}&practitioner={practitioner.slug}&{period}",
            f"/slots?practitioner={practitioner.id}&{period}",
        )


def _slots(people: People, ports: Ports, span: str, *, seconds: float) -> Iterator[Row]:
    say(f"Slots of {span} ...")
    days, goal = SPANS[span]
    attune, floor = Client(ports.attune), Client(ports.floor)
    everyone = people.by_past | {RELEASED: people.released}
    searches = {slug: _Search.of(who, days) for slug, who in everyone.items()}
    calls = {}
    for slug, search in searches.items():
        answers = json.loads(attune.get(search.attune)), json.loads(floor.get(search.floor))
        assert answers[0] == answers[1], "the floor answers something else"
        assert answers[0]["slots"] or days == 1
        calls[slug] = lambda path=search.attune: attune.get(path)
        calls[f"floor {slug}"] = lambda path=search.floor: floor.get(path)
    found = interleaved(calls, seconds=seconds, least=50)
    for slug in people.by_past:
        name = f"slots of {span}, {PAST[slug]:,} past appointments"
        yield Row.of(name, found[slug], found[f"floor {slug}"], goal)
    most = max(people.by_past, key=lambda slug: PAST[slug])
    yield Row.of(
        f"slots of {span}, {PAST[most]:,} past against none", found[most], found["none"], goal=1.2
    )
    yield Row.of(
        f"slots of {span}, {RELEASED_HOLDS:,} released holds against none",
        found[RELEASED],
        found["none"],
        goal=1.2,
    )


def _slots_of_ten(people: People, ports: Ports, *, seconds: float) -> Row:
    say("Slots of ten practitioners ...")
    attune, floor = Client(ports.attune), Client(ports.floor)
    searches = [_Search.of(one, 7) for one in people.ten]
    found = interleaved(
        {
            "attune": lambda: [attune.get(s.attune) for s in searches],
            "floor": lambda: [floor.get(s.floor) for s in searches],
        },
        seconds=seconds,
        least=20,
    )
    return Row.of("a week of ten practitioners, one by one", found["attune"], found["floor"], 2.0)


def _many_clients(people: People, ports: Ports, span: str, *, seconds: float) -> Row:
    """Half the time to Attune, half to the floor, in turns of a quarter second."""
    say(f"Slots of {span}, {CLIENTS} clients ...")
    days, _ = SPANS[span]
    search = _Search.of(people.by_past["many"], days)
    taken: dict[str, list[float]] = {"attune": [], "floor": []}
    paths = {"attune": (ports.attune, search.attune), "floor": (ports.floor, search.floor)}
    turns = max(2, int(seconds / 0.25))
    for turn in range(turns * 2):
        who = ("attune", "floor")[turn % 2]
        port, path = paths[who]
        with ThreadPoolExecutor(CLIENTS) as pool:
            for times in pool.map(_ask_for, [(port, path)] * CLIENTS):
                taken[who] += times
    return Row.of(
        f"slots of {span}, {CLIENTS} clients at once",
        statistics.median(taken["attune"]) * 1000,
        statistics.median(taken["floor"]) * 1000,
        2.0 if days == 7 else None,
    )


def _ask_for(where: tuple[int, str]) -> list[float]:
    client = Client(where[0])
    times = []
    deadline = time.perf_counter() + 0.25
    while time.perf_counter() < deadline:
        began = time.perf_counter()
        client.get(where[1])
        times.append(time.perf_counter() - began)
    return times


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
    for _ in range(10):
        calls["attune"]()
    with connection.cursor() as cursor:
        # Of tables that were empty a moment ago PostgreSQL believes that they still are.
        cursor.execute("ANALYZE")
    found = interleaved(calls, seconds=0, least=BOOKINGS - 20)
    return Row.of("a booking", found["attune"], found["floor"], goal=3.0)


def _race(people: People, ports: Ports) -> Iterator[Row]:
    """Fifty ask for one slot at the same moment: one gets it, and nobody waits long to hear."""
    say(f"{RACERS} racing for one slot ...")
    practitioner = people.by_past["some"]
    start = _apart(practitioner, people.office)[0]
    gate = threading.Barrier(RACERS)

    def ask(_number: int) -> tuple[int, float]:
        client, body = Client(ports.attune), _body(practitioner, start)
        gate.wait()
        began = time.perf_counter()
        status, _ = client.call("POST", "/api/v1/requests/", body)
        return status, (time.perf_counter() - began) * 1000

    with ThreadPoolExecutor(RACERS) as pool:
        answers = list(pool.map(ask, range(RACERS)))
    statuses = Counter(status for status, _ in answers)
    assert statuses == {201: 1, 409: RACERS - 1}, statuses
    times = sorted(ms for _, ms in answers)
    yield Row.of(f"the worst of {RACERS} racing, against their median", times[-1], times[25])


def _together(people: People) -> Row:
    """Milliseconds of CPU for eight people and six weeks, against the goal of 50."""
    say("Finding a time together ...")
    starts = [timezone.now() + timedelta(minutes=30 * n) for n in range(42 * 16)]
    voters = [uuid.uuid4() for _ in range(8)]
    votes = {
        voter: {s: ("can", "could", "cant")[(n + i) % 3] for i, s in enumerate(starts)}
        for n, voter in enumerate(voters)
    }
    began = time.process_time()
    for _ in range(10):
        together.matches(starts, votes, voters)
        together.nearest(starts, votes, voters)
    return Row.of("a time for 8 people in 6 weeks, of 50 ms CPU", cpu_ms(began) / 10, 50.0, 1.0)


def cpu_ms(began: float) -> float:
    """Milliseconds of CPU since then."""
    return (time.process_time() - began) * 1000


def _memory(people: People, ports: Ports, web: int, *, calls: int) -> Row:
    """The resident memory of the web process after many searches, against before."""
    say(f"Memory over {calls:,} searches ...")
    attune, search = Client(ports.attune), _Search.of(people.by_past["many"], 31)
    for _ in range(100):
        attune.get(search.attune)
    before = _resident(web)
    for _ in range(calls):
        attune.get(search.attune)
    return Row.of(f"MB of the web process after {calls:,} searches", _resident(web), before, 1.05)


def _resident(process: int) -> float:
    """Megabytes of a process and its children."""
    everyone = [process]
    for tasks in Path(f"/proc/{process}/task").glob("*/children"):
        everyone += [int(child) for child in tasks.read_text().split()]
    pages = [int(Path(f"/proc/{p}/statm").read_text().split()[1]) for p in everyone]
    return sum(pages) * resource.getpagesize() / 1e6


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
