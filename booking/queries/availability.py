"""Hours, days off, energy and services as the practitioner edits them, and what an edit does."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, Q

from booking.domain import slots
from booking.domain.availability import Draft, Limits, Reason, Standing, open_hours, reasons
from booking.domain.slots import AtMost, Calendar, DatedWindow, Interval, NotAfter, WeeklyWindow
from booking.domain.states import AppointmentState
from booking.models import Appointment, Attendance, Participant
from booking.queries import calendar as calendar_queries
from practice.domain.hours import WeeklySpan
from practice.domain.wall import instant, local_date, zone
from practice.models import (
    EnergyRule,
    HoursOverride,
    Practitioner,
    Service,
    TimeOff,
    WeeklyHours,
)

PREVIEW_DAYS = 28
#: Clocks stand up to 26 hours apart: what is two days ago on one may be today on another.
_DAYS_APART = timedelta(days=2)
#: More than this is no list to read between two sessions; the calendar has them all.
LISTED_MAX = 40

_OVER = frozenset({AppointmentState.FULFILLED, AppointmentState.NO_SHOW})
_STANDS = _OVER | {AppointmentState.BOOKED}
_STANDING_FIELDS = (
    "claim",
    "starts_at",
    "ends_at",
    "modality",
    "state",
    "service__relationship_type",
)


@dataclass(frozen=True, slots=True)
class Outside:
    """Something booked or held that hours or rules would not allow (any more). It stays."""

    appointment: Appointment
    people: Sequence[Participant]
    reasons: frozenset[Reason]


@dataclass(frozen=True, slots=True)
class PreviewDay:
    """A local date: its hours, and how many starts of one service are free.

    If the zone changes, before is that date on the clock until now, and after on the new one.
    """

    date: date
    before: Sequence[Interval]
    after: Sequence[Interval]
    starts_before: int
    starts_after: int
    #: Requests reach this far; later dates open by and by.
    is_bookable: bool

    @property
    def is_changed(self) -> bool:
        """Whether the hours or the free starts become others."""
        return self.before != self.after or self.starts_before != self.starts_after


@dataclass(frozen=True, slots=True)
class Starts:
    """How many starts of a service are free in the days shown."""

    service: Service
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does."""

    days: Sequence[PreviewDay]
    services: Sequence[Starts]
    counted: Service | None  # whose starts the days count
    newly: Sequence[Outside]
    newly_count: int
    zone_before: ZoneInfo
    zone_after: ZoneInfo


@dataclass(frozen=True, slots=True)
class Change:
    """An edit that nobody has saved. `first`: the first date on which it matters, if known."""

    draft: Draft = field(default_factory=Draft)
    service: Service | None = None  # with the settings it would have
    first: date | None = None
    #: The kinds of sessions that it touches; nothing of others is counted. Empty: all of them.
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that makes up a practitioner's hours."""

    weekly: Sequence[WeeklyHours]
    overrides: Sequence[HoursOverride]
    time_off: Sequence[TimeOff]
    energy: Sequence[EnergyRule]


def overview(practitioner: Practitioner, *, now: datetime) -> Overview:
    """The weekly hours that are not over, coming dates and time off, and the energy rules."""
    today = local_date(now, zone(practitioner.time_zone))
    return Overview(
        weekly=list(
            WeeklyHours.objects.filter(practitioner=practitioner).filter(
                Q(until_date=None) | Q(until_date__gt=today)
            )
        ),
        overrides=list(HoursOverride.objects.filter(practitioner=practitioner, date__gte=today)),
        time_off=list(TimeOff.objects.filter(practitioner=practitioner, ends_at__gt=now)),
        energy=list(EnergyRule.objects.filter(practitioner=practitioner)),
    )


def kept_in(practitioner_id: UUID) -> str:
    """The name of the zone in which somebody's hours are kept at this moment."""
    return Practitioner.objects.values_list("time_zone", flat=True).get(pk=practitioner_id)


def weekly_spans(practitioner_id: UUID) -> list[WeeklySpan]:
    """The weekly hours of all times, as they are edited."""
    return [
        WeeklySpan(
            row.weekday,
            row.opens_minute,
            row.closes_minute,
            row.from_date,
            row.until_date,
            tuple(row.modalities),
        )
        for row in WeeklyHours.objects.filter(practitioner_id=practitioner_id)
    ]


