"""What the site tidies up by itself."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from config.tasks import clear_sessions

pytestmark = pytest.mark.django_db


def test_sessions_that_have_ended_are_deleted_and_others_stay() -> None:
    ended, going_on = SessionStore(), SessionStore()
    ended.set_expiry(timezone.now() - timedelta(seconds=1))
    for store in (ended, going_on):
        store["typed"] = "something"
        store.save()

    clear_sessions()

    assert set(Session.objects.values_list("session_key", flat=True)) == {going_on.session_key}


def test_it_is_asked_for_every_hour() -> None:
    planned = settings.CELERY_BEAT_SCHEDULE["config.tasks.clear_sessions"]

    assert (planned["task"], planned["schedule"]) == ("config.tasks.clear_sessions", 3600)
