"""Slots and what they are made of: a small fixed number of indexed queries for any span."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from psycopg.pq import Format

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

# Written by hand, because every search asks one of these two, and the ORM took longer to build a
# query than PostgreSQL to answer it. Each is one round trip for everything that decides the slots.

# Who offers what, with the rules of the service (`numbers`: the fields of `Rules` from
# duration_minutes to week_cap, in order).
_OFFER = """
    SELECT practitioner.id AS practitioner_id, service.id AS service_id,
           ARRAY[service.duration_minutes, service.buffer_before_minutes,
                 service.buffer_after_minutes, service.step_minutes, service.notice_minutes,
                 service.horizon_days, service.day_cap, service.week_cap]::int[] AS numbers,
           ARRAY[practitioner.time_zone, service.relationship_type] || service.modalities AS words
      FROM practice_service_practitioners AS offered
      JOIN practice_service AS service ON service.id = offered.service_id
      JOIN practice_practitioner AS practitioner ON practitioner.id = offered.practitioner_id
"""
_OFFER_BY_SLUG = f"""
    {_OFFER}
     WHERE service.slug = %(service)s AND service.is_active AND practitioner.is_active
       AND (%(practitioner)s::text IS NULL OR practitioner.slug = %(practitioner)s::text)
     LIMIT 2
"""
# Known already, and whether it is still offered does not matter.
_OFFER_AS_IT_IS = """
    SELECT %(practitioner)s::uuid AS practitioner_id, %(service)s::uuid AS service_id,
           NULL::int[] AS numbers, NULL::varchar[] AS words
"""

# The hours of the day before belong to it: where clocks go back over midnight they reach into the
# first day, and `slots.is_open` looks at them. So do those of the day after: a session that begins
# before midnight may run into them.
# A scalar subquery is a constant to the planner, so the GiST index of the exclusion constraint is
# asked for practitioner and range at once: past appointments cost nothing. Sessions of the range
# that have taken place or were missed are in it, because caps and energy rules count them, and
# because theirs is the time until their buffer is over.
_THE_PRACTITIONER = "(SELECT practitioner_id FROM offer LIMIT 1)"

_FACTS = f"""
    SELECT 'offer' AS kind, NULL::int AS weekday, NULL::int AS opens, NULL::int AS closes,
           NULL::date, NULL::date, NULL::timestamptz, NULL::timestamptz, NULL::timestamptz,
           practitioner_id, service_id, NULL::boolean, numbers, words
      FROM offer
    UNION ALL
    SELECT 'weekly', weekday, opens_minute, closes_minute, from_date, until_date,
           NULL, NULL, NULL, NULL, NULL, NULL, NULL, modalities
      FROM practice_weeklyhours
     WHERE practitioner_id = {_THE_PRACTITIONER}
       AND (from_date IS NULL OR from_date <= %(end)s)
       AND (until_date IS NULL OR until_date > %(first)s::date - 1)
    UNION ALL
    SELECT 'override', NULL, opens_minute, closes_minute, date, NULL,
           NULL, NULL, NULL, NULL, NULL, NULL, NULL, modalities
      FROM practice_hoursoverride
     WHERE practitioner_id = {_THE_PRACTITIONER}
       AND date >= %(first)s::date - 1 AND date <= %(end)s
    UNION ALL
    SELECT 'off', NULL, NULL, NULL, NULL, NULL,
           starts_at, ends_at, NULL, NULL, NULL, NULL, NULL, NULL
      FROM practice_timeoff
     WHERE practitioner_id = {_THE_PRACTITIONER}
       AND ends_at > %(from_at)s AND starts_at < %(until_at)s
    UNION ALL
    SELECT kind, NULL, "limit", NULL, NULL, NULL,
           NULL, NULL, NULL, NULL, NULL, NULL, NULL, ARRAY[relationship_type, after_type]
      FROM practice_energyrule
     WHERE practitioner_id = {_THE_PRACTITIONER}
    UNION ALL
    SELECT CASE WHEN state <> 'held' OR held_until > %(now)s THEN 'taken' ELSE 'lapsed' END,
           NULL, NULL, NULL, NULL, NULL, blocked_from, blocked_until, starts_at,
           claim, NULL, service_id = (SELECT service_id FROM offer LIMIT 1),
           NULL, ARRAY[service.relationship_type]
      FROM booking_appointment
      JOIN practice_service AS service ON service.id = service_id
     WHERE practitioner_id = {_THE_PRACTITIONER}
       AND tstzrange(blocked_from, blocked_until)
           && tstzrange(%(from_at)s::timestamptz, %(until_at)s::timestamptz)
       AND state IN ('held', 'booked', 'fulfilled', 'no_show')
