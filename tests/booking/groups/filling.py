"""What tests of groups share."""

from datetime import datetime
from typing import Any

import pytest

from booking.domain.refusals import (
    InvalidRequest,
)
from booking.models import (
    Appointment,
    Cohort,
    Participant,
    Request,
    Seat,
)
from booking.operations import (
    groups,
    places,
)
from practice.models import Change
from tests.booking import factories as make
from tests.booking.factories import NOW, Office


def changes(kind: str) -> list[Change]:
    return list(Change.objects.filter(kind=kind).order_by("id"))


def fresh(cohort: Cohort) -> Cohort:
    return Cohort.objects.get(pk=cohort.pk)


def sessions(cohort: Cohort, state: str = "booked") -> list[Appointment]:
    return list(cohort.appointments.filter(state=state).order_by("starts_at"))


def asked(office: Office, cohort: Cohort, *, name: str = "Robin", **more: Any) -> Request:
    return make.submitted(office, "group", cohort=cohort.slug, seat_name=name, **more)


def verified(office: Office, cohort: Cohort, *, name: str = "Robin", **more: Any) -> Request:
    return make.verified(office, "group", cohort=cohort.slug, seat_name=name, **more)


def ready(office: Office, cohort: Cohort, *, name: str = "Robin", **more: Any) -> Request:
    return make.ready(office, "group", cohort=cohort.slug, seat_name=name, **more)


def called(office: Office, cohort: Cohort, *, name: str = "Robin", **more: Any) -> Appointment:
    """The call before joining, booked."""
    return make.booked(office, "group", cohort=cohort.slug, seat_name=name, **more)


def give(office: Office, seat: Seat, *, now: datetime = NOW, without_call: bool = False) -> Seat:
    return places.give_seat(
        seat_id=seat.pk,
        practitioner_id=office.practitioner.pk,
        now=now,
        without_call=without_call,
    )


def coming(appointment: Appointment) -> set[Participant]:
    return {a.participant for a in appointment.attendances.filter(left_at__isnull=True)}


def codes(problem: pytest.ExceptionInfo[InvalidRequest]) -> list[tuple[str, str]]:
    return [(p.field, p.code) for p in problem.value.problems]


def taken_and_kept(cohort: Cohort) -> tuple[int, int]:
    """What the group counts, and how many seats take one: always the same."""
    return (
        fresh(cohort).seats_taken,
        cohort.places.filter(state__in=("asked", "given")).count(),
    )


def edit(office: Office, cohort: Cohort, **more: Any) -> Cohort:
    usual: dict[str, Any] = {
        "title": cohort.title,
        "description": cohort.description,
        "seats": cohort.seats,
        "minimum": cohort.minimum,
        "decide_date": cohort.decide_date,
        "state": cohort.state,
    }
    return groups.edit(
        cohort_id=cohort.pk, practitioner_id=office.practitioner.pk, now=NOW, **(usual | more)
    )
