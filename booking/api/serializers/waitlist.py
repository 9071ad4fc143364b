"""Waiting for a time."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from booking.api.serializers.choices import MODALITIES
from booking.api.serializers.fields import InstantField, next_field


class OwnPlaceSerializer(serializers.Serializer[Any]):
    """What a person may know and do about the waitlist. Where they stand in it is nobody's."""

    is_waiting = serializers.BooleanField(source="is_on")
    is_asked = serializers.BooleanField(
        source="asks_still",
        help_text="Several offers passed without a word: joining again says that they still wait.",
    )
    may_join = serializers.BooleanField(source="can_join")


class HeldOfferSerializer(serializers.Serializer[Any]):
    """A freed time that is held for somebody."""

    start = InstantField(source="appointment.starts_at")
    end = InstantField(source="appointment.ends_at")
    opens_at = InstantField(help_text="When they are told: in their daytime.")
    told_at = InstantField(allow_null=True)
    expires_at = InstantField()


class EntrySerializer(serializers.Serializer[Any]):
    """A request that waits, for its practitioner."""

    request = serializers.UUIDField(source="request_id")
    service = serializers.CharField(source="request.service.slug")
    modality = serializers.ChoiceField(source="request.modality", choices=MODALITIES)
    ready_at = InstantField(
        source="request.ready_at", allow_null=True, help_text="Its turn; null: not complete yet."
    )
    joined_at = InstantField()
    offer = serializers.SerializerMethodField()

    @extend_schema_field(HeldOfferSerializer(allow_null=True))
    def get_offer(self, entry: Any) -> Any:
        """The time that is held for them now, if there is one."""
        held = next(iter(entry.offers.all()), None)
        return HeldOfferSerializer(held, context=self.context).data if held else None


class WaitlistSerializer(serializers.Serializer[Any]):
    """Everybody who waits, in the order of their turn."""

    time_zone = serializers.CharField()
    waiting = EntrySerializer(many=True)
    next = next_field()
