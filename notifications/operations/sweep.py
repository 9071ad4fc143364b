"""Finding what no nudge announced: the reason that a lost nudge loses nothing."""

import logging
from dataclasses import dataclass, field
from datetime import datetime

from celery.exceptions import SoftTimeLimitExceeded

from notifications.operations.planning import plan_change
from notifications.operations.sending import Sent, reclaim_expired, send_due
from practice.models import Pending

logger = logging.getLogger(__name__)

_CHANGES = 500


@dataclass(slots=True)
class Swept:
    """What a sweep did."""

    planned: int = 0
    unplannable: int = 0
    reclaimed: int = 0
    sending: Sent = field(default_factory=Sent)

    @property
    def progress(self) -> int:
        """How much is done for good: while there is some, another sweep may find more."""
        return self.planned + self.sending.settled


def sweep(*, worker: str, now: datetime) -> Swept:
    """Plan what waits in the outbox, take back what dead senders held, send what is due.

    A change that cannot be planned is logged and left for the next sweep; the ledger shows it.
    """
    swept = Swept()
    waiting = Pending.objects.order_by("change_id").values_list("change_id", flat=True)
    for change_id in list(waiting[:_CHANGES]):
        try:
            swept.planned += plan_change(change_id=change_id, now=now)
        except SoftTimeLimitExceeded:  # this worker is to stop, not this change is broken
            raise
        except Exception:  # one broken change must not keep the others waiting
            logger.exception("change not planned", extra={"change": change_id})
            swept.unplannable += 1
    swept.reclaimed = reclaim_expired(now=now)
    swept.sending = send_due(worker=worker, now=now)
    return swept
