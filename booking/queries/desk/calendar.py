"""The practitioner's calendar: a week, the days ahead, one appointment, one day to cancel."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, Q, QuerySet

from booking.domain import late, slots
from booking.domain.refusals import NotTheirs
from booking.domain.slots import Calendar, DatedWindow, Interval, WeeklyWindow
from booking.domain.states import (
    AppointmentState,
    AppointmentVerb,
    TransitionNotAllowed,
    next_appointment_state,
)
from booking.models import Appointment, Attendance, LateWish, Move, Participant
from booking.queries import series as series_queries
from booking.queries.people import may_join
from booking.queries.series import Place
from booking.queries.waitlist import could_take
from practice.domain.wall import instant, local_date, zone
from practice.models import Change, HoursOverride, Practitioner, TimeOff, WeeklyHours

AGENDA_DAYS = 30

_TOOK_PLACE_OR_WILL = (
    AppointmentState.BOOKED,
    AppointmentState.FULFILLED,
    AppointmentState.NO_SHOW,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An appointment or hold in the calendar, with the people it is for."""

    appointment: Appointment
    people: Sequence[Participant]
    in_group: Mapping[UUID, str]  # the names that they chose for its group, by participant


@dataclass(frozen=True, slots=True)
class ClockChange:
    """A date on which the clocks of a zone change. `minutes`: how much longer that day is."""

    date: date
    minutes: int


@dataclass(frozen=True, slots=True)
class Week:
    """Seven local dates, from `monday`."""

    monday: date
    zone: ZoneInfo
    open_windows: Sequence[tuple[date, Interval]]
    time_off: Sequence[TimeOff]
    entries: Sequence[Entry]
    clock_changes: Sequence[ClockChange]

    def is_over(self, *, now: datetime) -> bool:
        """Whether nothing of it is left: no appointment, and no hours."""
        ends = [w.end for _day, w in self.open_windows]
        ends += [e.appointment.ends_at for e in self.entries]
        return all(end <= now for end in ends)


def week(practitioner: Practitioner, monday: date, *, now: datetime) -> Week:
    """The week of a Monday. A fixed number of queries, whatever lies in the past."""
    tz = zone(practitioner.time_zone)
    sunday_end = monday + timedelta(days=7)
    starts, ends = instant(monday, 0, tz), instant(sunday_end, 0, tz)
    hours = Calendar(
        zone=tz,
        weekly=[
            WeeklyWindow(w.weekday, w.opens_minute, w.closes_minute, w.from_date, w.until_date)
            for w in WeeklyHours.objects.filter(practitioner=practitioner)
        ],
        overrides=[
            DatedWindow(o.date, o.opens_minute, o.closes_minute)
            for o in HoursOverride.objects.filter(
                practitioner=practitioner, date__gte=monday, date__lt=sunday_end
            )
        ],
    )
    return Week(
        monday=monday,
        zone=tz,
        open_windows=slots.open_windows(hours, monday, sunday_end),
        time_off=list(
            TimeOff.objects.filter(
                practitioner=practitioner, ends_at__gt=starts, starts_at__lt=ends
            )
        ),
        entries=_entries(
            _between(practitioner.pk, starts, ends).filter(
                Q(state__in=_TOOK_PLACE_OR_WILL)
                | Q(state=AppointmentState.HELD, held_until__gt=now)
            )
        ),
        clock_changes=clock_changes(monday, tz),
    )


def clock_changes(monday: date, tz: ZoneInfo) -> list[ClockChange]:
    """The dates of a week that are longer or shorter than 24 hours in a zone."""
    found = []
    for offset in range(7):
        day = monday + timedelta(days=offset)
        length = instant(day + timedelta(days=1), 0, tz) - instant(day, 0, tz)
        if length != timedelta(days=1):
            found.append(ClockChange(day, round(length.total_seconds() / 60) - 24 * 60))
    return found


def agenda(practitioner: Practitioner, *, now: datetime) -> list[Entry]:
    """What is booked from today's start on, for `AGENDA_DAYS` local dates."""
    tz = zone(practitioner.time_zone)
    today = local_date(now, tz)
    return _entries(
        _between(
            practitioner.pk,
            instant(today, 0, tz),
            instant(today + timedelta(days=AGENDA_DAYS), 0, tz),
        ).filter(state__in=_TOOK_PLACE_OR_WILL)
    )


