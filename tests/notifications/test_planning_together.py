"""Many changes planned at once: the same rows as one by one, in as many statements as for one."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from booking.domain.refusals import Refusal
from booking.models import Appointment, Attendance, Participant
from booking.operations import appointments, cancellations, participants, series
from notifications import tasks
from notifications.domain.kinds import Kind
from notifications.models import Delivery, Invite
from notifications.operations import planning, sending
from notifications.operations.planning import plan_change, plan_changes, plan_waiting
from practice.models import Change, Pending
from practice.operations import journal
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office
from tests.notifications.helpers import booked, deliveries, plan_all

pytestmark = pytest.mark.django_db

State = Delivery.State
FIRST = datetime(2026, 10, 19, 16, 0, tzinfo=NEW_YORK)


def waiting_changes() -> list[int]:
    return list(Pending.objects.order_by("change_id").values_list("change_id", flat=True))


# --- The same as one by one ------------------------------------------------------------------


@dataclass
class Practice:
    """What may happen in a practice; each step takes a number to choose with."""

    office: Office
    now: datetime = NOW

    def wait(self, number: int) -> None:
        self.now += timedelta(hours=number % 40)

    def move(self, number: int) -> None:
        found = self._booked(number)
        appointments.reschedule(
            appointment_id=found.pk,
            practitioner_id=self.office.practitioner.pk,
            starts_at=found.starts_at + timedelta(hours=number % 5 - 2),
            now=self.now,
        )

    def cancel(self, number: int) -> None:
        found = self._booked(number)
        comes = Attendance.objects.filter(appointment=found, left_at__isnull=True).first()
        if comes is not None:
            cancellations.cancel(
                appointment_id=found.pk, participant_id=comes.participant_id, now=self.now
            )

    def cancel_theirs(self, number: int) -> None:
        cancellations.cancel_by_practitioner(
            appointment_id=self._booked(number).pk,
            practitioner_id=self.office.practitioner.pk,
            now=self.now,
        )

    def wish(self, number: int) -> None:
        people = Participant.objects.order_by("request__created_at", "position", "pk")
        wishes: Sequence[dict[str, Any]] = (
            {"quiet_from": 22 * 60, "quiet_until": 6 * 60},
            {"quiet_from": 18 * 60, "quiet_until": 10 * 60},
            {"time_zone": "Asia/Tokyo"},
            {"reminder_cadence": "evening"},
            {"calendar_entry": "link"},
            {"calendar_entry": "event"},
            {"channel": "page"},
            {"channel": "email"},
            {"wants_reminders": False},
            {"wants_reminders": True},
        )
        with transaction.atomic():
            participants.save_profile(
                participant_id=people[number % people.count()].pk,
                profile=wishes[number % len(wishes)],
                now=self.now,
            )

    def plan(self, _number: int) -> None:
        plan_all(self.now)

    def send(self, _number: int) -> None:
        plan_all(self.now)
        sending.send_due(worker="w", now=self.now)

    def _booked(self, number: int) -> Appointment:
        found = Appointment.objects.filter(state="booked").order_by("starts_at")
        if not found:
            raise Refusal
        return found[number % found.count()]


STEPS: Sequence[Callable[[Practice, int], None]] = (
    Practice.wait,
    Practice.move,
    Practice.cancel,
    Practice.cancel_theirs,
    Practice.wish,
    Practice.wish,
    Practice.plan,
    Practice.send,
)


def rows() -> tuple[set[tuple[Any, ...]], set[tuple[Any, ...]]]:
    """Everything that planning writes, but for what is made up at random."""
    told = Delivery.objects.values_list(
        "key",
        "state",
        "reason",
        "settled_at",
        "change_id",
        "due_at",
        "try_at",
        "not_after",
        "says_start",
        "planned_at",
        "method",
        "sequence",
        "stamped_at",
        "invite__attendance_id",
    )
    invites = Invite.objects.values_list("attendance_id", "sequence", "organizer")
    return set(told), set(invites)


def test_planned_at_once_or_one_by_one_the_same_rows_come_of_it() -> None:
    office = make.make_office()
    first = make.booked(office, times=[FIRST.astimezone(UTC)])
    make.member(office, make.published(office))
    Participant.objects.update(shared_mailbox="no")
    series.start_series(
        appointment_id=first.pk,
        practitioner_id=office.practitioner.pk,
        every_weeks=1,
        starts=[FIRST + timedelta(weeks=n) for n in range(1, 4)],
        now=NOW,
    )
    make.booked(office, "couple")
    Participant.objects.filter(request__relationship_type="couple").update(shared_mailbox="no")
    compared = []

    # Without shrinking: each example is a practice of its own, and that would take minutes.
    @limits(
        max_examples=15,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 200)), max_size=8),
        st.integers(0, 30),
    )
    def compare(steps: list[tuple[Callable[[Practice, int], None], int]], hours: int) -> None:
        before = transaction.savepoint_create()
        practice = Practice(office)
        for step, number in steps:
            with suppress(Refusal):
                step(practice, number)
        now = practice.now + timedelta(hours=hours)
        recorded = waiting_changes()
        unplanned = transaction.savepoint_create()
        for change_id in recorded:
            plan_change(change_id=change_id, now=now)
        one_by_one = rows()
        transaction.savepoint_rollback(unplanned)
        planned = plan_changes(change_ids=recorded, now=now)
        together = rows()
        transaction.savepoint_rollback(before)
        compared.append(planned)
        assert planned == len(recorded)
        assert together == one_by_one

    compare()
    assert max(compared) > 20  # or the comparison would be of nothing


def test_a_message_that_is_overdue_as_a_reminder_is_not_planned_in_a_heap_either() -> None:
    office = make.make_office()
    start = make.open_starts(office, office.services["individual-50"])[-20]
    booked(office, times=(start,))
    late_at = start - timedelta(hours=3)

    plan_changes(change_ids=waiting_changes(), now=late_at)

    assert [d.key.split(":")[1].split("@")[0] for d in deliveries(Kind.REMINDER)] == ["120m"]


def test_what_is_planned_by_somebody_else_at_this_moment_is_left_to_them() -> None:
    booked(make.make_office())
    recorded = waiting_changes()
    assert plan_changes(change_ids=recorded, now=NOW) == len(recorded)
    assert plan_changes(change_ids=recorded, now=NOW) == 0


# --- As many statements as for one -----------------------------------------------------------


def test_one_thirty_or_three_hundred_changes_take_the_same_number_of_statements() -> None:
    office = make.make_office()
    pattern = booked(office)
    plan_all(NOW)
    Delivery.objects.all().delete()
    counts: list[int] = []
    for number in (1, 30, 300):
        recorded = _copies_of(pattern, number, after=sum(counts))
        with CaptureQueriesContext(connection) as queries:
            planned = plan_changes(change_ids=recorded, now=NOW)
        counts.append(len(queries))
        assert planned == number
        assert len(deliveries(Kind.BOOKED)) == Invite.objects.filter(sequence=0).count() - 1
        assert not Pending.objects.exists()
    assert counts[0] == counts[1] == counts[2] <= 20


def _copies_of(pattern: Appointment, number: int, *, after: int) -> list[int]:
    """So many appointments like this one, each of somebody else, that have just been booked."""
    there = Attendance.objects.select_related("participant__request").get(appointment=pattern)
    cause = Change.objects.get(kind="appointment_booked", subject_id=pattern.pk)
    changes = []
    for n in range(number):
        request = _like(there.participant.request)
        person = _like(there.participant, request=request, email=make.address())
        later = timedelta(days=30 + after, hours=n + 1)
        moved = {
            name: getattr(pattern, name) + later
            for name in ("starts_at", "ends_at", "blocked_from", "blocked_until")
        }
        date = _like(pattern, request=request, claim=uuid4(), **moved)
        _like(there, appointment=date, participant=person)
        changes.append(_like(cause, subject_id=date.pk))
    Pending.objects.bulk_create([Pending(change=change) for change in changes])
    return [change.pk for change in changes]


def _like(row: Any, **changes: Any) -> Any:
    """A stored copy of it that is not quite the same."""
    copy = type(row)(**{f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields})
    copy.pk = None if isinstance(row.pk, int) else uuid4()
    for name, value in changes.items():
        setattr(copy, name, value)
    copy.save(force_insert=True)
    return copy


def test_a_person_with_many_dates_takes_no_more_statements_than_one_with_few() -> None:
    office = make.make_office()
    counts = []
    for dates in (2, 10):
        first = make.booked(office)
        service = office.services["individual-50"]
        starts = make.open_starts(office, service, days=60)
        series.start_series(
            appointment_id=first.pk,
            practitioner_id=office.practitioner.pk,
            every_weeks=1,
            starts=_apart(starts, dates),
            now=NOW,
        )
        plan_all(NOW)
        with transaction.atomic():
            participants.save_profile(
                participant_id=_who_comes_to(first),
                profile={"quiet_from": 21 * 60},
                now=NOW,
            )
        [recorded] = waiting_changes()
        with CaptureQueriesContext(connection) as queries:
            plan_change(change_id=recorded, now=NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def _who_comes_to(appointment: Appointment) -> UUID:
    return Attendance.objects.get(appointment=appointment).participant_id


def _apart(starts: Sequence[datetime], number: int) -> list[datetime]:
    days = {start.date(): start for start in starts if start > NOW + timedelta(days=3)}
    return [start for _day, start in sorted(days.items())][:number]


# --- One that is broken, and those who ring --------------------------------------------------


def test_a_change_that_cannot_be_planned_is_left_and_keeps_no_other_waiting() -> None:
    office = make.make_office()
    for _ in range(3):
        booked(office)
    good = waiting_changes()
    journal.record(
        kind="appointment_booked",
        subject_type="appointment",
        subject_id=uuid4(),
        actor=journal.SYSTEM,
        at=NOW,
    )
    booked(office)

    tally = plan_waiting(now=NOW, limit=planning.TOGETHER)

    [left] = Pending.objects.select_related("change")
    assert (left.change.actor, tally.unplannable) == (journal.SYSTEM, 1)
    assert tally.planned > len(good)
    assert len({d.subject_id for d in deliveries(Kind.BOOKED)}) == 4


def test_the_outbox_is_planned_oldest_first_and_as_far_as_there_is_time() -> None:
    booked(make.make_office())
    recorded = waiting_changes()

    tally = plan_waiting(now=NOW, limit=2)

    assert tally.planned == 2
    assert waiting_changes() == recorded[2:]


@pytest.mark.django_db(transaction=True)
def test_one_nudge_may_announce_several_changes() -> None:
    booked(make.make_office())

    tasks.plan_change(*waiting_changes())

    assert not Pending.objects.exists()
    assert deliveries(Kind.BOOKED)
