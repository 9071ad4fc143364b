"""Appointments that repeat."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from booking.api.serializers.appointments import AppointmentSerializer
from booking.api.serializers.choices import APPOINTMENT_STATES, CONFLICTS
from booking.api.serializers.fields import DayField, InstantField
from booking.domain.series import AHEAD_MAX


class StartSeriesSerializer(serializers.Serializer[Mapping[str, Any]]):
    """How often, and when exactly: the open turns of a preview, and replacements of the others."""

    every_weeks = serializers.IntegerField(help_text="1 to 3.")
    starts = serializers.ListField(child=InstantField(), min_length=1, max_length=AHEAD_MAX)


class RenewSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Further dates."""

    starts = serializers.ListField(child=InstantField(), min_length=1, max_length=AHEAD_MAX)


class PauseSerializer(serializers.Serializer[Mapping[str, Any]]):
    """The practitioner's days without a session."""

    first = DayField()
    until = DayField(help_text="The first day after the pause.")


class PlannedSerializer(serializers.Serializer[Any]):
    """One turn before it is booked."""

    start = InstantField(source="starts_at")
    is_open = serializers.BooleanField()
    reason = serializers.ChoiceField(
        choices=CONFLICTS, allow_blank=True, help_text="Why it is not open."
    )
    replacements = serializers.ListField(
        child=InstantField(), help_text="Open starts on days around it."
    )


class PreviewSerializer(serializers.Serializer[Any]):
    """What would come of repeating."""

    time_zone = serializers.CharField()
    dates = PlannedSerializer(many=True)


class TurnSerializer(serializers.Serializer[Any]):
    """One date of a series."""

    id = serializers.UUIDField(source="appointment.id")
    start = InstantField(source="appointment.starts_at")
    end = InstantField(source="appointment.ends_at")
    state = serializers.ChoiceField(source="appointment.state", choices=APPOINTMENT_STATES)
    number = serializers.IntegerField(allow_null=True, help_text="Null: it was cancelled.")


class SeriesSerializer(serializers.Serializer[Any]):
    """A series with all of its dates; each is an appointment of its own."""

    id = serializers.UUIDField(source="series.id")
    request = serializers.UUIDField(source="series.request_id")
    every_weeks = serializers.IntegerField(source="series.every_weeks")
    can_add = serializers.IntegerField(help_text="How many more dates may be booked now.")
    dates = TurnSerializer(source="turns", many=True)


class MovedSerializer(serializers.Serializer[Any]):
    """The dates that moved together."""

    time_zone = serializers.CharField()
    appointments = AppointmentSerializer(many=True)


class StoppedSerializer(serializers.Serializer[Any]):
    """The dates that a person does not come to any more."""

    cancelled = serializers.ListField(child=serializers.UUIDField())