"""  # noqa: S608 - constants only
_CALENDAR_SQL = f"WITH offer AS MATERIALIZED ({_OFFER_AS_IT_IS}) {_FACTS}"
_SEARCH_SQL = f"WITH offer AS MATERIALIZED ({_OFFER_BY_SLUG}) {_FACTS}"
_OFFER_SQL = f"SELECT * FROM ({_OFFER_BY_SLUG}) AS offer"  # noqa: S608 - constants only


#: A row of `_FACTS`; which columns mean something depends on its first, the kind.
type _Row = tuple[Any, ...]


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


def bookable(practitioner: Practitioner, service: Service, modality: str | None = None) -> Bookable:
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
        return _one_offer(cursor.fetchall(), modality)


def search(
    service_slug: str,
    practitioner_slug: str | None,
    *,
    first: date,
    end: date,
    now: datetime,
    viewer_zone: ZoneInfo | None = None,
    modality: str | None = None,
) -> tuple[Bookable, list[int]] | None:
    """The offer of these slugs and its open starts, as `open_slots` has them, in one query.

    The starts are seconds since 1970, to be written at once (`Rfc3339`).

    None if there is no such offer, or several. Raises `SpanTooLong` past 62 days.
    """
    if (end - first).days > slots.SPAN_DAYS_MAX:
        raise SpanTooLong
    # Whose zone the practitioner's is, only the answer tells: ask for more on either side.
    wide = _widened(first, end) if viewer_zone is not None else (first, end)
    asked = {"service": service_slug, "practitioner": practitioner_slug}
    rows = _fetch(_SEARCH_SQL, asked, first=wide[0], end=wide[1], now=now)
    offer = _one_offer(_offers_in(rows), modality)
    if offer is None:
        return None
    facts = _calendar_of(rows, offer)
    return offer, _open_seconds(facts, offer, first, end, now=now, viewer_zone=viewer_zone)


def _offers_in(rows: Sequence[_Row]) -> list[_Row]:
    return [(r[9], r[10], r[12], r[13]) for r in rows if r[0] == "offer"]


def _one_offer(found: Sequence[_Row], modality: str | None) -> Bookable | None:
    if len(found) != 1:
        return None
    practitioner_id, service_id, numbers, (time_zone, relationship_type, *offered) = found[0]
    ways = (modality,) if modality else tuple(offered)
    return Bookable(
        practitioner_id, service_id, zone(time_zone), Rules(*[*numbers, relationship_type, ways])
    )


def calendar(offer: Bookable, *, first: date, end: date, now: datetime) -> Calendar:
    """Everything that decides the slots of the practitioner's dates [first, end): one query."""
    known = {"practitioner": offer.practitioner_id, "service": offer.service_id}
    return _calendar_of(_fetch(_CALENDAR_SQL, known, first=first, end=end, now=now), offer)


def ask_calendar(
    service_slug: str, practitioner_slug: str | None, *, first: date, end: date, now: datetime
) -> Callable[[Bookable], Calendar]:
    """Ask for the calendar of who offers this, as it is at this moment, on the dates [first, end).

    One query, for whoever has just got the lock and does not know yet whose calendar it is: what
    is returned reads the answer, once that is known.
    """
    asked = {"service": service_slug, "practitioner": practitioner_slug}
    answer = _ask(_SEARCH_SQL, asked, first=first, end=end, now=now)
    return lambda offer: _calendar_of(answer(), offer)


