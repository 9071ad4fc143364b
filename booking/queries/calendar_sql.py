"""The hand-written SQL behind the slots: what is asked, and what the rows of the answer mean.

Written by hand, because every search asks one of these, and the ORM took longer to build a query
than PostgreSQL to answer it. Each is one round trip for everything that decides the slots.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from psycopg.pq import Format

from booking.domain.slots import (
    AtMost,
    Calendar,
    DatedWindow,
    Interval,
    NotAfter,
    Taken,
    WeeklyWindow,
)

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
CALENDAR_SQL = f"WITH offer AS MATERIALIZED ({_OFFER_AS_IT_IS}) {_FACTS}"
SEARCH_SQL = f"WITH offer AS MATERIALIZED ({_OFFER_BY_SLUG}) {_FACTS}"
_OFFER_SQL = f"SELECT * FROM ({_OFFER_BY_SLUG}) AS offer"  # noqa: S608 - constants only

#: A row of an answer; which columns mean something depends on its first, the kind.
type Row = tuple[Any, ...]


def offer_rows(service_slug: str, practitioner_slug: str | None) -> list[Row]:
    """The offers of these slugs, two at the most: a second one says that it is not clear whose."""
    with connection.cursor() as cursor:
        cursor.execute(_OFFER_SQL, {"service": service_slug, "practitioner": practitioner_slug})
        rows: list[Row] = cursor.fetchall()
    return rows


def ask(
    sql: str, which: Mapping[str, UUID | str | None], *, first: date, end: date, now: datetime
) -> Callable[[], list[Row]]:
    """Ask for everything that decides the slots of [first, end); what is returned reads it.

    `which` fills the offer of `SEARCH_SQL` (slugs) or of `CALENDAR_SQL` (ids).
    """
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
    read: Callable[[], list[Row]] = cursor.fetchall
    return read


def offer_rows_in(rows: Sequence[Row]) -> list[Row]:
    """The offers in the answer to `SEARCH_SQL`, as `offer_rows` has them."""
    return [(r[9], r[10], r[12], r[13]) for r in rows if r[0] == "offer"]


def calendar_of(rows: Sequence[Row], practitioner_zone: ZoneInfo) -> Calendar:
    """The calendar in an answer, on the wall of its practitioner."""
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
    return Calendar(practitioner_zone, weekly, overrides, time_off, taken, energy, has_lapsed)
