"""What the practice listens to."""

import time
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from practice.domain import presence

SESSION_KEY = "desk"


@receiver(user_logged_in, dispatch_uid="practice.begin_desk_session")
def begin_desk_session(*, request: HttpRequest, **_kwargs: Any) -> None:
    """Start the clocks of automatic log-off."""
    request.session[SESSION_KEY] = presence.begun(int(time.time()))