def rest_of_day(practitioner: Practitioner, day: date, *, now: datetime) -> list[Entry]:
    """What "I'm ill" would cancel on a local date: everything booked that has not begun."""
    return _entries(_rest_of_day(practitioner, day, now=now))


def next_day_to_cancel(practitioner: Practitioner, *, now: datetime) -> date | None:
    """Today, or else tomorrow, if "I'm ill" would cancel anything of it."""
    today = local_date(now, zone(practitioner.time_zone))
    days = (today, today + timedelta(days=1))
    return next((d for d in days if _rest_of_day(practitioner, d, now=now).exists()), None)


def _rest_of_day(practitioner: Practitioner, day: date, *, now: datetime) -> QuerySet[Appointment]:
    tz = zone(practitioner.time_zone)
    return Appointment.objects.filter(
        practitioner=practitioner,
        state=AppointmentState.BOOKED,
        starts_at__gte=max(now, instant(day, 0, tz)),
        starts_at__lt=instant(day + timedelta(days=1), 0, tz),
    )


@dataclass(frozen=True, slots=True)
class CancelledEntry:
    """An appointment that the practitioner cancelled, and the times offered instead."""

    entry: Entry
    new_times: Sequence[datetime]


def cancelled_by_practitioner(practitioner: Practitioner, day: date) -> list[CancelledEntry]:
    """What the practitioner has cancelled of a local date, with the new times."""
    tz = zone(practitioner.time_zone)
    entries = _entries(
        Appointment.objects.filter(
            practitioner=practitioner,
            state=AppointmentState.CANCELLED,
            starts_at__gte=instant(day, 0, tz),
            starts_at__lt=instant(day + timedelta(days=1), 0, tz),
        )
    )
    told = {
        change.subject_id: change.snapshot
        for change in Change.objects.filter(
            subject_type="appointment",
            subject_id__in=[e.appointment.pk for e in entries],
            kind="appointment_cancelled",
        )
    }
    return [
        CancelledEntry(
            entry,
            [datetime.fromisoformat(t) for t in told[entry.appointment.pk].get("alternatives", [])],
        )
        for entry in entries
        if told.get(entry.appointment.pk, {}).get("by") == "practitioner"
    ]


@dataclass(frozen=True, slots=True)
class AppointmentPage:
    """One appointment: who comes, who has left, and what can still be done."""

    appointment: Appointment
    people: Sequence[Participant]
    left: Sequence[Participant]
    could_come: Sequence[Participant]  # of the request, finished, and not on the roster
    in_group: Mapping[UUID, str]  # the names that they chose for its group, by participant
    move: Move | None  # a move that the people are being asked about
    move_times: Sequence[Appointment]
    place: Place | None  # which session of its series this is
    late_wishes: Sequence[LateWish]  # asked for after the cut-off, not settled yet
    can_change: bool  # move or cancel
    can_offer_new_times: bool  # when it is cancelled: it is all that its people have booked
    could_take: int  # how many on the waitlist its time would fit
    can_repeat: bool  # become the first of a series
    can_say_late: bool
    can_fulfil: bool
    can_miss: bool
    has_begun: bool


