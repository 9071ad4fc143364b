"""What notifications listen to."""

from typing import Any

from django.dispatch import receiver

from notifications import tasks
from practice.signals import change_recorded


@receiver(change_recorded, dispatch_uid="notifications.plan_change")
def plan_soon(*, change_id: int, **_kwargs: Any) -> None:
    """Have a change planned at once. If nobody hears it, the next sweep finds the change."""
    tasks.nudge(tasks.plan_change, change_id)
