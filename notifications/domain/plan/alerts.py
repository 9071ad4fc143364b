"""Calls to look at the list (M12): repeated until somebody has.

Some hours after the first the second person is told; from then on all of it is said again once a
day, for as long as nobody acknowledges (`intake.operations.safety.repeat`).

They are counted from when they are planned, so a worker that was down for hours skips none.
Quiet hours never delay one.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from intake.domain.flags import Level
from notifications.domain.facts import AlertFacts, ChangeFacts
from notifications.domain.kinds import Kind
from notifications.domain.plan.planned import Planned, Scribe
from notifications.domain.quiet import next_morning

#: Changes of a request that are about its alerts alone. Nothing else is planned for them: the
#: messages of those who take part must not even be looked at because of one.
CHANGES = frozenset({"flag_raised", "alert_repeated", "alert_acknowledged", "review_decided"})

ACUTE_REPEATS = (timedelta(hours=1), timedelta(hours=4))
REVIEW_REPEAT = timedelta(hours=4)
#: The morning's repeat is at least this long after the one before it.
APART = timedelta(hours=1)
#: How long the last repeat is left to work before the second person is told.
BEFORE_THE_SECOND: Mapping[bool, timedelta] = {
    True: timedelta(hours=1),  # acute
    False: timedelta(hours=4),
}


def once(change: ChangeFacts, facts: AlertFacts, now: datetime) -> list[Planned]:
    """Everything that an alert leads to unless it is acknowledged; what is left then is dropped."""
    if change.kind not in ("flag_raised", "alert_repeated") or facts.is_acknowledged:
        return []
    write = Scribe(change, ("alert", facts.id), now).to
    practitioner = facts.practitioner
    is_acute = facts.level == Level.ACUTE
    if change.kind == "alert_repeated":
        return [write(practitioner, kind, due_at=now) for kind in _daily(facts, is_acute=is_acute)]
    repeats = _repeats(now, practitioner.zone, is_acute=is_acute)
    named = [now, *repeats] if facts.has_named else []
    return [
        write(practitioner, Kind.PRACTITIONER_ALERT, due_at=now),
        *[
            write(practitioner, Kind.PRACTITIONER_ALERT_AGAIN, due_at=at, step=f"+{step}")
            for step, at in enumerate(repeats, start=1)
        ],
        *[
            write(practitioner, Kind.ALERT_NAMED, due_at=at, step=f"+{step}")
            for step, at in enumerate(named)
        ],
        write(practitioner, Kind.ALERT_SECOND, due_at=repeats[-1] + BEFORE_THE_SECOND[is_acute]),
    ]


def _daily(facts: AlertFacts, *, is_acute: bool) -> list[Kind]:
    """What is said again each day: to the second person only where it cannot wait."""
    named = [Kind.ALERT_NAMED] if facts.has_named else []
    second = [Kind.ALERT_SECOND] if is_acute else []
    return [Kind.PRACTITIONER_ALERT_AGAIN, *named, *second]


def _repeats(now: datetime, zone: ZoneInfo, *, is_acute: bool) -> list[datetime]:
    if is_acute:
        return [now + after for after in ACUTE_REPEATS]
    again = now + REVIEW_REPEAT
    return [again, next_morning(again + APART, zone)]
