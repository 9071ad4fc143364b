"""One person chooses how they are written to, and what waits for them follows."""

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction

from booking.domain.discretion import MessageChoices
from booking.operations.discretion import choose_messages
from notifications.operations.planning import plan_within
from practice.models import Pending

logger = logging.getLogger(__name__)


@transaction.atomic(durable=True)
def choose(*, participant_id: UUID, choices: MessageChoices, now: datetime) -> None:
    """Store the choices, and plan anew what waits: nothing leaves by wishes of before.

    If that fails the choices stand all the same, and the next sweep plans it. Raises what
    `choose_messages` raises.
    """
    choose_messages(participant_id=participant_id, choices=choices, now=now)
    recorded = Pending.objects.filter(
        change__kind="profile_changed",
        change__subject_type="participant",
        change__subject_id=participant_id,
    )
    try:
        with transaction.atomic():
            plan_within(list(recorded.values_list("change_id", flat=True)), now=now)
    except Exception:
        logger.exception("choices not planned yet", extra={"participant": str(participant_id)})
