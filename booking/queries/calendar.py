"""Slots and what they are made of: a small fixed number of indexed queries for any span."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from booking.domain import slots
from booking.domain.slots import (
    AtMost,
    Calendar,
    DatedWindow,
    Interval,
    NotAfter,
    Rules,
    Taken,
    WeeklyWindow,
)
from practice.domain.wall import instant, local_date, zone
from practice.models import Practitioner, Service

#: How far around a wanted time alternatives are looked for.
ALTERNATIVES_DAYS = 14

# Every slot search asks this; building it with the ORM took longer than the rest of the search.
# The columns from duration_minutes on are the fields of `Rules`, in order.
_OFFER_SQL = """
    SELECT practitioner.id, service.id, practitioner.time_zone,
           service.duration_minutes, service.buffer_before_minutes, service.buffer_after_minutes,
           service.step_minutes, service.notice_minutes, service.horizon_days,
           service.day_cap, service.week_cap, service.relationship_type, service.modalities
      FROM practice_service_practitioners AS offered
      JOIN practice_service AS service ON service.id = offered.service_id
      JOIN practice_practitioner AS practitioner ON practitioner.id = offered.practitioner_id
     WHERE service.slug = %(service)s AND service.is_active AND practitioner.is_active
       AND (%(practitioner)s::text IS NULL OR practitioner.slug = %(practitioner)s)
     LIMIT 2
"""

# One answer for everything, because each round trip costs as much as working out a week. The range
# expression is the one that the exclusion constraint indexes: past appointments cost nothing.
_CALENDAR_SQL = """
    SELECT 'weekly' AS kind, weekday::int, opens_minute::int, closes_minute::int,
           from_date, until_date, NULL::timestamptz, NULL::timestamptz,
           NULL::timestamptz, NULL::uuid, NULL::boolean, NULL::varchar, modalities
      FROM practice_weeklyhours
     WHERE practitioner_id = %(practitioner)s
       AND (from_date IS NULL OR from_date < %(end)s)
       AND (until_date IS NULL OR until_date > %(first)s)
    UNION ALL
    SELECT 'override', NULL, opens_minute::int, closes_minute::int, date, NULL, NULL, NULL,
           NULL, NULL, NULL, NULL, modalities
      FROM practice_hoursoverride
     WHERE practitioner_id = %(practitioner)s AND date >= %(first)s AND date < %(end)s
    UNION ALL
    SELECT 'off', NULL, NULL, NULL, NULL, NULL, starts_at, ends_at,
           NULL, NULL, NULL, NULL, NULL
      FROM practice_timeoff
     WHERE practitioner_id = %(practitioner)s
       AND ends_at > %(from_at)s AND starts_at < %(until_at)s
    UNION ALL
    SELECT 'energy', NULL, "limit"::int, NULL, NULL, NULL, NULL, NULL,
           NULL, NULL, NULL, relationship_type, ARRAY[after_type]
      FROM practice_energyrule
     WHERE practitioner_id = %(practitioner)s
    UNION ALL
    SELECT 'taken', NULL, NULL, NULL, NULL, NULL, blocked_from, blocked_until,
           starts_at, claim, service_id = %(service)s, service.relationship_type, NULL
      FROM booking_appointment
      JOIN practice_service AS service ON service.id = service_id
     WHERE practitioner_id = %(practitioner)s
       AND tstzrange(blocked_from, blocked_until) && tstzrange(%(from_at)s, %(until_at)s)
       AND state IN ('held', 'booked')
       AND (state = 'booked' OR held_until > %(now)s)
"""


class SpanTooLong(ValueError):
    """More days were asked for than one search covers (`slots.SPAN_DAYS_MAX`)."""


@dataclass(frozen=True, slots=True)
class Bookable:
    """A service as one practitioner offers it."""

    practitioner_id: UUID
    service_id: UUID
    zone: ZoneInfo
    rules: Rules


def rules_of(service: Service, modality: str | None = None) -> Rules:
    """The slot rules that a service's settings amount to; for one way to meet, or for any."""
    return Rules(
        duration_minutes=service.duration_minutes,
        before_minutes=service.buffer_before_minutes,
        after_minutes=service.buffer_after_minutes,
        step_minutes=service.step_minutes,
        notice_minutes=service.notice_minutes,
        horizon_days=service.horizon_days,
        day_cap=service.day_cap,
        week_cap=service.week_cap,
        relationship_type=service.relationship_type,
        modalities=(modality,) if modality else tuple(service.modalities),
    )


def bookable(
    practitioner: Practitioner, service: Service, modality: str | None = None
) -> Bookable:
    """What slot searches need of a practitioner and a service that are loaded already.

    With `modality` only the hours in which people can meet that way.
    """
    return Bookable(
        practitioner_id=practitioner.id,
        service_id=service.id,
        zone=zone(practitioner.time_zone),
        rules=rules_of(service, modality),
    )


