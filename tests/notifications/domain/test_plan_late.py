"""Who is told what after the cut-off, and of somebody who is on the way and late."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from notifications.domain.kinds import Kind
from notifications.domain.plan import plan
from tests.notifications.domain.facts import (
    NIGHT,
    NOON,
    PRACTITIONER,
    appointment_of,
    change,
    person,
    told,
)


def test_a_late_wish_is_the_practitioners_to_know_and_nobody_elses() -> None:
    asker, other = person(), person()
    facts = appointment_of(asker, other, starts_at=NOON + timedelta(hours=20))
    planned = plan(change(facts, "late_wish", by=asker, participant=str(asker.id)), facts, now=NOON)
    assert told(planned) == {PRACTITIONER.id: {Kind.PRACTITIONER_LATE_WISH}}


def test_only_the_one_who_asked_hears_that_it_stays() -> None:
    asker, other = person(), person()
    facts = appointment_of(asker, other, starts_at=NOON + timedelta(hours=20))
    planned = plan(change(facts, "late_wish_kept", participant=str(asker.id)), facts, now=NOON)
    assert told(planned) == {asker.id: {Kind.LATE_WISH_KEPT}}


def test_running_late_reaches_everybody_at_once_also_at_night() -> None:
    two = person(), person(zone=ZoneInfo("Asia/Tokyo"))
    facts = appointment_of(*two, starts_at=NIGHT + timedelta(minutes=10))

    planned = plan(change(facts, "running_late", minutes=10), facts, now=NIGHT)

    assert told(planned) == {p.id: {Kind.RUNNING_LATE} for p in two}
    assert {m.due_at for m in planned.once} == {NIGHT}


def test_running_late_is_worth_nothing_once_it_has_begun_at_the_later_time() -> None:
    late = person()
    start = NOON + timedelta(minutes=5)
    facts = appointment_of(late, starts_at=start)

    to_them = plan(change(facts, "running_late", minutes=10), facts, now=NOON)
    to_practitioner = plan(change(facts, "running_late", by=late, minutes=10), facts, now=NOON)

    for planned in (to_them, to_practitioner):
        assert [m.not_after for m in planned.once] == [start + timedelta(minutes=10)]


def test_a_client_who_runs_late_tells_the_practitioner_alone() -> None:
    late, other = person(), person()
    facts = appointment_of(late, other, starts_at=NOON + timedelta(minutes=10))
    planned = plan(change(facts, "running_late", by=late, minutes=10), facts, now=NOON)
    assert told(planned) == {PRACTITIONER.id: {Kind.PRACTITIONER_RUNNING_LATE}}
