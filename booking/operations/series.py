"""Series: booked all at once or not at all; afterwards each date goes its own way."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from booking.domain import series as rules_of_series
from booking.domain import slots
from booking.domain.gate import Unmet
from booking.domain.refusals import GateClosed, InvalidRequest, NotTheirs, Problem, SlotTaken
from booking.domain.states import (
    AppointmentState,
    AppointmentVerb,
    RequestState,
    RequestVerb,
    TransitionNotAllowed,
)
from booking.models import Appointment, Attendance, Participant, Request, Series
from booking.operations import appointments, calendar, cancellations, line, waitlist
from booking.operations.calendar import takes_time
from booking.queries import calendar as calendar_queries
from booking.queries import series as series_queries
from practice.domain.wall import instant, local_date, zone
from practice.operations import journal

#: What a series may begin with: the first session may be over when people decide to go on.
_MAY_BE_FIRST = frozenset({AppointmentState.BOOKED, AppointmentState.FULFILLED})


@takes_time
def start_series(
    *,
    appointment_id: UUID,
    practitioner_id: UUID,
    every_weeks: int,
    starts: Sequence[datetime],
    now: datetime,
) -> Series:
    """Repeat an appointment: book all these starts, or nothing. It becomes the first.

    `starts` are what the practitioner chose after `series.preview`: turns that are open and
    replacements; the appointment's own start may be among them. The same people come as to the
    first. Raises `SlotTaken` with the start that is not open, `GateClosed`, `InvalidRequest`,
    `TransitionNotAllowed`, `NotTheirs`.
    """
    first = appointments.own(appointment_id, practitioner_id)
    request = first.request
    if request is None:
        raise NotTheirs
    if first.state not in _MAY_BE_FIRST:
        raise TransitionNotAllowed(AppointmentState(first.state), AppointmentVerb.BOOK)
    further = sorted(set(starts) - {first.starts_at})
    problems = [
        *rules_of_series.problems(every_weeks=every_weeks),
        *rules_of_series.number_problems(more=len(further), ahead=1),
    ]
    if first.series_id is not None:
        problems.append(
            Problem("starts", "repeats_already", "It repeats already: add dates to its series.")
        )
    if further and further[0] <= first.starts_at:
        problems.append(
            Problem("starts", "before_the_first", "The first date has to come before the others.")
        )
    _refuse(problems or _passed(further, now=now))
    people = _still_coming(first.attendances.filter(left_at__isnull=True))
    _check_gate(request, people)
    # The practitioner's zone of today: whoever has moved house plans with the clock on their wall.
    wall = first.starts_at.astimezone(zone(first.practitioner.time_zone))
    series = Series.objects.create(
        request=request,
        every_weeks=every_weeks,
        occurrences=len(further) + 1,
        wall_start=wall.strftime("%Y-%m-%dT%H:%M"),
        wall_zone=first.practitioner.time_zone,
        revision=1,
        created_at=now,
    )
    first.series = series
    first.save(update_fields=["series"])
    actor = journal.practitioner(practitioner_id)
    booked = _book(series, first, further, people, actor=actor, now=now)
    _record(series, "series_booked", [first, *booked], actor=actor, now=now)
    return series


@takes_time
def renew(
    *, series_id: UUID, practitioner_id: UUID, starts: Sequence[datetime], now: datetime
) -> Series:
    """Book further dates of a series, all or nothing, for those who come to it now.

    Raises `SlotTaken` with the start that is not open, `GateClosed`, `InvalidRequest`,
    `TransitionNotAllowed`, `NotTheirs`.
    """
    series, request = _lock(series_id, practitioner_id)
    dates = series_queries.dates(series.pk)
    upcoming = [a for a in dates if a.state == AppointmentState.BOOKED and a.starts_at > now]
    further = sorted(set(starts))
    _refuse(
        rules_of_series.number_problems(more=len(further), ahead=len(upcoming))
        or _passed(further, now=now)
    )
    took_place = [a for a in dates if a.state != AppointmentState.CANCELLED]
    latest = (took_place or dates)[-1]
    # Somebody who left one date only still belongs to the series.
    people = _still_coming(
        Attendance.objects.filter(appointment__in=upcoming or [latest], left_at__isnull=True)
    )
    _check_gate(request, people)
    actor = journal.practitioner(practitioner_id)
    booked = _book(series, latest, further, people, actor=actor, now=now)
    series.revision += 1
    series.save(update_fields=["revision"])
    _record(series, "series_booked", booked, actor=actor, now=now)
    return series


@takes_time
def move_following(
    *, appointment_id: UUID, practitioner_id: UUID, starts_at: datetime, now: datetime
) -> list[Appointment]:
    """Move one date of a series and all later ones to its new weekday and time, or none.

    Dates that were skipped stay skipped. What they leave and none of them takes is offered to the
    waitlist, and so is what was held to move one of them. Raises `SlotTaken` with the start that
    is not open, `InvalidRequest`, `TransitionNotAllowed`, `NotTheirs`.
    """
    chosen = appointments.own(appointment_id, practitioner_id)
    appointments.check_booked(chosen)
    series = chosen.series
    if series is None:
        raise InvalidRequest(
            [Problem("starts_at", "stands_alone", "It does not repeat: move it by itself.")]
        )
    if starts_at == chosen.starts_at:
        _refuse([Problem("starts_at", "same_time", "It is at that time already.")])
    _refuse(_passed([starts_at], now=now, field="starts_at"))
    series = Series.objects.select_for_update(no_key=True).get(pk=series.pk)
    run = list(
        Appointment.objects.select_for_update(of=("self",), no_key=True)
        .filter(series=series, state=AppointmentState.BOOKED, starts_at__gte=chosen.starts_at)
        .select_related("service", "practitioner", "request")
        .order_by("starts_at")
    )
    tz = zone(series.wall_zone)
    new_starts = rules_of_series.moved(
        [a.starts_at for a in run],
        starts_at,
        tz,
        series.every_weeks,
        anchor=datetime.fromisoformat(series.wall_start).date(),
    )
    calendar.release_lapsed(practitioner_id, now=now)
    _check_open(chosen, new_starts, claims={a.claim for a in run}, now=now)
    actor = journal.practitioner(practitioner_id)
    moved = [(a, s) for a, s in zip(run, new_starts, strict=True) if a.starts_at != s]
    left = [(a, a.starts_at) for a, _ in moved]
    held = list(
        Appointment.objects.filter(
            claim__in=[a.claim for a, _ in moved], state=AppointmentState.HELD
        ).select_related("practitioner")
    )
    appointments.move_together(moved, actor=actor, now=now, series=series)
    series.wall_start = starts_at.astimezone(tz).strftime("%Y-%m-%dT%H:%M")
    series.revision += 1
    series.save(update_fields=["wall_start", "revision"])
    _record(series, "series_moved", [a for a, _ in moved], actor=actor, now=now)
    # Not before all of them stand where they go: what one leaves, the next may have taken.
    for appointment, start_before in left:
        waitlist.offer_freed(appointment, starts_at=start_before, now=now)
    line.pass_on(held, now=now)
    return run


@takes_time
def pause(
    *,
    series_id: UUID,
    practitioner_id: UUID,
    first: date,
    until: date,
    now: datetime,
    offer_to_waitlist: bool = False,
) -> list[UUID]:
    """Cancel the dates of a series on the practitioner's days [first, until); the others stand.

    No new times are offered: people know when they meet again. `offer_to_waitlist`: somebody else
    can have what is free now. Returns the ids of what was cancelled. Raises `InvalidRequest`,
    `NotTheirs`.
    """
    series, request = _lock(series_id, practitioner_id)
    if first >= until:
        _refuse(
            [Problem("until", "ends_before_it_begins", "The pause has to end after it begins.")]
        )
    tz = zone(request.practitioner.time_zone)
    paused = list(
        Appointment.objects.filter(
            series=series,
            state=AppointmentState.BOOKED,
            starts_at__gt=now,
            starts_at__gte=instant(first, 0, tz),
            starts_at__lt=instant(until, 0, tz),
        )
        .order_by("starts_at")
        .values_list("pk", flat=True)
    )
    cancelled = [calendar.lock_appointment(pk) for pk in paused]
    for appointment in cancelled:
        cancellations.cancel_booked(
            appointment,
            actor=journal.practitioner(practitioner_id),
            now=now,
            # People hear of all of them at once.
            snapshot={
                "by": "practitioner",
                "late": False,
                "apology": True,
                "alternatives": [],
                "series": str(series.pk),
            },
        )
        if offer_to_waitlist:
            waitlist.offer_freed(appointment, now=now)
    if cancelled:
        series.revision += 1
        series.save(update_fields=["revision"])
        _record(
            series,
            "series_paused",
            cancelled,
            actor=journal.practitioner(practitioner_id),
            now=now,
        )
    return paused


@takes_time
def stop(*, participant_id: UUID, now: datetime) -> list[UUID]:
    """A client cancels everything that they were still to come to, without a reason.

    Each date goes as if it were cancelled by itself: of two people none is left of it, of more
    the others come. Returns the ids of the dates. Raises `NotTheirs` if nothing lies ahead.
    """
    request_id = (
        Participant.objects.filter(pk=participant_id, left_at__isnull=True)
        .values_list("request_id", flat=True)
        .first()
    )
    if request_id is None:
        raise NotTheirs
    calendar.lock_calendar_and_request(request_id)
    ahead = [
        a.pk
        for a in series_queries.upcoming(participant_id, now)
        if a.request_id == request_id and a.starts_at > now
    ]
    if not ahead:
        raise NotTheirs
    for appointment_id in ahead:
        cancellations.cancel_for(calendar.lock_appointment(appointment_id), participant_id, now=now)
    return ahead


def _lock(series_id: UUID, practitioner_id: UUID) -> tuple[Series, Request]:
    """Lock practitioner, request and series, in this order. Raises `NotTheirs`."""
    request_id = (
        Series.objects.filter(pk=series_id, request__practitioner_id=practitioner_id)
        .values_list("request_id", flat=True)
        .first()
    )
    if request_id is None:
        raise NotTheirs
    request = calendar.lock_calendar_and_request(request_id)
    return Series.objects.select_for_update(no_key=True).get(pk=series_id), request


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise InvalidRequest(problems)


def _passed(starts: Sequence[datetime], *, now: datetime, field: str = "starts") -> list[Problem]:
    if all(start > now for start in starts):
        return []
    return [Problem(field, "time_passed", "That time has passed.")]


def _still_coming(roster: QuerySet[Attendance]) -> list[Participant]:
    found = Participant.objects.filter(
        attendances__in=roster, left_at__isnull=True, excused_at__isnull=True
    )
    return list(found.distinct())


def _check_gate(request: Request, people: Collection[Participant]) -> None:
    """What a first booking needs of people, further dates need too; nobody accepts each time."""
    if request.state != RequestState.CONFIRMED:
        raise TransitionNotAllowed(RequestState(request.state), RequestVerb.CONFIRM)
    checks = [
        (request.parted_at is not None, Unmet.PARTED),
        (not people, Unmet.NOBODY),
        (any(p.cleared_at is None for p in people), Unmet.NOT_FINISHED),
        (request.review_open, Unmet.REVIEW_OPEN),
    ]
    reasons = [reason for failed, reason in checks if failed]
    if reasons:
        raise GateClosed(reasons)


def _check_open(
    like: Appointment,
    starts: Sequence[datetime],
    *,
    now: datetime,
    claims: Collection[UUID] = frozenset(),
) -> None:
    """Raise `SlotTaken` for the first start that is not open, or meets another of them.

    What is taken for `claims` moves too, and is in nobody's way. Call it under the lock.
    """
    offer = series_queries.series_offer(like.practitioner, like.service)
    days = [local_date(s, offer.zone) for s in starts]
    facts = calendar_queries.calendar(
        offer, first=min(days), end=max(days) + timedelta(days=1), now=now
    )
    facts = replace(facts, taken=[t for t in facts.taken if t.claim not in claims])
    free_from = None
    for start in sorted(starts):
        new = calendar.placed(
            Appointment(practitioner=like.practitioner, service=like.service), start
        )
        meets_another = free_from is not None and new.blocked_from < free_from
        if meets_another or not slots.is_open(facts, offer.rules, start, now=now):
            raise SlotTaken(
                practitioner_id=offer.practitioner_id, service_id=offer.service_id, wanted=start
            )
        free_from = new.blocked_until


def _book(
    series: Series,
    like: Appointment,
    starts: Sequence[datetime],
    people: Sequence[Participant],
    *,
    actor: str,
    now: datetime,
) -> list[Appointment]:
    """Book all of them like one that is there, each with a claim of its own. Under the lock."""
    calendar.release_lapsed(like.practitioner_id, now=now)
    _check_open(like, starts, now=now)
    booked = Appointment.objects.bulk_create(
        calendar.placed(
            Appointment(
                practitioner=like.practitioner,
                service=like.service,
                request_id=series.request_id,
                series=series,
                claim=uuid.uuid4(),
                state=AppointmentState.BOOKED,
                modality=like.modality,
                revision=1,
                created_at=now,
            ),
            start,
            wall_zone=series.wall_zone,  # its dates keep their clock, wherever the practitioner is
        )
        for start in starts
    )
    Attendance.objects.bulk_create(
        Attendance(appointment=appointment, participant=person)
        for appointment in booked
        for person in people
    )
    for appointment in booked:
        journal.record(
            kind="appointment_booked",
            subject_type="appointment",
            subject_id=appointment.pk,
            revision=appointment.revision,
            actor=actor,
            at=now,
            snapshot={"starts_at": appointment.starts_at.isoformat(), "series": str(series.pk)},
        )
    return booked


def _record(
    series: Series, kind: str, about: Sequence[Appointment], *, actor: str, now: datetime
) -> None:
    journal.record(
        kind=kind,
        subject_type="series",
        subject_id=series.pk,
        revision=series.revision,
        actor=actor,
        at=now,
        snapshot={"appointments": [str(a.pk) for a in about]},
    )
