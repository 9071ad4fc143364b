"""What Celery runs for booking. The edge reads the database's clock once and passes it down."""

from celery import shared_task

from booking.operations import sweep as sweeping
from practice.queries import database_now


@shared_task
def sweep() -> None:
    """Do everything in booking that time alone brings about. May run twice, or at once."""
    sweeping.sweep(now=database_now())
