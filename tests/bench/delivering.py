"""Messages a second with two workers, and the search for what is due behind a million that left."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from django.db import connection
from django.db.models import Max
from django.utils import timezone

from booking.models import Appointment, Attendance, Participant
from notifications.domain.kinds import Kind
from notifications.models import Delivery, Invite
from notifications.operations.claiming import claim_due, give_back
from notifications.operations.planning import plan_waiting
from tests.bench import planning
from tests.bench.measuring import Row
from tests.bench.planning import like
from tests.booking import factories as make
from tests.browser.people import where_it_is_day

BASE_DIR = Path(__file__).resolve().parents[2]
WORKERS = 2
_TURNS = 3
_COLUMNS = [str(f.column) for f in Delivery._meta.concrete_fields]
_FIELDS = ", ".join(_COLUMNS)
_CHANGED = {
    "id": "gen_random_uuid()",
    "key": "'bench:' || n",
    "state": "'sent'",
    "invite_id": "NULL",
}


def measure(office: make.Office, mail: Path, mail_port: int, *, quick: bool) -> Iterator[Row]:
    """All rows of this module; `quick` for a look."""
    pattern = _booked(office)
    yield from _end_to_end(pattern, mail, mail_port, number=400 if quick else 2_000)
    yield from planning.measure(office, quick=quick)
    pattern = _booked(office)
    yield _due_scan(pattern, behind=100_000 if quick else 1_000_000)


def _booked(office: make.Office) -> Delivery:
    """A message with an invite that is due: the pattern of all that follow."""
    plan_waiting(now=timezone.now(), limit=100_000)
    planning.clear()
    appointment = make.booked(office, now=timezone.now())
    # Without their word that nobody else reads their mail, nobody gets a calendar file; and at
    # night nobody gets anything.
    Participant.objects.filter(request=appointment.request).update(
        shared_mailbox="no", time_zone=where_it_is_day()
    )
    plan_waiting(now=timezone.now(), limit=100_000)
    Delivery.objects.filter(state="pending").exclude(kind=Kind.BOOKED).delete()
    pattern = Delivery.objects.get(state="pending", kind=Kind.BOOKED)
    assert pattern.invite is not None
    return pattern


def _end_to_end(pattern: Delivery, mail: Path, port: int, *, number: int) -> Iterator[Row]:
    """Workers of their own against loops that hand one of their letters to the same server.

    Against one loop, as one would write it, and against as many at once as there are workers, which
    is the least that the server takes. In turns, because a machine that slows down slows all of
    them; the median of the ratios counts.
    """
    turns: dict[int, list[tuple[float, float]]] = {1: [], WORKERS: []}
    for _ in range(_TURNS):
        # Each sends one before it says that it is ready.
        pattern = _multiply(pattern, number + WORKERS)
        taken = set(mail.glob("*.eml"))
        ours = _together([("tests.bench.sender", f"bench-{n}") for n in range(WORKERS)], number)
        letter = next(iter(set(mail.glob("*.eml")) - taken))
        for loops, found in turns.items():
            raw = ("tests.bench.raw", str(port), str(letter), str(number // loops))
            found.append((ours, _together([raw] * loops, number)))
    name = f"a message with an invite, {WORKERS} workers"
    for loops, goal, against in ((1, 1.67, ""), (WORKERS, None, f", against {WORKERS} loops")):
        by_ratio = sorted(turns[loops], key=lambda turn: turn[0] / turn[1])
        ours, floor = by_ratio[_TURNS // 2]
        yield Row.of(name + against, ours * 1000 / number, floor * 1000 / number, goal)


def _together(modules: Sequence[Sequence[str]], number: int) -> float:
    """Seconds from the word until all have said what they sent: their starts and ends cost none."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", *module],
            env={**os.environ, "ATTUNE_MAIL_PER_MINUTE": "0"},
            cwd=BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for module in modules
    ]
    assert [_line_of(process) for process in processes] == ["ready"] * len(processes)
    began = time.perf_counter()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    sent = sum(int(_line_of(process)) for process in processes)
    took = time.perf_counter() - began
    for process in processes:
        process.communicate(timeout=60)
    assert sent == number
    return took


def _line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip()


def _multiply(pattern: Delivery, number: int) -> Delivery:
    """In its place so many, each about an appointment of its own, with an invite of its own.

    One of them that was not stored: the pattern of as many more.
    """
    assert pattern.invite is not None
    there = pattern.invite.attendance
    last = Appointment.objects.aggregate(last=Max("blocked_until"))["last"]
    dates, comers, invites, rows = [], [], [], []
    for n in range(number):
        date = like(there.appointment, claim=uuid4())
        # One after the other, behind all that there is: they must not meet.
        later = last + timedelta(hours=1 + n) - date.blocked_from
        for name in ("starts_at", "ends_at", "blocked_from", "blocked_until"):
            setattr(date, name, getattr(date, name) + later)
        comer = like(there, appointment=date)
        invite = like(pattern.invite, attendance=comer, uid=uuid4())
        row = like(pattern, key=f"{pattern.key}:{invite.uid}", invite=invite)
        row.subject_id, row.says_start = date.pk, date.starts_at
        dates.append(date)
        comers.append(comer)
        invites.append(invite)
        rows.append(row)
    Delivery.objects.filter(pk=pattern.pk).delete()
    Appointment.objects.bulk_create(dates, batch_size=1_000)
    Attendance.objects.bulk_create(comers, batch_size=1_000)
    Invite.objects.bulk_create(invites, batch_size=1_000)
    Delivery.objects.bulk_create(rows, batch_size=1_000)
    return like(rows[-1])


def _due_scan(pattern: Delivery, *, behind: int) -> Row:
    """Claiming fifty due messages, with so many sent ones in the table and before."""
    pattern.pk, pattern.key = uuid4(), "bench:pattern"
    pattern.save(force_insert=True)
    _multiply(pattern, 50)
    _tidy()  # or the search before would wade through what other rows have left
    few = _claim()
    columns = ", ".join(_CHANGED.get(name, name) for name in _COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO notifications_delivery ({_FIELDS})"  # noqa: S608  (our own columns)
            f" SELECT {columns} FROM (SELECT * FROM notifications_delivery"
            f" WHERE state = 'pending' LIMIT 1) AS p, generate_series(1, {behind:d}) AS n"
        )
    _tidy()
    return Row.of(f"finding 50 due behind {behind:,} sent", _claim(), few, 1.5)


def _tidy() -> None:
    """Else what was written is still being carried out and looked through meanwhile.

    With the indexes: of a big table with few dead rows VACUUM leaves them as they are.
    """
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE, INDEX_CLEANUP ON) notifications_delivery")
        cursor.execute("CHECKPOINT")


def _claim() -> float:
    """Milliseconds, of the fastest tenth: whatever else the machine does only adds."""
    times = []
    for _ in range(200):
        began = time.perf_counter()
        claimed = claim_due(claim="bench", now=timezone.now(), limit=50)
        times.append(time.perf_counter() - began)
        assert len(claimed) == 50
        give_back(claim="bench", ids=[d.pk for d in claimed])
    return statistics.quantiles(times, n=10)[0] * 1000
