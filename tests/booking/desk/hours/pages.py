"""What tests of the pages about hours share."""

import re
from datetime import date, datetime
from html import unescape
from typing import Any

from practice.domain.wall import instant
from tests.booking.factories import NEW_YORK, Office

#: The Tuesday of the week after `NOW`.
TUESDAY = date(2026, 10, 20)


def text(response: Any) -> str:
    """The page without line breaks and tags, as a reader finds its sentences."""
    body = re.sub(r"(?s)<(script|style|head).*?</\1>", " ", response.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def on_tuesday(office: Office, hour: int) -> datetime:
    """An hour of that Tuesday on New York's wall."""
    return instant(TUESDAY, hour * 60, NEW_YORK)


def carried(response: Any) -> dict[str, Any]:
    """What the page in between carries along, as a browser sends it back."""
    found: dict[str, Any] = {}
    for name, value in response.context["typed"]:
        found.setdefault(name, []).append(value)
    return found
