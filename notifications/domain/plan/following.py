"""What waits follows what its reader has chosen since."""

from dataclasses import replace
from datetime import datetime

from notifications.domain.plan.planned import LEAST_PATIENCE, Planned
from notifications.domain.quiet import morning


def followed(message: Planned, *, now: datetime) -> Planned:
    """A message that waits, planned again for the moment at which it was planned first.

    If by the new choices it would have left by now, it leaves at the first moment that is not
    quiet; at once if by then it would be too late.
    """
    if message.due_at > now:
        return message
    daytime = morning(now, message.recipient.zone, message.recipient.quiet)
    due_at = daytime if daytime + LEAST_PATIENCE <= message.not_after else now
    return replace(
        message, due_at=due_at, not_after=max(message.not_after, due_at + LEAST_PATIENCE)
    )
