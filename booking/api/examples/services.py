"""What can be asked for, and when."""

from booking.api.examples.values import SLOT, ZONE, answered

SERVICES = answered(
    "services",
    {
        "services": [
            {
                "slug": "couple-80",
                "name": "Session for two",
                "description": "Eighty minutes for both of you.",
                "relationship_type": "couple",
                "duration_minutes": 80,
                "modalities": ["video", "phone"],
                "price": "220 USD",
                "notice_minutes": 1440,
                "cancel_minutes": 2880,
                "practitioners": [{"slug": "morgan", "name": "Morgan", "time_zone": ZONE}],
            }
        ],
        "next": None,
    },
)

SLOTS = answered("slots", {"time_zone": ZONE, "slots": [SLOT]})
