"""Hours, days off, energy and services."""

from typing import Any

from booking.api.examples.values import BOOKED, END, SERVICE_ID, START, ZONE, answered, asked

VERSION = "5f0c1b7e9a2d4c3b8e6f"

_WINDOW: dict[str, Any] = {
    "weekday": 0,
    "opens": "09:00",
    "closes": "13:00",
    "modalities": [],
    "from_date": None,
    "until_date": None,
}
_ENERGY: dict[str, Any] = {
    "at_most": [{"relationship_type": "couple", "limit": 2}],
    "not_after": [{"relationship_type": "group", "after_type": "non_monogamous"}],
}
_BREAK = {
    "start": "2026-12-24T00:00:00-05:00",
    "end": "2027-01-02T00:00:00-05:00",
    "label": "Holidays",
}

AVAILABILITY = answered(
    "hours",
    {
        "time_zone": ZONE,
        "weekly": [_WINDOW],
        "days": [
            {
                "date": "2026-12-23",
                "opens": None,
                "closes": None,
                "modalities": [],
                "version": VERSION,
            }
        ],
        "time_off": [{"id": 7, **_BREAK, "version": VERSION}],
        "energy": _ENERGY,
        "versions": {"time_zone": VERSION, "week": VERSION, "energy": VERSION},
    },
)
HOURS_ZONE = asked("moved to Lisbon", {"time_zone": "Europe/Lisbon"})
WEEK = asked("mornings", {"windows": [_WINDOW], "from_date": "2027-01-04"})
DAYS = asked(
    "an afternoon by phone",
    {
        "first": "2026-12-22",
        "last": "2026-12-22",
        "windows": [{"opens": "14:00", "closes": "17:30", "modalities": ["phone"]}],
    },
)
TIME_OFF = asked("holidays", _BREAK)
ENERGY = asked("two couples a day", _ENERGY)

_OUTSIDE = {"appointment": BOOKED, "reasons": ["closed"]}
EFFECT = answered(
    "a dry run",
    {
        "saved": False,
        "version": VERSION,
        "outside_count": 1,
        "outside": [_OUTSIDE],
        "days": [
            {
                "date": "2026-11-30",
                "before": [{"start": START, "end": END}],
                "after": [],
                "starts_before": 3,
                "starts_after": 0,
            }
        ],
        "services": [{"service": "Session for two", "before": 40, "after": 31}],
    },
)
SAVED = answered(
    "saved", {"saved": True, "version": VERSION, "outside_count": 1, "outside": [_OUTSIDE]}
)
SERVICE_SAVED = answered(
    "the service is saved",
    {"saved": True, "service": SERVICE_ID, "outside_count": 0, "outside": []},
)

_RULES: dict[str, Any] = {
    "name": "Session for two",
    "description": "Eighty minutes for both of you.",
    "relationship_type": "couple",
    "duration_minutes": 80,
    "buffer_before_minutes": 0,
    "buffer_after_minutes": 20,
    "step_minutes": 30,
    "notice_minutes": 1440,
    "horizon_days": 60,
    "day_cap": 2,
    "week_cap": None,
    "cancel_minutes": 2880,
    "reminder_minutes": [4320, 1440, 120],
    "modalities": ["video", "phone"],
    "price_text": "220 USD",
    "people_max": None,
    "position": 2,
    "is_active": True,
}
SERVICE = asked("a session for two", _RULES)
SERVICE_CHANGE = asked("two a day", {"day_cap": 2})
OWN_SERVICES = answered(
    "what one offers",
    {
        "services": [{**_RULES, "id": SERVICE_ID, "slug": "couple-80", "version": VERSION}],
        "next": None,
    },
)