def windows(spans: Sequence[WeeklySpan]) -> list[WeeklyWindow]:
    """Weekly hours as slot searches want them."""
    return [
        WeeklyWindow(
            s.weekday, s.opens_minute, s.closes_minute, s.from_date, s.until_date, s.modalities
        )
        for s in spans
    ]


def hours(practitioner: Practitioner, *, now: datetime) -> Calendar:
    """All hours, dates, time off and energy rules from today on; nothing of what is taken."""
    tz = zone(practitioner.time_zone)
    # From earlier days, too: a draft may read them on the clock of another zone.
    overrides = HoursOverride.objects.filter(
        practitioner=practitioner, date__gte=local_date(now, tz) - _DAYS_APART
    )
    time_off = TimeOff.objects.filter(practitioner=practitioner, ends_at__gt=now)
    return Calendar(
        zone=tz,
        weekly=windows(weekly_spans(practitioner.pk)),
        overrides=[
            DatedWindow(o.date, o.opens_minute, o.closes_minute, tuple(o.modalities))
            for o in overrides
        ],
        time_off=[Interval(t.starts_at, t.ends_at) for t in time_off],
        energy=[rule(row) for row in EnergyRule.objects.filter(practitioner=practitioner)],
    )


def own_services(practitioner: Practitioner) -> list[Service]:
    """Everything this practitioner offers, also what is not taken on at present."""
    return list(Service.objects.filter(practitioners=practitioner))


def outside(practitioner: Practitioner, *, now: datetime) -> dict[UUID, frozenset[Reason]]:
    """What hours and rules have against what is booked or held from now on, by appointment."""
    return reasons(
        hours(practitioner, now=now),
        _limits(own_services(practitioner)),
        _standing(practitioner, {zone(practitioner.time_zone)}, now=now),
    )


def listed(found: Mapping[UUID, frozenset[Reason]]) -> list[Outside]:
    """These appointments with their people, in order; at most `LISTED_MAX`."""
    rows = (
        Appointment.objects.filter(pk__in=found)
        .select_related("service", "practitioner", "request", "cohort")
        .prefetch_related(
            Prefetch(
                "attendances",
                Attendance.objects.filter(left_at=None)
                .select_related("participant")
                .order_by("participant__position"),
            ),
            Prefetch(
                "request__participants",
                Participant.objects.filter(
                    attends=Participant.Attends.YES, left_at=None, excused_at=None
                ),
            ),
        )
        .order_by("starts_at", "rank")[:LISTED_MAX]
    )
    return [Outside(row, _people(row), found[row.pk]) for row in rows]


def newly(
    before: Mapping[UUID, frozenset[Reason]], after: Mapping[UUID, frozenset[Reason]]
) -> dict[UUID, frozenset[Reason]]:
    """What was not so before."""
    found = {key: own - before.get(key, frozenset()) for key, own in after.items()}
    return {key: own for key, own in found.items() if own}


def effect(
    practitioner: Practitioner, change: Change, *, now: datetime, counted: UUID | None = None
) -> Effect:
    """What a change does: to the next four weeks, and to what stands in the calendar.

    A change that begins later shows the four weeks from there. `counted`: the service whose
    free starts the days count; one that is offered is chosen if it is None.
    """
    old_services = own_services(practitioner)
    new_services = old_services
    if change.service is not None:
        edited = change.service
        new_services = [edited if s.pk == edited.pk else s for s in old_services]
        if edited.pk not in {s.pk for s in old_services}:
            new_services = [*old_services, edited]
    old_hours = hours(practitioner, now=now)
    new_hours = change.draft.applied(old_hours)
    standing = _standing(practitioner, {old_hours.zone, new_hours.zone}, now=now)
    found = newly(
        reasons(old_hours, _limits(old_services), standing),
        reasons(new_hours, _limits(new_services), standing),
    )
    first = _first_shown(change.first, local_date(now, new_hours.zone))
    end = first + timedelta(days=PREVIEW_DAYS)
    shown = [
        s
        for s in new_services
        if (s.is_active or s == change.service)
        and (not change.kinds or s.relationship_type in change.kinds)
    ]
    was = {s.pk: s for s in old_services}
    starts: dict[UUID, tuple[Counter[date], Counter[date]]] = {}
    for service in shown:
        offer = calendar_queries.bookable(practitioner, service)
        facts = calendar_queries.calendar(offer, first=first, end=end, now=now)
        old = was.get(service.pk)
        starts[service.pk] = (
            _starts(practitioner, old, facts, first, end, now=now),
            _starts(practitioner, service, change.draft.applied(facts), first, end, now=now),
        )
    chosen = (
        next((s for s in shown if s.pk == counted), None)
        or change.service
        or next(iter(shown), None)
    )
    old_days, new_days = open_hours(old_hours, first, end), open_hours(new_hours, first, end)
    counts = starts[chosen.pk] if chosen else (Counter(), Counter())
    last = local_date(now, new_hours.zone) + timedelta(days=chosen.horizon_days if chosen else 0)
    return Effect(
        days=[
            PreviewDay(
                day,
                old_days.get(day, []),
                new_days.get(day, []),
                counts[0][day],
                counts[1][day],
                is_bookable=day <= last,
            )
            for day in (first + timedelta(days=n) for n in range(PREVIEW_DAYS))
        ],
        services=[
            Starts(s, starts[s.pk][0].total(), starts[s.pk][1].total())
            for s in shown
            if s.is_active or s == chosen
        ],
        counted=chosen,
        newly=listed(found),
        newly_count=len(found),
        zone_before=old_hours.zone,
        zone_after=new_hours.zone,
    )


