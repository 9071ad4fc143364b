"""Finding what no nudge announced: the reason that a lost nudge loses nothing."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notifications.models import IDLE, SWEEP, Round
from notifications.operations.claiming import reclaim_expired
from notifications.operations.days import begin_days
from notifications.operations.pacing import forget_domains
from notifications.operations.planning import plan_waiting
from notifications.operations.sending import Sent, send_due

#: So many changes are planned before what is due is sent: some seconds' worth.
_CHANGES = 5_000
#: After a round that found nothing, another one within this time would find nothing either.
_JUST_NOW = timedelta(seconds=1)


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


def is_idle(*, now: datetime) -> bool:
    """Whether a sweep has just found nothing to do, so that this one need not look.

    For rounds that waited in a queue while no worker ran. By the database's clock alone: what
    becomes due meanwhile is found by the next round.
    """
    just_now = (now - _JUST_NOW, now)
    return Round.objects.filter(name=IDLE, ended_at__range=just_now).exists()


def sweep(*, worker: str, now: datetime) -> Swept:
    """Plan what waits in the outbox, take back what dead senders held, send what is due.

    A change that cannot be planned is logged and left for the next sweep; the ledger shows it.
    """
    swept = Swept()
    begin_days(now=now)
    tally = plan_waiting(now=now, limit=_CHANGES)
    swept.planned, swept.unplannable = tally.planned, tally.unplannable
    swept.reclaimed = reclaim_expired(now=now)
    swept.sending = send_due(worker=worker, now=now)
    forget_domains(now=now)
    Round.objects.update_or_create(name=SWEEP, defaults={"ended_at": now})
    if not swept.progress and not swept.sending.total:
        Round.objects.update_or_create(name=IDLE, defaults={"ended_at": now})
    return swept
