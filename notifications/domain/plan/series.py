"""Messages about appointments that repeat: all dates in one, the clocks, the last two."""

from datetime import datetime, timedelta

from notifications.domain.clocks import clock_before
from notifications.domain.facts import ChangeFacts, Person, SeriesFacts
from notifications.domain.kinds import Kind
from notifications.domain.plan.planned import Planned, Scribe, stamp
from notifications.domain.plan.planned import standing as _standing
from notifications.domain.quiet import evening, morning

#: How long before a session people hear that their clock will show another time.
BEFORE_A_SHIFT = timedelta(days=10)
#: How long before the last session but one people hear that two are left.
BEFORE_THE_LAST = timedelta(days=5)
AFTER_A_SESSION = timedelta(hours=1)
#: Two that are left of two were never a row of dates.
_LEAST_DATES = 3

_KINDS = {
    "series_booked": Kind.DATES_BOOKED,
    "series_renewed": Kind.DATES_BOOKED,
    "series_moved": Kind.DATES_MOVED,
    "series_paused": Kind.DATES_CANCELLED,
}


def once(change: ChangeFacts, facts: SeriesFacts, now: datetime) -> list[Planned]:
    """One message to each person with all that has changed."""
    ahead = [d.starts_at for d in facts.dates if d.is_ahead]
    scribe = Scribe(change, ("series", facts.id), now, touches=min(ahead, default=None))
    if change.kind == "series_missed_twice":
        return [scribe.to(facts.practitioner, Kind.PRACTITIONER_MISSED_TWICE)]
    if change.kind.startswith("dates_wish_"):
        return [scribe.to(facts.practitioner, Kind.PRACTITIONER_DATES_WISH)]
    kind = _KINDS.get(change.kind)
    if kind is None:
        return []
    told = [p for p in facts.people if not p.has_left and facts.dates_of(p.id)]
    return [
        *[scribe.to(p.recipient, kind) for p in told],
        *(
            [scribe.to(facts.practitioner, Kind.PRACTITIONER_DATES_BOOKED)]
            if kind is Kind.DATES_BOOKED
            else []
        ),
    ]


def standing_of(facts: SeriesFacts) -> list[Planned]:
    """What each person should know ahead: another time on their clock, and that two are left."""
    present = [p for p in facts.people if not p.has_left and p.wants_reminders]
    return [m for p in present for m in (*_shifts(facts, p), *_last_dates(facts, p))]


def _shifts(facts: SeriesFacts, person: Person) -> list[Planned]:
    planned = []
    for date in facts.ahead_of(person.id):
        before = clock_before(date, facts.dates_of(person.id), person.zone)
        if before is None:
            continue
        planned.append(
            _standing(
                Kind.CLOCK_SHIFT,
                f"{before:%H%M}@{stamp(date.starts_at)}",
                person,
                subject=("series", facts.id),
                revision=facts.revision,
                due_at=evening(date.starts_at - BEFORE_A_SHIFT, person.zone, person.quiet),
                not_after=date.starts_at,
                says_start=date.starts_at,
            )
        )
    return planned


def _last_dates(facts: SeriesFacts, person: Person) -> list[Planned]:
    dates = facts.dates_of(person.id)
    if len(dates) < _LEAST_DATES or not all(d.is_ahead for d in dates[-2:]):
        return []
    last_but_one = dates[-2].starts_at
    return [
        _standing(
            Kind.LAST_DATES,
            f"last@{stamp(last_but_one)}-{stamp(dates[-1].starts_at)}",
            person,
            subject=("series", facts.id),
            revision=facts.revision,
            due_at=max(
                evening(last_but_one - BEFORE_THE_LAST, person.zone, person.quiet),
                morning(dates[-3].ends_at + AFTER_A_SESSION, person.zone, person.quiet),
            ),
            not_after=last_but_one,
            says_start=last_but_one,
        )
    ]
