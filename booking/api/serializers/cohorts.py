"""Groups: for everybody, for their practitioner, and for one person in them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from booking.api.serializers.choices import (
    APPOINTMENT_STATES,
    COHORT_STATES,
    MODALITIES,
    SEAT_STATES,
)
from booking.api.serializers.fields import DayField, InstantField, next_field, one_line
from booking.api.serializers.problems import SlotSerializer
from booking.domain.groups import SESSIONS_MAX, TITLE_MAX
from booking.models import Cohort
from practice.domain.wall import zone

_DESCRIPTION_MAX = 4000
_NUMBER_MAX = 1000


# --- What comes in --------------------------------------------------------------------------------


class CohortEditSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What a group says of itself, and how many it takes. What is left out stays."""

    title = serializers.CharField(max_length=TITLE_MAX, validators=[one_line])
    description = serializers.CharField(max_length=_DESCRIPTION_MAX, allow_blank=True)
    seats = serializers.IntegerField(min_value=1, max_value=_NUMBER_MAX)
    minimum = serializers.IntegerField(min_value=0, max_value=_NUMBER_MAX)
    decide_date = DayField(help_text="By when the minimum must be reached.")
    state = serializers.ChoiceField(choices=["open", "closed"])


class PublishSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A new group with all of its sessions."""

    slug = serializers.SlugField(max_length=50)
    title = serializers.CharField(max_length=TITLE_MAX, validators=[one_line])
    description = serializers.CharField(max_length=_DESCRIPTION_MAX, allow_blank=True, default="")
    service = serializers.SlugField(max_length=50, help_text="What its sessions are.")
    call_service = serializers.SlugField(max_length=50, help_text="The call before joining.")
    modality = serializers.ChoiceField(choices=MODALITIES)
    seats = serializers.IntegerField(min_value=1, max_value=_NUMBER_MAX)
    minimum = serializers.IntegerField(min_value=0, max_value=_NUMBER_MAX)
    decide_date = DayField(help_text="By when the minimum must be reached.")
    starts = serializers.ListField(child=InstantField(), min_length=1, max_length=SESSIONS_MAX)


class AddSessionSerializer(serializers.Serializer[Mapping[str, Any]]):
    """One session more."""

    start = InstantField()


class GiveSeatSerializer(serializers.Serializer[Mapping[str, Any]]):
    """How somebody joins."""

    without_call = serializers.BooleanField(default=False, help_text="They need no call first.")


# --- What goes out --------------------------------------------------------------------------------


class CohortSerializer(serializers.Serializer[Any]):
    """A group that can be asked for. Who and how many are in it is not said."""

    slug = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    practitioner = serializers.CharField(source="practitioner.slug")
    service = serializers.CharField(source="service.slug")
    call_service = serializers.CharField(
        source="call_service.slug", help_text="Ask for this, with one of its open times."
    )
    modality = serializers.ChoiceField(choices=MODALITIES)
    has_seats = serializers.SerializerMethodField()
    sessions = serializers.SerializerMethodField()

    def get_has_seats(self, cohort: Cohort) -> bool:
        """Whether a seat is left; without one people can wait."""
        return cohort.seats_taken < cohort.seats

    @extend_schema_field(SlotSerializer(many=True))
    def get_sessions(self, cohort: Cohort) -> Any:
        """Its sessions, in the zone asked for or the practitioner's."""
        tz: ZoneInfo = self.context["zone"] or zone(cohort.practitioner.time_zone)
        return [
            {"start": _in(a.starts_at, tz), "end": _in(a.ends_at, tz)}
            for a in cohort.appointments.all()
        ]


def _in(at: datetime, tz: ZoneInfo) -> str:
    return at.astimezone(tz).isoformat()


class CohortsSerializer(serializers.Serializer[Any]):
    """Groups that take requests."""

    cohorts = CohortSerializer(many=True)
    next = next_field()


class SessionSerializer(serializers.Serializer[Any]):
    """One date of a group."""

    id = serializers.UUIDField()
    start = InstantField(source="starts_at")
    end = InstantField(source="ends_at")
    state = serializers.ChoiceField(choices=APPOINTMENT_STATES)


class OwnCohortSerializer(serializers.Serializer[Any]):
    """A group, for the practitioner who leads it."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    service = serializers.CharField(source="service.slug")
    call_service = serializers.CharField(source="call_service.slug")
    modality = serializers.ChoiceField(choices=MODALITIES)
    state = serializers.ChoiceField(choices=COHORT_STATES)
    seats = serializers.IntegerField()
    seats_taken = serializers.IntegerField(help_text="Given, or kept for somebody who asked.")
    minimum = serializers.IntegerField()
    decide_date = serializers.DateField()
    sessions = SessionSerializer(source="appointments.all", many=True)


class OwnCohortsSerializer(serializers.Serializer[Any]):
    """All groups of a practitioner."""

    time_zone = serializers.CharField()
    cohorts = OwnCohortSerializer(many=True)
    next = next_field()


class SeatSerializer(serializers.Serializer[Any]):
    """Somebody's place in a group, for the practitioner."""

    id = serializers.UUIDField()
    request = serializers.UUIDField(source="request_id")
    state = serializers.ChoiceField(choices=SEAT_STATES)
    group_name = serializers.CharField(source="name", help_text="As the group knows them.")
    asked_at = InstantField()
    reserved_until = InstantField(allow_null=True)


class MemberSerializer(serializers.Serializer[Any]):
    """Somebody who asked for a place, and how far they are."""

    seat = SeatSerializer()
    name = serializers.CharField()
    has_finished = serializers.BooleanField()
    had_call = serializers.BooleanField()


class CohortPageSerializer(OwnCohortSerializer):
    """A group with everybody who asked for a place in it."""

    members = MemberSerializer(many=True)
    undecided = MemberSerializer(many=True)


class CalledOffSerializer(serializers.Serializer[Any]):
    """The sessions that will not take place."""

    cancelled = serializers.ListField(child=serializers.UUIDField())


class OwnSessionSerializer(serializers.Serializer[Any]):
    """One date of a group, for somebody who asked to join."""

    id = serializers.UUIDField(source="appointment.id")
    start = InstantField(source="appointment.starts_at")
    end = InstantField(source="appointment.ends_at")
    coming = serializers.BooleanField(source="is_coming")


class OwnSeatSerializer(serializers.Serializer[Any]):
    """One person's own place. Names of the others only once it is theirs."""

    time_zone = serializers.CharField()
    group = serializers.CharField(source="cohort.title")
    group_name = serializers.CharField(source="seat.name", help_text="As the group knows them.")
    state = serializers.ChoiceField(source="seat.state", choices=SEAT_STATES)
    can_leave = serializers.BooleanField()
    sessions = OwnSessionSerializer(many=True)
    names = serializers.ListField(child=serializers.CharField())