def find_bookable(
    service_slug: str, practitioner_slug: str | None, modality: str | None = None
) -> Bookable | None:
    """The offer of these slugs in one query; the practitioner may be left out if there is one.

    With `modality` only the hours in which people can meet that way.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OFFER_SQL, {"service": service_slug, "practitioner": practitioner_slug})
        found = cursor.fetchall()
    if len(found) != 1:
        return None
    practitioner_id, service_id, time_zone, *rules, offered = found[0]
    rules.append((modality,) if modality else tuple(offered))
    return Bookable(practitioner_id, service_id, zone(time_zone), Rules(*rules))


def calendar(offer: Bookable, *, first: date, end: date, now: datetime) -> Calendar:
    """Everything that decides the slots of the practitioner's dates [first, end): one query."""
    # A cap of the week counts the whole ISO week; buffers reach over midnight.
    counted_from = first - timedelta(days=first.weekday() + 1)
    counted_until = end + timedelta(days=8 - end.weekday())
    parameters: dict[str, UUID | date | datetime] = {
        "practitioner": offer.practitioner_id,
        "service": offer.service_id,
        "first": first,
        "end": end,
        "from_at": datetime.combine(counted_from, time(), UTC),
        "until_at": datetime.combine(counted_until, time(), UTC),
        "now": now,
    }
    weekly: list[WeeklyWindow] = []
    overrides: list[DatedWindow] = []
    off: list[Interval] = []
    taken: list[Taken] = []
    energy: list[AtMost | NotAfter] = []
    with connection.cursor() as cursor:
        cursor.execute(_CALENDAR_SQL, parameters)
        for kind, weekday, opens, closes, since, until, *instants, words in cursor.fetchall():
            if kind == "taken":
                taken.append(Taken(*instants))
            elif kind == "weekly":
                weekly.append(WeeklyWindow(weekday, opens, closes, since, until, words))
            elif kind == "override":
                overrides.append(DatedWindow(since, opens, closes, words))
            elif kind == "off":
                off.append(Interval(instants[0], instants[1]))
            elif opens is not None:
                energy.append(AtMost(instants[-1], opens))
            else:
                energy.append(NotAfter(instants[-1], words[0]))
    return Calendar(
        zone=offer.zone,
        weekly=weekly,
        overrides=overrides,
        time_off=off,
        taken=taken,
        energy=energy,
    )


def open_slots(
    offer: Bookable,
    *,
    first: date,
    end: date,
    now: datetime,
    viewer_zone: ZoneInfo | None = None,
    ignore_claim: UUID | None = None,
) -> list[datetime]:
    """The open starts on the dates [first, end) of `viewer_zone` (the practitioner's by default).

    Instants in UTC. Raises `SpanTooLong` past 62 days.
    """
    if (end - first).days > slots.SPAN_DAYS_MAX:
        raise SpanTooLong
    if viewer_zone is None or viewer_zone == offer.zone:
        facts = calendar(offer, first=first, end=end, now=now)
        return slots.open_slots(
            facts, offer.rules, first=first, end=end, now=now, ignore_claim=ignore_claim
        )
    # The reader's days start and end at other instants: search a day more on either side.
    wide_first, wide_end = first - timedelta(days=1), end + timedelta(days=1)
    facts = calendar(offer, first=wide_first, end=wide_end, now=now)
    found = slots.open_slots(
        facts, offer.rules, first=wide_first, end=wide_end, now=now, ignore_claim=ignore_claim
    )
    starts, ends = instant(first, 0, viewer_zone), instant(end, 0, viewer_zone)
    return [s for s in found if starts <= s < ends]


def alternatives(
    offer: Bookable,
    *,
    wanted: datetime,
    now: datetime,
    count: int = 3,
    ignore_claim: UUID | None = None,
    on_different_days: bool = False,
) -> list[datetime]:
    """The open starts nearest to the one wanted, earliest first.

    `on_different_days` (of the practitioner) makes it a real choice rather than a cluster.
    """
    around = local_date(max(wanted, now), offer.zone)
    found = open_slots(
        offer,
        first=around - timedelta(days=ALTERNATIVES_DAYS),
        end=around + timedelta(days=ALTERNATIVES_DAYS + 1),
        now=now,
        ignore_claim=ignore_claim,
    )
    if on_different_days:
        by_day: dict[date, list[datetime]] = {}
        for start in found:
            by_day.setdefault(local_date(start, offer.zone), []).append(start)
        found = [slots.nearest(starts, wanted, count=1)[0] for starts in by_day.values()]
    return slots.nearest(found, wanted, count=count)


def first_open_date(offer: Bookable, *, after: date, now: datetime) -> date | None:
    """The practitioner's next local date with an open slot, within one search span."""
    found = open_slots(offer, first=after, end=after + timedelta(days=slots.SPAN_DAYS_MAX), now=now)
    return local_date(found[0], offer.zone) if found else None


def own_choice(practitioner: Practitioner, service: Service) -> Bookable:
    """The practitioner's own choice of a time: within hours, past every rule that is a default.

    Notice, horizon, caps, energy rules and the ways to meet of single hours do not bind them.
    """
    offer = bookable(practitioner, service)
    rules = replace(
        offer.rules,
        step_minutes=5,
        notice_minutes=0,
        horizon_days=None,
        day_cap=None,
        week_cap=None,
        relationship_type="",
        modalities=(),
    )
    return replace(offer, rules=rules)
