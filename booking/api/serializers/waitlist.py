"""Waiting for a time."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from booking.api.serializers.choices import DAY_PARTS, MODALITIES
from booking.api.serializers.fields import DayField, InstantField, next_field
from booking.domain.waiting import DayPart, Wishes


class WishesSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Which times would suit, by the clock of whoever asked. What is empty suits in every way."""

    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6),
        max_length=7,
        default=list,
        help_text="Monday is 0.",
    )
    parts = serializers.ListField(
        child=serializers.ChoiceField(choices=DAY_PARTS),
        max_length=len(DAY_PARTS),
        default=list,
        help_text="The morning ends at 12:00, the afternoon at 17:00.",
    )
    from_date = DayField(allow_null=True, default=None, help_text="The first day that would suit.")


def wishes_in(said: Mapping[str, Any]) -> Wishes:
    """Which times would suit, as a valid body says it."""
    return Wishes(
        weekdays=frozenset(said["weekdays"]),
        parts=frozenset(DayPart(part) for part in said["parts"]),
        from_date=said["from_date"],
    )


class WaitSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Waiting for a time. Without `wishes` they stay as they were."""

    wishes = WishesSerializer(required=False)


class OwnPlaceSerializer(serializers.Serializer[Any]):
    """What a person may know and do about the waitlist. Where they stand in it is nobody's."""

    is_waiting = serializers.BooleanField(source="is_on")
    is_asked = serializers.BooleanField(
        source="asks_still",
        help_text="Several offers passed without a word: joining again says that they still wait.",
    )
    may_join = serializers.BooleanField(source="can_join")
    wishes = WishesSerializer(help_text="No time that is not one of these is offered.")


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
