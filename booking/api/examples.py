"""Examples in the schema: one practice, one autumn."""

from drf_spectacular.utils import OpenApiExample

from booking.api.problems import CONTENT_TYPE

_REQUEST_ID = "0b9f6a52-7c55-4c0e-9d2f-5f0f2f1f6f11"

_SLOT = {"start": "2026-11-30T10:00:00-05:00", "end": "2026-11-30T11:20:00-05:00"}

SERVICES = OpenApiExample(
    "services",
    response_only=True,
    status_codes=["200"],
    value={
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
                "practitioners": [
                    {"slug": "morgan", "name": "Morgan", "time_zone": "America/New_York"}
                ],
            }
        ]
    },
)

SLOTS = OpenApiExample(
    "slots",
    response_only=True,
    status_codes=["200"],
    value={"time_zone": "America/New_York", "slots": [_SLOT]},
)

ASKING = OpenApiExample(
    "a session for two",
    request_only=True,
    value={
        "relationship_type": "couple",
        "service": "couple-80",
        "practitioner": "morgan",
        "times": [_SLOT["start"]],
        "time_zone": "America/New_York",
        "modality": "video",
        "location": {"country": "US", "region": "NY"},
        "cadence": "unsure",
        "article": None,
        "requester": {"name": "Alex", "email": "alex@example.org", "pronouns": "they"},
        "participants": [
            {
                "label": "Sam",
                "attends": "yes",
                "agreed": True,
                "route": "email",
                "email": "sam@example.org",
            }
        ],
        "topics": ["communication"],
        "words": "",
        "adult": True,
        "not_emergency": True,
    },
)

SUBMITTED = OpenApiExample(
    "submitted",
    response_only=True,
    status_codes=["201"],
    value={
        "id": _REQUEST_ID,
        "status": "in_progress",
        "hold_expires_at": "2026-11-23T15:30:00-05:00",
    },
)

STATUS = OpenApiExample(
    "for one of its people",
    response_only=True,
    status_codes=["200"],
    value={"id": _REQUEST_ID, "status": "in_progress"},
)

SLOT_TAKEN = OpenApiExample(
    "slot_taken",
    response_only=True,
    status_codes=["409"],
    media_type=CONTENT_TYPE,
    value={
        "type": "urn:attune:problem:slot_taken",
        "title": "That time is not open any more.",
        "status": 409,
        "code": "slot_taken",
        "alternatives": [_SLOT],
    },
)

INVALID = OpenApiExample(
    "invalid",
    response_only=True,
    status_codes=["422"],
    media_type=CONTENT_TYPE,
    value={
        "type": "urn:attune:problem:invalid",
        "title": "Some of it needs another look.",
        "status": 422,
        "code": "invalid",
        "errors": [
            {
                "field": "time_zone",
                "code": "unknown_zone",
                "message": "Please choose your time zone from the list.",
            }
        ],
    },
)

GATE_CLOSED = OpenApiExample(
    "gate_closed",
    response_only=True,
    status_codes=["409"],
    media_type=CONTENT_TYPE,
    value={
        "type": "urn:attune:problem:gate_closed",
        "title": "It cannot be confirmed yet.",
        "status": 409,
        "code": "gate_closed",
        "reasons": ["not_finished"],
    },
)

DECIDED = OpenApiExample(
    "due with the next batch",
    response_only=True,
    status_codes=["202"],
    value={
        "id": _REQUEST_ID,
        "state": "ready",
        "due_at": "2026-11-23T17:00:00-05:00",
        "appointment": None,
    },
)

PROPOSE = OpenApiExample("one time", request_only=True, value={"times": [_SLOT["start"]]})

RESCHEDULE = OpenApiExample("another hour", request_only=True, value={"start": _SLOT["start"]})
