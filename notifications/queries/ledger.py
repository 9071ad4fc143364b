"""What became of the messages, for the practitioner."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from notifications.models import Delivery
from practice.models import Pending

#: A message or a change that has waited longer than this means that something does not work.
LATE = timedelta(minutes=5)
_RECENT = 50
_FAILED_DAYS = 30


@dataclass(frozen=True, slots=True)
class Trouble:
    """What needs a look: messages that failed, are late, or cannot even be planned."""

    failed: int
    late: int
    unplanned: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.failed + self.late + self.unplanned


def _failed(now: datetime) -> Q:
    since = now - timedelta(days=_FAILED_DAYS)
    return Q(state=Delivery.State.FAILED, settled_at__gt=since)


def _late(now: datetime) -> Q:
    return Q(state=Delivery.State.PENDING, due_at__lt=now - LATE)


def _of(practitioner_id: UUID) -> QuerySet[Delivery]:
    """Only what concerns this practitioner's own clients, and their own messages."""
    return Delivery.objects.filter(
        Q(practitioner_id=practitioner_id)
        | Q(participant__request__practitioner_id=practitioner_id)
    ).select_related("participant", "practitioner")


def trouble(*, now: datetime) -> Trouble:
    """How much needs a look; three small indexed queries."""
    return Trouble(
        failed=Delivery.objects.filter(_failed(now)).count(),
        late=Delivery.objects.filter(_late(now)).count(),
        unplanned=Pending.objects.filter(change__occurred_at__lt=now - LATE).count(),
    )


def oldest_due(*, now: datetime) -> timedelta | None:
    """For how long the oldest due message has been waiting; None: nothing is due."""
    first = (
        Delivery.objects.filter(state=Delivery.State.PENDING, due_at__lte=now)
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first()
    )
    return now - first if first else None


def needing_a_look(*, practitioner_id: UUID, now: datetime) -> Sequence[Delivery]:
    """Failed messages of the last month, newest first, then late ones, oldest first."""
    deliveries = _of(practitioner_id)
    return [
        *deliveries.filter(_failed(now)).order_by("-settled_at")[:_RECENT],
        *deliveries.filter(_late(now)).order_by("due_at")[:_RECENT],
    ]


def settled(states: Sequence[str], *, practitioner_id: UUID) -> Sequence[Delivery]:
    """The messages that ended so most recently, newest first."""
    return list(
        _of(practitioner_id)
        .filter(state__in=states, settled_at__isnull=False)
        .order_by("-settled_at")[:_RECENT]
    )


def upcoming(*, practitioner_id: UUID, now: datetime) -> Sequence[Delivery]:
    """The messages that are due next."""
    return list(
        _of(practitioner_id)
        .filter(state=Delivery.State.PENDING, due_at__gte=now - LATE)
        .order_by("due_at")[:_RECENT]
    )
