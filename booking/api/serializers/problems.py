"""What is said when something cannot be."""

from typing import Any

from rest_framework import serializers

from booking.api.serializers.choices import REASONS
from booking.api.serializers.fields import InstantField


class ProblemErrorSerializer(serializers.Serializer[Any]):
    """Something wrong with one field."""

    field = serializers.CharField(help_text="With dots, as in participants.0.email.")
    code = serializers.CharField()
    message = serializers.CharField()


class SlotSerializer(serializers.Serializer[Any]):
    """A time, open or asked about."""

    start = InstantField()
    end = InstantField()


class ProblemSerializer(serializers.Serializer[Any]):
    """An error as RFC 9457 has it."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable; programs look at this.")
    detail = serializers.CharField(required=False)
    errors = ProblemErrorSerializer(  # type: ignore[assignment]  # the framework uses the name too
        many=True, required=False
    )
    alternatives = SlotSerializer(
        many=True, required=False, help_text="With slot_taken: the nearest open times."
    )
    reasons = serializers.ListField(
        child=serializers.ChoiceField(choices=REASONS),
        required=False,
        help_text="With gate_closed: everything that is in the way.",
    )
