"""Planning a hundred thousand deliveries from the outbox, against a bare bulk insert of them."""

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import batched
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import Max, Model, UUIDField
from django.utils import timezone

from booking.models import Appointment, Attendance, Participant, Request
from notifications.models import Delivery, Invite
from notifications.operations.planning import TOGETHER, plan_waiting
from practice.models import Change, Pending
from tests.bench.measuring import Row
from tests.booking import factories as make

DELIVERIES = 100_000
#: What one booking of one person far ahead makes due: told to both, and three reminders.
_EACH = 5
_CHUNK = 1_000


def measure(office: make.Office, *, quick: bool) -> Iterator[Row]:
    """What a delivery costs, and whether the memory stays where it was."""
    bookings = (DELIVERIES // 20 if quick else DELIVERIES) // _EACH
    _book(office, bookings)
    before = Delivery.objects.count()
    taken, memory = 0.0, 0.0
    # As the sweep does it, so many at a time; the first tenth fills what is kept for good.
    for _tenth in range(10):
        began = time.perf_counter()
        tally = plan_waiting(now=timezone.now(), limit=bookings // 10)
        taken += time.perf_counter() - began
        assert tally.unplannable == 0, tally
        memory = memory or resident()
    grown = resident()
    planned = Delivery.objects.count() - before
    assert planned == bookings * _EACH, planned
    assert not Pending.objects.exists()
    inserted, copied = _bare()
    of = f"of {planned:,}"
    yield Row.of(f"planning a delivery, {of}", _ms(taken, planned), _ms(inserted, planned), 2.0)
    yield Row.of(f"planning, {of}, against COPY", _ms(taken, planned), _ms(copied, planned))
    yield Row.of(f"MB after planning {planned:,} deliveries", grown, memory, 1.1)
    clear()


def _ms(seconds: float, number: int) -> float:
    return seconds * 1000 / number


def _bare() -> tuple[float, float]:
    """Seconds for the same rows and calendar entries, a thousand at a time: inserted, and copied.

    Inserted as Django does it; COPY is the fastest that PostgreSQL knows.
    """
    inserted = copied = 0.0
    waiting = Delivery.objects.filter(state="pending").order_by("planned_at", "pk")
    for chunk in batched(list(waiting.values_list("pk", flat=True)), _CHUNK, strict=False):
        rows = list(Delivery.objects.filter(pk__in=chunk))
        invites = list(Invite.objects.filter(deliveries__in=rows))
        _remove(rows, invites)
        began = time.perf_counter()
        Invite.objects.bulk_create(invites)
        Delivery.objects.bulk_create(rows)
        inserted += time.perf_counter() - began
        _remove(rows, invites)
        began = time.perf_counter()
        with transaction.atomic():
            _copy(invites)
            _copy(rows)
        copied += time.perf_counter() - began
    return inserted, copied


def _remove(*tables: Sequence[Model]) -> None:
    for rows in tables:
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {rows[0]._meta.db_table} WHERE id = ANY(%s)",  # noqa: S608
                [[row.pk for row in rows]],
            )


def _copy(rows: Sequence[Model]) -> None:
    meta = rows[0]._meta
    columns = ", ".join(str(f.column) for f in meta.concrete_fields)
    attributes = [f.attname for f in meta.concrete_fields]
    statement = f"COPY {meta.db_table} ({columns}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([getattr(row, attribute) for attribute in attributes])


def clear() -> None:
    """Leave no delivery that waits, and nothing to plan."""
    Pending.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM notifications_delivery WHERE state = 'pending'")


def _book(office: make.Office, number: int) -> None:
    """So many appointments, each of somebody else, that have just been booked."""
    clear()
    pattern = make.booked(office, now=timezone.now())
    Participant.objects.filter(request=pattern.request).update(shared_mailbox="no")
    (there,) = Attendance.objects.select_related("participant__request").filter(appointment=pattern)
    booked = Change.objects.get(kind="appointment_booked", subject_id=pattern.pk)
    Pending.objects.all().delete()
    last = Appointment.objects.aggregate(last=Max("blocked_until"))["last"]
    first = max(last, timezone.now()).replace(hour=17, minute=0) + timedelta(days=10)
    for chunk in batched(range(number), TOGETHER * 5, strict=False):
        # Six a day, where it is day: none of their reminders is left out because it is night.
        starts = [first + timedelta(days=n // 6, hours=n % 6) for n in chunk]
        _copies(pattern, there, booked, starts)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _copies(pattern: Appointment, there: Attendance, booked: Change, starts: list[Any]) -> None:
    requests, people, dates, comers, changes = [], [], [], [], []
    for start in starts:
        request = like(there.participant.request)
        person = like(there.participant, request=request, email=make.address("bench"))
        date = like(pattern, request=request, claim=uuid4())
        later = start - date.blocked_from
        for name in ("starts_at", "ends_at", "blocked_from", "blocked_until"):
            setattr(date, name, getattr(date, name) + later)
        requests.append(request)
        people.append(person)
        dates.append(date)
        comers.append(like(there, appointment=date, participant=person))
        changes.append(like(booked, subject_id=date.pk))
    Request.objects.bulk_create(requests)
    Participant.objects.bulk_create(people)
    Appointment.objects.bulk_create(dates)
    Attendance.objects.bulk_create(comers)
    Pending.objects.bulk_create([Pending(change=c) for c in Change.objects.bulk_create(changes)])


def like[M: Model](row: M, **changes: Any) -> M:
    """A copy of it that is not stored yet, and not quite the same."""
    copy = type(row)(**{f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields})
    copy.pk = uuid4() if isinstance(row._meta.pk, UUIDField) else None
    for name, value in changes.items():
        setattr(copy, name, value)
    return copy


def resident() -> float:
    """MB of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")
