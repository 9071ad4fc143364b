"""What the examples are made of: one practice, one autumn."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from booking.api.problems import CONTENT_TYPE, TITLES

REQUEST_ID = "0b9f6a52-7c55-4c0e-9d2f-5f0f2f1f6f11"
APPOINTMENT_ID = "6d1c0c1e-52f0-4c0e-8a53-3f7d1f0c2b10"
LATER_ID = "e3a9f3f0-1d61-4f86-b0b6-5c6a7f3d9a21"
SERIES_ID = "5f0f64c8-8f5e-4f3b-9a0c-0d3f3c1f7b32"
COHORT_ID = "a7b2c9d4-3e5f-4a6b-8c7d-9e0f1a2b3c43"
SEAT_ID = "c1d2e3f4-a5b6-4c7d-8e9f-0a1b2c3d4e54"
PERSON_ID = "9c8b7a6f-5e4d-4c3b-a291-8f7e6d5c4b65"
WISH_ID = "1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c76"
SERVICE_ID = "2b3c4d5e-6f7a-4b8c-9d0e-1f2a3b4c5d87"

ZONE = "America/New_York"
START, END = "2026-11-30T10:00:00-05:00", "2026-11-30T11:20:00-05:00"
LATER_START, LATER_END = "2026-12-07T10:00:00-05:00", "2026-12-07T11:20:00-05:00"
ASKED_AT, DUE_AT = "2026-11-23T15:00:00-05:00", "2026-11-23T17:00:00-05:00"

SLOT = {"start": START, "end": END}
LATER_SLOT = {"start": LATER_START, "end": LATER_END}

BOOKED: dict[str, Any] = {
    "id": APPOINTMENT_ID,
    "request": REQUEST_ID,
    "series": None,
    "cohort": None,
    "service": "couple-80",
    "state": "booked",
    **SLOT,
    "held_until": None,
    "modality": "video",
    "rank": 1,
    "suggested_by": None,
    "people": ["Alex", "Sam"],
}


def asked(name: str, value: Any) -> OpenApiExample:
    """A body that is sent."""
    return OpenApiExample(name, request_only=True, value=value)


def answered(name: str, value: Any, *, status: int = 200) -> OpenApiExample:
    """A body that is answered."""
    return OpenApiExample(name, response_only=True, status_codes=[str(status)], value=value)


def refused(code: str, *, status: int = 409, **members: Any) -> OpenApiExample:
    """A problem document."""
    return OpenApiExample(
        code,
        response_only=True,
        status_codes=[str(status)],
        media_type=CONTENT_TYPE,
        value={
            "type": f"urn:attune:problem:{code}",
            "title": TITLES[code],
            "status": status,
            "code": code,
            **members,
        },
    )
