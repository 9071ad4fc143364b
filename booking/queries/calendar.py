"""Slots and what they are made of: a small fixed number of indexed queries for any span."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from booking.domain import slots
from booking.domain.slots import Calendar, Rules
from booking.queries.calendar_sql import (
    CALENDAR_SQL,
    SEARCH_SQL,
    Row,
    ask,
    calendar_of,
    offer_rows,
    offer_rows_in,
)
from practice.domain.wall import instant, local_date, zone
from practice.models import Practitioner, Service

#: How far around a wanted time alternatives are looked for.
ALTERNATIVES_DAYS = 14


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
    return _one_offer(offer_rows(service_slug, practitioner_slug), modality)


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
    rows = ask(SEARCH_SQL, asked, first=wide[0], end=wide[1], now=now)()
    offer = _one_offer(offer_rows_in(rows), modality)
    if offer is None:
        return None
    facts = calendar_of(rows, offer.zone)
    return offer, _open_seconds(facts, offer, first, end, now=now, viewer_zone=viewer_zone)


def _one_offer(found: Sequence[Row], modality: str | None) -> Bookable | None:
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
    rows = ask(CALENDAR_SQL, known, first=first, end=end, now=now)()
    return calendar_of(rows, offer.zone)


def ask_calendar(
    service_slug: str, practitioner_slug: str | None, *, first: date, end: date, now: datetime
) -> Callable[[Bookable], Calendar]:
    """Ask for the calendar of who offers this, as it is at this moment, on the dates [first, end).

    One query, for whoever has just got the lock and does not know yet whose calendar it is: what
    is returned reads the answer, once that is known.
    """
    asked = {"service": service_slug, "practitioner": practitioner_slug}
    answer = ask(SEARCH_SQL, asked, first=first, end=end, now=now)
    return lambda offer: calendar_of(answer(), offer.zone)


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
    # its hours may reach into this one, see `calendar_sql`.)
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
