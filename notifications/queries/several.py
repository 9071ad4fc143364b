"""The rows behind messages about several dates: a series, a seat in a group, a whole group."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Prefetch

from booking.domain.states import AppointmentState, SeatState
from booking.models import Appointment, Attendance, Cohort, Participant, Seat, Series
from notifications.domain.facts import CohortFacts, Date, Person, SeatFacts, SeriesFacts
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from notifications.queries.persons import person, recipient

_TOOK_PLACE = (AppointmentState.BOOKED, AppointmentState.FULFILLED, AppointmentState.NO_SHOW)


def series(series_id: UUID) -> Series:
    """A series, with whom it is with."""
    return Series.objects.select_related("request__practitioner").get(pk=series_id)


def series_facts(series_id: UUID) -> SeriesFacts:
    """A series as the plan sees it. Raises `LookupError` if there is none."""
    return series_facts_of([series_id])[series_id]


def series_facts_of(ids: Collection[UUID]) -> dict[UUID, SeriesFacts]:
    """Many series as the plan sees them. Five queries, however many there are."""
    rows = list(Series.objects.select_related("request__practitioner").filter(pk__in=ids))
    if not rows:
        return {}
    people: dict[UUID, list[Person]] = {pk: [] for pk in ids}
    on_roster = Attendance.objects.filter(appointment__series__in=ids)
    distinct = on_roster.order_by("participant_id").distinct()
    pairs = list(distinct.values_list("appointment__series_id", "participant_id"))
    known = {
        p.id: person(p)
        for p in Participant.objects.select_related("answer_sheet").filter(
            pk__in={who for _, who in pairs}
        )
    }
    for series_id, who in pairs:
        people[series_id].append(known[who])
    dates: dict[UUID, list[Date]] = {pk: [] for pk in ids}
    for appointment in _dates_of_series(ids):
        dates[appointment.series_id].append(_date(appointment))
    return {
        row.id: SeriesFacts(
            id=row.id,
            revision=row.revision,
            practitioner=recipient(row.request.practitioner),
            people=people[row.id],
            dates=dates[row.id],
        )
        for row in rows
    }


def people_of_series(series_id: UUID) -> Sequence[Participant]:
    """Everybody who was ever on the roster of one of its dates."""
    return list(
        Participant.objects.filter(attendances__appointment__series=series_id)
        .select_related("answer_sheet")
        .distinct()
    )


def _dates_of_series(ids: Collection[UUID]) -> Sequence[Any]:
    present = Attendance.objects.filter(left_at__isnull=True)
    return list(
        Appointment.objects.filter(series__in=ids, state__in=_TOOK_PLACE)
        .prefetch_related(Prefetch("attendances", queryset=present, to_attr="roster"))
        .order_by("starts_at")
    )


def _date(appointment: Any) -> Date:
    roster: Sequence[Attendance] = appointment.roster  # prefetched
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
    return seat_facts_of([row.id])[row.id]


def seat_facts_of(ids: Collection[UUID]) -> dict[UUID, SeatFacts]:
    """Many seats as the plan sees them. Three queries, however many there are."""
    seats = list(Seat.objects.select_related("cohort__practitioner").filter(pk__in=ids))
    if not seats:
        return {}
    requesters = Participant.objects.select_related("answer_sheet").filter(
        is_requester=True, request__in=[s.request_id for s in seats]
    )
    people: dict[UUID, list[Person]] = {s.request_id: [] for s in seats}
    for requester in requesters:
        people[requester.request_id].append(person(requester))
    starts = _starts_of({s.cohort_id for s in seats})
    return {
        s.id: SeatFacts(
            id=s.id,
            state=s.state,
            practitioner=recipient(s.cohort.practitioner),
            people=people[s.request_id],
            first_start=starts[s.cohort_id].first_booked,
        )
        for s in seats
    }


def cohort(cohort_id: UUID) -> Cohort:
    """A group, with whom it is with."""
    return Cohort.objects.select_related("practitioner").get(pk=cohort_id)


def cohort_facts(row: Cohort) -> CohortFacts:
    """A group as the plan sees it."""
    return cohort_facts_of([row.id])[row.id]


def cohort_facts_of(ids: Collection[UUID]) -> dict[UUID, CohortFacts]:
    """Many groups as the plan sees them. Three queries, however many there are."""
    rows = list(Cohort.objects.select_related("practitioner").filter(pk__in=ids))
    if not rows:
        return {}
    members: dict[UUID, list[Person]] = {pk: [] for pk in ids}
    for cohort_id, member in _members(ids):
        members[cohort_id].append(person(member))
    starts = _starts_of(ids)
    found = {}
    for row in rows:
        takes_place = row.state in (Cohort.State.OPEN, Cohort.State.CLOSED)
        found[row.id] = CohortFacts(
            id=row.id,
            state=row.state,
            revision=row.revision,
            practitioner=recipient(row.practitioner),
            people=members[row.id],
            is_short=takes_place and len(members[row.id]) < row.minimum,
            first_start=starts[row.id].first_booked,
            begins_at=starts[row.id].begins_at if takes_place else None,
        )
    return found


@dataclass(frozen=True, slots=True)
class Starts:
    """When the first date of a group is that is booked, and the first of all that there are.

    `begins_at` is None once that one has taken place.
    """

    first_booked: datetime | None = None
    begins_at: datetime | None = None


def begin_at(ids: Collection[UUID]) -> dict[UUID, datetime | None]:
    """When the first of all dates of each group is; None once it has taken place."""
    return {pk: starts.begins_at for pk, starts in _starts_of(ids).items()} if ids else {}


def _starts_of(ids: Collection[UUID]) -> dict[UUID, Starts]:
    dates = Appointment.objects.filter(cohort__in=ids, state__in=_TOOK_PLACE)
    rows: dict[UUID, list[tuple[datetime, str]]] = {pk: [] for pk in ids}
    for cohort_id, at, state in dates.order_by("starts_at").values_list(
        "cohort_id", "starts_at", "state"
    ):
        if cohort_id is not None:
            rows[cohort_id].append((at, state))
    return {pk: _starts(found) for pk, found in rows.items()}


def _starts(dates: Sequence[tuple[datetime, str]]) -> Starts:
    booked = [at for at, state in dates if state == AppointmentState.BOOKED]
    first_booked = booked[0] if booked else None
    is_ahead = first_booked is not None and first_booked == dates[0][0]
    return Starts(first_booked, first_booked if is_ahead else None)


def members_of(row: Cohort) -> Sequence[Participant]:
    """Those who have a seat."""
    return [member for _, member in _members([row.id])]


def _members(ids: Collection[UUID]) -> Sequence[tuple[UUID, Participant]]:
    """Those who have a seat in one of these groups, each with the group's id."""
    found = (
        Participant.objects.filter(
            is_requester=True, request__seat__cohort__in=ids, request__seat__state=SeatState.GIVEN
        )
        .select_related("answer_sheet")
        .annotate(group_id=F("request__seat__cohort_id"))
        .order_by("pk")
    )
    return [(member.group_id, member) for member in found]


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
    if delivery.kind == Kind.UPCOMING_DATES:
        told = delivery.change.snapshot.get("cancelled", ())
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
        case "cohort" if delivery.participant_id is not None:
            return list(booked.filter(cohort=delivery.subject_id))
    return []
