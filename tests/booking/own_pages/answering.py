"""What people are asked on their own pages, and how they answer."""

import re

from booking.models import Appointment, Request
from tests.booking.factories import Office, verified

MARK = re.compile(r'type="radio" name="(at-[^"]+)" value="can"')
WEEK = re.compile(r'name="week" value="([0-9-]+)"')


def asking_together(office: Office, kind: str = "couple") -> Request:
    """A request whose people find a time together."""
    return verified(office, kind, times=(), find_together=True)


def refusing(request: Request) -> dict[str, str]:
    """A no to every time that is held, as the form sends it."""
    held = Appointment.objects.filter(request=request, state="held")
    return {f"time-{a.id}": "no" for a in held}
