"""The practitioner's requests as a list, and what is noted down for people who called."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from booking.api.serializers.asking import LocationSerializer
from booking.api.serializers.choices import (
    MODALITIES,
    OUTWARD,
    RELATIONSHIP_TYPES,
    REQUEST_STATES,
)
from booking.api.serializers.fields import DayField, InstantField, next_field, one_line
from booking.api.serializers.problems import SlotSerializer
from booking.api.serializers.requests import PersonSerializer, WaitingDecisionSerializer
from booking.domain.asking import LABEL_MAX
from booking.domain.states import AppointmentState, Outward, OwnPart, outward
from booking.models import Participant, Request
from booking.operations.calls import Caller
from practice.domain.people import PEOPLE_MAX

# --- What goes out --------------------------------------------------------------------------------


class ListedRequestSerializer(serializers.Serializer[Any]):
    """A request in a list: how it stands, who is in it, what is held. Nothing anybody wrote."""

    id = serializers.UUIDField()
    status = serializers.SerializerMethodField(help_text="What its people are told.")
    state = serializers.ChoiceField(choices=REQUEST_STATES)
    relationship_type = serializers.ChoiceField(choices=RELATIONSHIP_TYPES)
    service = serializers.CharField(source="service.slug")
    modality = serializers.ChoiceField(choices=MODALITIES)
    find_together = serializers.BooleanField()
    is_waiting = serializers.BooleanField(help_text="For a time that opens up: it is on the list.")
    created_at = InstantField()
    ready_at = InstantField(allow_null=True, help_text="When everybody had finished first.")
    hold_expires_at = InstantField(source="hold_ends_at", allow_null=True)
    expires_at = InstantField()
    times = serializers.SerializerMethodField(help_text="What is held for it now, best first.")
    decision = serializers.SerializerMethodField()
    people = PersonSerializer(many=True, source="participants.all")

    @extend_schema_field(serializers.ChoiceField(choices=OUTWARD))
    def get_status(self, request: Request) -> Outward:
        taken = [a.state for a in request.appointments.all()]
        is_booked = AppointmentState.BOOKED in taken
        return outward(request.state, OwnPart(has_booked_time=is_booked))

    @extend_schema_field(SlotSerializer(many=True))
    def get_times(self, request: Request) -> Any:
        now: datetime = self.context["now"]
        held = [
            {"start": a.starts_at, "end": a.ends_at}
            for a in request.appointments.all()
            if a.state == AppointmentState.HELD and (a.held_until is None or a.held_until > now)
        ]
        return SlotSerializer(held, many=True, context=self.context).data

    @extend_schema_field(WaitingDecisionSerializer(allow_null=True))
    def get_decision(self, request: Request) -> Any:
        waiting = next(iter(request.decisions.all()), None)
        return waiting and WaitingDecisionSerializer(waiting, context=self.context).data


class RequestsSerializer(serializers.Serializer[Any]):
    """The practitioner's requests, the oldest first."""

    time_zone = serializers.CharField()
    requests = ListedRequestSerializer(many=True)
    next = next_field()


class DayCancelledSerializer(serializers.Serializer[Any]):
    """What was cancelled of a day. Its people are offered new times."""

    cancelled = serializers.ListField(child=serializers.UUIDField())


# --- What comes in --------------------------------------------------------------------------------


class AnswerForSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What somebody said on the phone: these times suit, the others do not."""

    accepted = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=20, help_text="Ids of times held."
    )
    they_told_me = serializers.BooleanField(
        default=False,
        help_text="Has to be true for somebody who has an address and could answer themselves.",
    )


class CancelDaySerializer(serializers.Serializer[Mapping[str, Any]]):
    """One day of the practitioner's zone."""

    day = DayField()


class CallerSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Somebody who called, or was named by them."""

    name = serializers.CharField(max_length=LABEL_MAX, validators=[one_line])
    email = serializers.EmailField(
        allow_blank=True, default="", help_text="Left out only with everybody's forms on paper."
    )
    phone = serializers.CharField(
        max_length=40, allow_blank=True, default="", validators=[one_line]
    )
    shared_mailbox = serializers.ChoiceField(
        choices=[c.value for c in Participant.SharedMailbox],
        default=Participant.SharedMailbox.UNSURE.value,
        help_text="Whether anyone else can see this mailbox.",
    )


class CallSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A request that was made on the phone, with Confirm already pressed."""

    service = serializers.SlugField()
    start = InstantField()
    modality = serializers.ChoiceField(choices=MODALITIES)
    location = LocationSerializer()
    time_zone = serializers.CharField(max_length=64, help_text="Theirs.")
    forms_on_paper = serializers.BooleanField(
        default=False, help_text="Everybody's: then it is booked at once."
    )
    people = serializers.ListField(child=CallerSerializer(), min_length=1, max_length=PEOPLE_MAX)

    def callers(self) -> list[Caller]:
        """The people of a valid body."""
        return [Caller(**person) for person in self.validated_data["people"]]
