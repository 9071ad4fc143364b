"""Fields that every shape uses, and what reads a query's parameters as they do."""

import re
from datetime import UTC, date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from booking.api.serializers.choices import MODALITIES
from practice.domain.hours import clock

#: Calendar arithmetic near the ends of Python's calendar overflows; no session is there.
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


@extend_schema_field(OpenApiTypes.DATETIME)
class InstantField(serializers.Field[datetime, Any, str, datetime]):
    """RFC 3339 with an offset; written in the zone of the answer (`context["zone"]`)."""

    default_error_messages = {  # noqa: RUF012 - the framework's own idiom
        "invalid": _("Not a date and time as in 2026-10-12T09:00:00-04:00."),
        "offset_required": _("Say which time this is: add an offset from UTC, or Z."),
        "out_of_range": _("No calendar reaches that far."),
    }

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str) or len(data) > 40 or data[10:11] not in ("T", "t", " "):
            self.fail("invalid")
        try:
            found = datetime.fromisoformat(data.upper())
        except ValueError:
            self.fail("invalid")
        if found.utcoffset() is None:
            self.fail("offset_required")
        if not _FIRST_YEAR < found.year < _LAST_YEAR:
            self.fail("out_of_range")
        return found.astimezone(UTC)

    def to_representation(self, value: datetime) -> str:
        return value.astimezone(self.context["zone"]).isoformat()


class DayField(serializers.DateField):
    """A calendar date as in 2026-10-12."""

    def to_internal_value(self, value: Any) -> date:
        try:
            return read_day(value if isinstance(value, str) else "")
        except ValueError:
            self.fail("invalid", format="YYYY-MM-DD")


@extend_schema_field({"type": "string", "pattern": f"^({_CLOCK.pattern})$"})
class ClockField(serializers.Field[int, Any, str, int]):
    """A time on the practitioner's wall as in 09:30; 24:00 ends a day. Minutes inside."""

    default_error_messages = {  # noqa: RUF012 - the framework's own idiom
        "invalid": _("Not a time of day as in 09:30."),
    }

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, str) or not _CLOCK.fullmatch(data):
            self.fail("invalid")
        hours, minutes = data.split(":")
        return int(hours) * 60 + int(minutes)

    def to_representation(self, value: int) -> str:
        return clock(value)


def ways_field(**options: Any) -> serializers.ListField:
    """Ways to meet."""
    return serializers.ListField(
        child=serializers.ChoiceField(choices=MODALITIES), max_length=len(MODALITIES), **options
    )


def next_field() -> serializers.URLField:
    """Where a list goes on."""
    return serializers.URLField(
        allow_null=True, help_text="The address of the page after this one; null: it was the last."
    )


def read_day(text: str) -> date:
    """A calendar date as in 2026-10-12. Raises `ValueError`, also where no calendar reaches."""
    found = date.fromisoformat(text)
    if len(text) != len("2026-10-12") or not _FIRST_YEAR < found.year < _LAST_YEAR:
        raise ValueError(text)
    return found


def one_line(text: str) -> None:
    """Validator: a name ends up in headers and calendars, where a line break says something."""
    if any(not c.isprintable() for c in text):
        raise serializers.ValidationError(
            _("Please write it on one line, without control characters."), code="one_line"
        )
