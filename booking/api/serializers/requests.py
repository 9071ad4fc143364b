"""A request as its practitioner sees it, and decisions about it."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from booking.api.serializers.appointments import AppointmentSerializer
from booking.api.serializers.asking import LocationSerializer
from booking.api.serializers.choices import (
    MODALITIES,
    OUTWARD,
    REASONS,
    RELATIONSHIP_TYPES,
    REQUEST_STATES,
)
from booking.api.serializers.fields import InstantField
from booking.domain.asking import TIMES_MAX
from booking.models import Decision, Participant, Request


class ConfirmSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Which time is to be booked."""

    time = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="One of those held. Left out: the best that everybody accepts.",
    )
    start = InstantField(
        required=False,
        allow_null=True,
        help_text="Of people who find a time together: a start of `outcome` that works for all.",
    )


class ProposeSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Other times, best first; among them may be what somebody suggested."""

    times = serializers.ListField(child=InstantField(), min_length=1, max_length=TIMES_MAX)


class PersonSerializer(serializers.Serializer[Participant]):
    """Somebody in a request, as its practitioner sees them; what they wrote is not here."""

    id = serializers.UUIDField()
    name = serializers.SerializerMethodField()
    pronouns = serializers.CharField()
    attends = serializers.ChoiceField(choices=[c.value for c in Participant.Attends])
    is_requester = serializers.BooleanField()
    joined = serializers.SerializerMethodField()
    finished = serializers.SerializerMethodField()
    left = serializers.SerializerMethodField()

    def get_name(self, person: Participant) -> str:
        """Their own name for themselves, or the requester's for them."""
        return person.chosen_name or person.label

    def get_joined(self, person: Participant) -> bool:
        return person.joined_at is not None

    def get_finished(self, person: Participant) -> bool:
        return person.cleared_at is not None

    def get_left(self, person: Participant) -> bool:
        return person.left_at is not None


class WaitingDecisionSerializer(serializers.Serializer[Any]):
    """A decision that leaves with a later batch, and can be undone until then."""

    kind = serializers.ChoiceField(choices=[k.value for k in Decision.Kind])
    due_at = InstantField()


class RequestSerializer(serializers.Serializer[Any]):
    """A request as its practitioner sees it. Words, topics and answers are read at the desk."""

    id = serializers.UUIDField(source="request.id")
    status = serializers.ChoiceField(choices=OUTWARD, help_text="What its people are told.")
    state = serializers.ChoiceField(source="request.state", choices=REQUEST_STATES)
    relationship_type = serializers.ChoiceField(
        source="request.relationship_type", choices=RELATIONSHIP_TYPES
    )
    service = serializers.CharField(source="request.service.slug")
    modality = serializers.ChoiceField(source="request.modality", choices=MODALITIES)
    find_together = serializers.BooleanField(source="request.find_together")
    time_zone = serializers.CharField(source="request.time_zone", help_text="The requester's.")
    location = LocationSerializer(source="request")
    cadence = serializers.ChoiceField(
        source="request.cadence", choices=[c.value for c in Request.Cadence]
    )
    article = serializers.CharField(source="request.article_slug")
    created_at = InstantField(source="request.created_at")
    hold_expires_at = InstantField(source="request.hold_ends_at", allow_null=True)
    in_the_way = serializers.ListField(
        child=serializers.ChoiceField(choices=REASONS),
        help_text="Why it cannot be confirmed now; empty: it can.",
    )
    decision = WaitingDecisionSerializer(allow_null=True)
    people = PersonSerializer(many=True)
    appointments = AppointmentSerializer(many=True)


class DecidedSerializer(serializers.Serializer[Any]):
    """What a decision led to: done (200), or due with the batch (202)."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=REQUEST_STATES)
    due_at = InstantField(allow_null=True)
    appointment = AppointmentSerializer(allow_null=True)
