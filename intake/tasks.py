"""What Celery runs for intake. The edge reads the database's clock once and passes it down."""

from celery import shared_task

from intake.operations import retention, safety
from practice.queries import database_now


@shared_task
def purge() -> None:
    """Delete what is kept no longer. May run twice, or at once."""
    retention.purge(now=database_now())


@shared_task
def repeat_alerts() -> None:
    """Say again what nobody has acknowledged. May run twice, or at once."""
    safety.repeat(now=database_now())
