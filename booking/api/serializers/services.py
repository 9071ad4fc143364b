"""What can be asked for, and when."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from booking.api.serializers.choices import MODALITIES, RELATIONSHIP_TYPES
from booking.api.serializers.fields import next_field
from booking.api.serializers.problems import SlotSerializer
from booking.queries.requesting import practitioners_of
from practice.models import Service


class SlotsSerializer(serializers.Serializer[Any]):
    """Open times on the days asked for."""

    time_zone = serializers.CharField()
    slots = SlotSerializer(many=True)


class OfferedBySerializer(serializers.Serializer[Any]):
    """A practitioner, as clients know them."""

    slug = serializers.CharField()
    name = serializers.CharField(source="display_name")
    time_zone = serializers.CharField()


class ServiceSerializer(serializers.Serializer[Any]):
    """A kind of session."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    relationship_type = serializers.ChoiceField(choices=RELATIONSHIP_TYPES)
    duration_minutes = serializers.IntegerField()
    modalities = serializers.ListField(child=serializers.ChoiceField(choices=MODALITIES))
    price = serializers.CharField(source="price_text")
    notice_minutes = serializers.IntegerField(help_text="How far ahead one must ask.")
    cancel_minutes = serializers.IntegerField(help_text="Until when one may cancel freely.")
    practitioners = serializers.SerializerMethodField()

    @extend_schema_field(OfferedBySerializer(many=True))
    def get_practitioners(self, service: Service) -> Any:
        """Who takes requests for it now."""
        return OfferedBySerializer(practitioners_of(service), many=True).data


class ServicesSerializer(serializers.Serializer[Any]):
    """What can be asked for, in the practice's order."""

    services = ServiceSerializer(many=True)
    next = next_field()
