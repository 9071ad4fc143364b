"""The rows behind messages about several dates: a series, a seat in a group, a whole group."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch

from booking.domain.states import AppointmentState, SeatState
from booking.models import Appointment, Attendance, Cohort, Participant, Seat, Series
from notifications.domain.facts import CohortFacts, Date, SeatFacts, SeriesFacts
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from notifications.queries.persons import person, recipient

_TOOK_PLACE = (AppointmentState.BOOKED, AppointmentState.FULFILLED, AppointmentState.NO_SHOW)


def series_of(appointment_id: UUID) -> UUID | None:
    """The series that an appointment is one of."""
    found = Appointment.objects.filter(pk=appointment_id, series__isnull=False)
    return found.values_list("series_id", flat=True).first()


def series(series_id: UUID) -> Series:
    """A series, with whom it is with."""
    return Series.objects.select_related("request__practitioner").get(pk=series_id)


def series_facts(series_id: UUID) -> SeriesFacts:
    """A series as the plan sees it."""
    row = series(series_id)
    return SeriesFacts(
        id=row.id,
        revision=row.revision,
        practitioner=recipient(row.request.practitioner),
        people=[person(p) for p in people_of_series(series_id)],
        dates=[_date(a) for a in _dates_of_series(series_id)],
    )


def people_of_series(series_id: UUID) -> Sequence[Participant]:
    """Everybody who was ever on the roster of one of its dates."""
    return list(
        Participant.objects.filter(attendances__appointment__series=series_id)
        .select_related("answer_sheet")
        .distinct()
    )


def _dates_of_series(series_id: UUID) -> Sequence[Appointment]:
    present = Attendance.objects.filter(left_at__isnull=True)
    return list(
        Appointment.objects.filter(series=series_id, state__in=_TOOK_PLACE)
        .prefetch_related(Prefetch("attendances", queryset=present, to_attr="roster"))
        .order_by("starts_at")
    )


def _date(appointment: Appointment) -> Date:
    roster: Sequence[Attendance] = appointment.roster  # type: ignore[attr-defined]  # prefetched
    return Date(
        appointment_id=appointment.id,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        wall=f"{appointment.wall_start.rpartition('T')[2]} {appointment.wall_zone}",
        is_ahead=appointment.state == AppointmentState.BOOKED,
        coming=frozenset(a.participant_id for a in roster),
    )


def seat(seat_id: UUID) -> Seat:
    """A seat, with its group and the request that it was asked for with."""
    return Seat.objects.select_related("cohort__practitioner", "request").get(pk=seat_id)


def seat_facts(row: Seat) -> SeatFacts:
    """A seat as the plan sees it."""
    requester = row.request.participants.select_related("answer_sheet").filter(is_requester=True)
    return SeatFacts(
        id=row.id,
        state=row.state,
        practitioner=recipient(row.cohort.practitioner),
        people=[person(p) for p in requester],
        first_start=_first_start(row.cohort),
    )


def cohort(cohort_id: UUID) -> Cohort:
    """A group, with whom it is with."""
    return Cohort.objects.select_related("practitioner").get(pk=cohort_id)


def cohort_facts(row: Cohort) -> CohortFacts:
    """A group as the plan sees it."""
    members = members_of(row)
    takes_place = row.state in (Cohort.State.OPEN, Cohort.State.CLOSED)
    return CohortFacts(
        id=row.id,
        state=row.state,
        revision=row.revision,
        practitioner=recipient(row.practitioner),
        people=[person(p) for p in members],
        is_short=takes_place and len(members) < row.minimum,
        first_start=_first_start(row),
    )


def members_of(row: Cohort) -> Sequence[Participant]:
    """Those who have a seat."""
    return list(
        Participant.objects.filter(
            is_requester=True, request__seat__cohort=row, request__seat__state=SeatState.GIVEN
        )
        .select_related("answer_sheet")
        .order_by("pk")
    )


def _first_start(row: Cohort) -> datetime | None:
    booked = row.appointments.filter(state=AppointmentState.BOOKED).order_by("starts_at")
    return booked.values_list("starts_at", flat=True).first()


def dates_told(delivery: Delivery) -> Sequence[Appointment]:
    """The dates that this message tells its recipient; of the practitioner's, what it leads to."""
    found = Appointment.objects.select_related("service", "practitioner").order_by("starts_at")
    if delivery.participant_id is not None:
        found = found.filter(
            attendances__participant=delivery.participant_id, attendances__left_at__isnull=True
        )
    if delivery.kind == Kind.DATES_CANCELLED:
        told = delivery.change.snapshot.get("appointments", ())
        return list(found.filter(pk__in=told, state=AppointmentState.CANCELLED))
    booked = found.filter(state=AppointmentState.BOOKED)
    match delivery.subject_type:
        case "series":
            of_series = booked.filter(series=delivery.subject_id)
            if delivery.kind == Kind.CLOCK_SHIFT and delivery.says_start is not None:
                of_series = of_series.filter(starts_at=delivery.says_start)
            return list(of_series)
        case "seat":
            return list(booked.filter(cohort__places=delivery.subject_id))
    return []
