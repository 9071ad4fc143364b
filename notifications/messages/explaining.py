"""One delivery in sentences: why it was due, why then, what it waited for, how it ended."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from notifications.domain.kinds import REMINDERS
from notifications.messages.times import moment
from notifications.messages.titles import reason_in_words
from notifications.models import Attempt, Delivery

#: Less than this between two times is no wait that anybody asks about.
_AT_ONCE = timedelta(minutes=2)


def explain(delivery: Delivery, attempts: Sequence[Attempt], *, tz: ZoneInfo) -> list[str]:
    """Everything that is known, in the order of time. It names nobody."""
    return [
        *_why_due(delivery, tz),
        *_waiting(delivery, attempts, tz),
        *(_attempt(number, attempt, tz) for number, attempt in enumerate(attempts, start=1)),
        *_how_it_stands(delivery, tz),
        *_afterwards(delivery, tz),
    ]


def _why_due(delivery: Delivery, tz: ZoneInfo) -> Iterator[str]:
    happened = delivery.change.occurred_at
    yield _("It follows from what happened on %(when)s (%(what)s).") % {
        "when": moment(happened, tz),
        "what": delivery.change.kind.replace("_", " "),
    }
    if ":again:" in delivery.key:
        yield _("It was sent once more because you asked for it.")
    if delivery.kind in REMINDERS:
        yield _("As a reminder it was due on %(when)s.") % {"when": moment(delivery.due_at, tz)}
    elif delivery.due_at - happened < _AT_ONCE:
        yield _("It was due at once.")
    else:
        yield _("It was due on %(when)s: not before its time, and not in quiet hours.") % {
            "when": moment(delivery.due_at, tz)
        }
    if delivery.says_start is not None:
        yield _("It speaks of an appointment on %(when)s.") % {
            "when": moment(delivery.says_start, tz)
        }
    if delivery.not_after is not None:
        yield _("After %(when)s it is not sent any more.") % {
            "when": moment(delivery.not_after, tz)
        }


def _waiting(delivery: Delivery, attempts: Sequence[Attempt], tz: ZoneInfo) -> Iterator[str]:
    if delivery.planned_at - delivery.change.occurred_at > _AT_ONCE:
        yield _("It was planned on %(when)s only: nobody was at work before.") % {
            "when": moment(delivery.planned_at, tz)
        }
    first = attempts[0].ended_at if attempts else delivery.settled_at
    due = max(delivery.due_at, delivery.planned_at)
    if first is not None and first - due > _AT_ONCE:
        minutes = round((first - due).total_seconds() / 60)
        yield _("Then it waited %(minutes)d minutes until it was its turn.") % {"minutes": minutes}


def _attempt(number: int, attempt: Attempt, tz: ZoneInfo) -> str:
    words = str(Attempt.Outcome(attempt.outcome).label)
    told = f"{words} ({attempt.reason})" if attempt.reason else words
    return _("Try %(number)d, %(when)s: %(outcome)s.") % {
        "number": number,
        "when": moment(attempt.ended_at, tz),
        "outcome": told,
    }


def _how_it_stands(delivery: Delivery, tz: ZoneInfo) -> Iterator[str]:
    state = Delivery.State
    reason = reason_in_words(delivery.reason)
    ended: datetime | None = delivery.settled_at
    when = moment(ended, tz) if ended else ""
    match delivery.state:
        case state.PENDING:
            yield _("It waits, and is tried next on %(when)s.") % {
                "when": moment(delivery.try_at, tz)
            }
            if reason:
                yield reason
        case state.SENDING:
            yield _("It is being sent at this moment.")
        case state.SENT:
            yield _("It left on %(when)s.") % {"when": when}
        case state.SUPERSEDED:
            yield _("It was dropped on %(when)s, because it was no longer true: %(reason)s.") % {
                "when": when,
                "reason": reason.rstrip("."),
            }
        case state.SKIPPED:
            yield _("It was not sent (%(when)s): %(reason)s") % {"when": when, "reason": reason}
        case _:
            yield _("It failed on %(when)s: %(reason)s") % {"when": when, "reason": reason}


def _afterwards(delivery: Delivery, tz: ZoneInfo) -> Iterator[str]:
    if delivery.maybe_sent and delivery.state != Delivery.State.SENT:
        yield _("It may have arrived all the same: nobody answered the last time.")
    elif delivery.maybe_sent:
        yield _("It may have arrived twice; both copies have the same Message-ID.")
    if delivery.delivered_at is not None:
        yield _("The mail service reported on %(when)s that it was delivered.") % {
            "when": moment(delivery.delivered_at, tz)
        }
    if delivery.bounced_at is not None and delivery.state != Delivery.State.FAILED:
        yield _("It came back on %(when)s (%(how)s).") % {
            "when": moment(delivery.bounced_at, tz),
            "how": delivery.bounced_as,
        }