def appointment_page(
    appointment_id: UUID, practitioner_id: UUID, *, now: datetime
) -> AppointmentPage:
    """One's own appointment. Raises `NotTheirs`, also for time that is only held."""
    appointment = (
        Appointment.objects.filter(pk=appointment_id, practitioner_id=practitioner_id)
        .exclude(state__in=(AppointmentState.HELD, AppointmentState.RELEASED))
        .select_related("service", "practitioner", "request", "series", "cohort")
        .prefetch_related(_roster())
        .first()
    )
    if appointment is None:
        raise NotTheirs
    move = appointment.moves.filter(closed_at__isnull=True).first()
    is_booked = appointment.state == AppointmentState.BOOKED
    has_begun = appointment.starts_at <= now
    can_change = is_booked and not has_begun
    return AppointmentPage(
        appointment=appointment,
        people=[a.participant for a in appointment.attendances.all() if a.left_at is None],
        left=[a.participant for a in appointment.attendances.all() if a.left_at is not None],
        could_come=may_join(appointment) if not has_begun else [],
        in_group=names_in_groups({appointment.cohort_id}).get(appointment.cohort_id, {})
        if appointment.cohort_id is not None
        else {},
        move=move,
        move_times=list(
            Appointment.objects.filter(
                claim=appointment.claim, state=AppointmentState.HELD, held_until__gt=now
            ).order_by("rank", "starts_at")
        )
        if move
        else [],
        place=series_queries.place(appointment),
        late_wishes=list(
            appointment.late_wishes.filter(settled_at__isnull=True).select_related("participant")
        )
        if can_change
        else [],
        can_change=can_change,
        can_offer_new_times=can_change and _is_all(appointment),
        could_take=could_take(appointment, now=now) if can_change else 0,
        can_repeat=appointment.series_id is None
        and appointment.state in (AppointmentState.BOOKED, AppointmentState.FULFILLED)
        and _is_all(appointment),
        can_say_late=is_booked
        and late.can_say_so(appointment.starts_at, appointment.ends_at, now=now),
        can_fulfil=appointment.ends_at <= now and _may(appointment, AppointmentVerb.FULFIL),
        can_miss=has_begun and _may(appointment, AppointmentVerb.MISS),
        has_begun=has_begun,
    )


def appointment_history(appointment: Appointment) -> list[Change]:
    """The journal of one appointment, oldest first."""
    return list(
        Change.objects.filter(subject_type="appointment", subject_id=appointment.pk).order_by("id")
    )


def _is_all(appointment: Appointment) -> bool:
    """Whether nothing else is booked for the same request."""
    if appointment.request is None:
        return False
    booked = appointment.request.appointments.filter(state=AppointmentState.BOOKED)
    return not booked.exclude(pk=appointment.pk).exists()


def _may(appointment: Appointment, verb: AppointmentVerb) -> bool:
    try:
        next_appointment_state(appointment.state, verb)
    except TransitionNotAllowed:
        return False
    return True


def _between(practitioner_id: UUID, starts: datetime, ends: datetime) -> QuerySet[Appointment]:
    # A session may begin before midnight: a day earlier is more than any of them lasts.
    return Appointment.objects.filter(
        practitioner_id=practitioner_id,
        starts_at__gte=starts - timedelta(days=1),
        starts_at__lt=ends,
        ends_at__gt=starts,
    )


def _roster() -> Prefetch[str, QuerySet[Attendance], str]:
    return Prefetch(
        "attendances",
        Attendance.objects.select_related("participant").order_by("participant__position"),
    )


def _entries(appointments: QuerySet[Appointment]) -> list[Entry]:
    """Who each appointment is for: the roster, or for held time the people of the request."""
    found = (
        appointments.select_related("service", "practitioner", "request", "cohort")
        .prefetch_related(_roster(), "request__participants")
        .order_by("starts_at", "rank")
    )
    named = names_in_groups({a.cohort_id for a in found if a.cohort_id is not None})
    return [Entry(a, _people(a), named.get(a.cohort_id, {})) for a in found]


def names_in_groups(cohorts: Collection[UUID]) -> dict[UUID | None, dict[UUID, str]]:
    """What the members of groups want to be called there, by group and participant."""
    found: dict[UUID | None, dict[UUID, str]] = {}
    if not cohorts:
        return found
    named = Participant.objects.filter(is_requester=True, request__seat__cohort__in=cohorts)
    for participant_id, cohort_id, name in named.values_list(
        "pk", "request__seat__cohort_id", "request__seat__name"
    ):
        found.setdefault(cohort_id, {})[participant_id] = name
    return found


def _people(appointment: Appointment) -> list[Participant]:
    if appointment.state != AppointmentState.HELD:
        return [a.participant for a in appointment.attendances.all() if a.left_at is None]
    if appointment.request is None:
        return []
    return [
        p
        for p in appointment.request.participants.all()
        if p.attends == Participant.Attends.YES and p.left_at is None and p.excused_at is None
    ]