def _fetch(
    sql: str, which: Mapping[str, UUID | str | None], *, first: date, end: date, now: datetime
) -> list[_Row]:
    return _ask(sql, which, first=first, end=end, now=now)()


def _ask(
    sql: str, which: Mapping[str, UUID | str | None], *, first: date, end: date, now: datetime
) -> Callable[[], list[_Row]]:
    # A cap of the week counts the whole ISO week; buffers reach over midnight.
    counted_from = first - timedelta(days=first.weekday() + 1)
    counted_until = end + timedelta(days=8 - end.weekday())
    parameters = {
        **which,
        "first": first,
        "end": end,
        "from_at": datetime.combine(counted_from, time(), UTC),
        "until_at": datetime.combine(counted_until, time(), UTC),
        "now": now,
    }
    cursor = connection.cursor()
    # Of times in binary form the driver makes datetimes by itself, without Django's help in Python.
    cursor.cursor.format = Format.BINARY
    cursor.execute(sql, parameters)
    read: Callable[[], list[_Row]] = cursor.fetchall
    return read


def _calendar_of(rows: Sequence[_Row], offer: Bookable) -> Calendar:
    weekly: list[WeeklyWindow] = []
    overrides: list[DatedWindow] = []
    time_off: list[Interval] = []
    energy: list[AtMost | NotAfter] = []
    taken: list[Taken] = []
    has_lapsed = False
    for row in rows:
        kind, weekday, opens, closes, since, until, starts, ends, at, claim, _, ours, _, words = row
        match kind:
            case "taken":
                taken.append(Taken(starts, ends, at, claim, ours, words[0]))
            case "lapsed":
                has_lapsed = True
            case "weekly":
                weekly.append(WeeklyWindow(weekday, opens, closes, since, until, words))
            case "override":
                overrides.append(DatedWindow(since, opens, closes, words))
            case "off":
                time_off.append(Interval(starts, ends))
            case "at_most":
                energy.append(AtMost(words[0], opens))
            case "not_after":
                energy.append(NotAfter(words[0], words[1]))
    return Calendar(offer.zone, weekly, overrides, time_off, taken, energy, has_lapsed)


def _widened(first: date, end: date) -> tuple[date, date]:
    """Dates that cover these of any other zone: clocks stand up to 26 hours apart."""
    return first - timedelta(days=2), end + timedelta(days=2)


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
    wide = _widened(first, end) if viewer_zone not in (None, offer.zone) else (first, end)
    facts = calendar(offer, first=wide[0], end=wide[1], now=now)
    found = _open_seconds(
        facts, offer, first, end, now=now, viewer_zone=viewer_zone, ignore_claim=ignore_claim
    )
    return [datetime.fromtimestamp(at, UTC) for at in found]


def _open_seconds(
    facts: Calendar,
    offer: Bookable,
    first: date,
    end: date,
    *,
    now: datetime,
    viewer_zone: ZoneInfo | None,
    ignore_claim: UUID | None = None,
) -> list[int]:
    if viewer_zone is None or viewer_zone == offer.zone:
        return slots.open_seconds(
            facts, offer.rules, first=first, end=end, now=now, ignore_claim=ignore_claim
        )
    # The reader's days start and end at other instants than the practitioner's. (The day before:
    # its hours may reach into this one, see `_FACTS`.)
    begins, ends = instant(first, 0, viewer_zone), instant(end, 0, viewer_zone)
    first = local_date(begins, offer.zone) - timedelta(days=1)
    end = local_date(ends, offer.zone) + timedelta(days=1)
    found = slots.open_seconds(
        facts, offer.rules, first=first, end=end, now=now, ignore_claim=ignore_claim
    )
    since, until = begins.timestamp(), ends.timestamp()
    return [s for s in found if since <= s < until]


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
    today, around = (local_date(at, offer.zone) for at in (now, max(wanted, now)))
    found = open_slots(
        offer,
        first=max(today, around - timedelta(days=ALTERNATIVES_DAYS)),
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