def _starts(
    practitioner: Practitioner,
    service: Service | None,
    facts: Calendar,
    first: date,
    end: date,
    *,
    now: datetime,
) -> Counter[date]:
    if service is None or not service.is_active:
        return Counter()
    rules = calendar_queries.bookable(practitioner, service).rules
    found = slots.open_slots(facts, rules, first=first, end=end, now=now)
    return Counter(local_date(start, facts.zone) for start in found)


def _first_shown(first: date | None, today: date) -> date:
    """Today; or the Monday of a change that lies so far ahead that four weeks would miss it."""
    if first is None or first < today + timedelta(days=PREVIEW_DAYS - 7):
        return today
    return first - timedelta(days=first.weekday())


def _standing(
    practitioner: Practitioner, zones: Collection[ZoneInfo], *, now: datetime
) -> list[Standing]:
    """What is booked or held from now on, and what this week has had: caps and rules count both.

    The week is that of each of these zones.
    """
    rows = (
        Appointment.objects.filter(
            # A day more: a session of Sunday night may not be over.
            practitioner=practitioner,
            starts_at__gte=min(_monday(now, tz) for tz in zones) - timedelta(days=1),
        )
        .filter(Q(state__in=_STANDS) | Q(state=AppointmentState.HELD, held_until__gt=now))
        .select_related("service")
        .only(*_STANDING_FIELDS)
    )
    return [
        Standing(
            row.pk,
            row.claim,
            row.starts_at,
            row.ends_at,
            row.modality,
            row.service_id,
            row.service.relationship_type,
            is_over=row.state in _OVER or row.ends_at <= now,
        )
        for row in rows
    ]


def _monday(now: datetime, tz: ZoneInfo) -> datetime:
    today = local_date(now, tz)
    return instant(today - timedelta(days=today.weekday()), 0, tz)


def _limits(services: Sequence[Service]) -> dict[UUID, Limits]:
    return {s.pk: Limits(s.is_active, tuple(s.modalities), s.day_cap, s.week_cap) for s in services}


def rule(row: EnergyRule) -> AtMost | NotAfter:
    """A rule of what can be given in one day, as slot searches want it."""
    if row.kind == EnergyRule.Kind.AT_MOST:
        return AtMost(row.relationship_type, row.limit or 0)
    return NotAfter(row.relationship_type, row.after_type)


def dated(practitioner_id: UUID, first: date, last: date) -> list[HoursOverride]:
    """The hours that dates have of their own."""
    return list(
        HoursOverride.objects.filter(
            practitioner_id=practitioner_id, date__gte=first, date__lte=last
        )
    )


def _people(appointment: Appointment) -> list[Participant]:
    if appointment.state != AppointmentState.HELD:
        return [a.participant for a in appointment.attendances.all()]
    return list(appointment.request.participants.all()) if appointment.request else []


def days_after(
    known: Sequence[DatedWindow], first: date, last: date, changed: Sequence[DatedWindow]
) -> list[DatedWindow]:
    """The dated hours once those of [first, last] are these."""
    return [*(w for w in known if not first <= w.date <= last), *changed]
