"""What Celery runs for the site as a whole."""

from importlib import import_module

from celery import shared_task
from django.conf import settings


@shared_task
def clear_sessions() -> None:
    """Delete sessions that have ended, with what was typed and never sent. May run twice."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
