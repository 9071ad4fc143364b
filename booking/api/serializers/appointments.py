"""Time held or taken: for its practitioner, and for one person who comes."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from booking.api.serializers.choices import APPOINTMENT_STATES, MODALITIES
from booking.api.serializers.fields import InstantField, next_field
from booking.api.serializers.problems import SlotSerializer
from booking.domain.asking import TIMES_MAX, WORDS_MAX
from booking.domain.late import MINUTES_MAX, MINUTES_MIN
from booking.models import LateWish

# --- What comes in --------------------------------------------------------------------------------


class RescheduleSerializer(serializers.Serializer[Mapping[str, Any]]):
    """The new start."""

    start = InstantField()
    offer_to_waitlist = serializers.BooleanField(
        default=False, help_text="Somebody who waits for a time can have the one that it leaves."
    )


class CancelSerializer(serializers.Serializer[Mapping[str, Any]]):
    """How a practitioner's cancellation is made up for. Clients send nothing."""

    offer_new_times = serializers.BooleanField(default=True)
    offer_to_waitlist = serializers.BooleanField(
        default=False, help_text="Somebody who waits for a time can have this one."
    )


class AskMoveSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Where a client would like to move, best first. Alone they move to the first at once."""

    times = serializers.ListField(child=InstantField(), min_length=1, max_length=TIMES_MAX)


class AskLateSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What somebody asks the practitioner after the cut-off."""

    words = serializers.CharField(
        allow_blank=True,
        default="",
        trim_whitespace=False,
        help_text=f"At most {WORDS_MAX} characters; only the practitioner reads them.",
    )


class RunningLateSerializer(serializers.Serializer[Mapping[str, Any]]):
    """By how much."""

    minutes = serializers.IntegerField(help_text=f"{MINUTES_MIN} to {MINUTES_MAX}.")


class SettleLateSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What became of a wish."""

    outcome = serializers.ChoiceField(choices=[c.value for c in LateWish.Outcome], default="kept")


# --- What goes out --------------------------------------------------------------------------------


class AppointmentSerializer(serializers.Serializer[Any]):
    """Time held or taken, for its practitioner."""

    id = serializers.UUIDField()
    request = serializers.UUIDField(
        source="request_id", allow_null=True, help_text="Null: a session of a group."
    )
    series = serializers.UUIDField(source="series_id", allow_null=True)
    cohort = serializers.UUIDField(source="cohort_id", allow_null=True)
    service = serializers.CharField(source="service.slug")
    state = serializers.ChoiceField(choices=APPOINTMENT_STATES)
    start = InstantField(source="starts_at")
    end = InstantField(source="ends_at")
    held_until = InstantField(allow_null=True)
    modality = serializers.ChoiceField(choices=MODALITIES)
    rank = serializers.IntegerField(help_text="Among alternatives of one request; 1 is the best.")
    suggested_by = serializers.UUIDField(
        source="suggested_by_id",
        allow_null=True,
        help_text="The person who suggested it instead of what was proposed; nobody else knows.",
    )
    people = serializers.SerializerMethodField()

    def get_people(self, appointment: Any) -> list[str]:
        """Who comes, under the names they chose."""
        coming = [a.participant for a in appointment.attendances.all() if a.left_at is None]
        return [p.chosen_name or p.label for p in sorted(coming, key=lambda p: p.position)]


class AppointmentsSerializer(serializers.Serializer[Any]):
    """The practitioner's appointments that start on the days asked for."""

    time_zone = serializers.CharField()
    appointments = AppointmentSerializer(many=True)
    next = next_field()


class CancelledSerializer(serializers.Serializer[Any]):
    """A cancelled appointment, and the new times that its people are offered."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=APPOINTMENT_STATES)
    new_times = SlotSerializer(many=True)


class NotComingSerializer(serializers.Serializer[Any]):
    """One person's own cancellation. Whether the others still come is not said."""

    id = serializers.UUIDField()
    coming = serializers.BooleanField()
    late = serializers.BooleanField(help_text="After the cut-off, for somebody who comes alone.")


class OwnDateSerializer(serializers.Serializer[Any]):
    """An appointment that this person comes to, and what they can do about it now."""

    id = serializers.UUIDField(source="appointment.id")
    service = serializers.CharField(source="appointment.service.slug")
    start = InstantField(source="appointment.starts_at")
    end = InstantField(source="appointment.ends_at")
    modality = serializers.ChoiceField(source="appointment.modality", choices=MODALITIES)
    of_group = serializers.BooleanField(source="is_of_group")
    change_until = InstantField(
        source="last_free_change", help_text="Until then they may change it by themselves."
    )
    can_move = serializers.BooleanField()
    can_cancel = serializers.BooleanField()
    can_ask = serializers.BooleanField(help_text="After that: they may ask the practitioner.")
    has_asked = serializers.BooleanField()
    wants_to_move = serializers.BooleanField(
        help_text="Everybody is asked about a time that they would rather have."
    )
    can_say_late = serializers.BooleanField()


class OwnDatesSerializer(serializers.Serializer[Any]):
    """Everything booked for this person, the next one first."""

    time_zone = serializers.CharField()
    appointments = OwnDateSerializer(many=True)


class LateAskedSerializer(serializers.Serializer[Any]):
    """A wish that waits for the practitioner."""

    id = serializers.UUIDField()
    appointment = serializers.UUIDField(source="appointment_id")
    asked_at = InstantField()


class LateWishSerializer(LateAskedSerializer):
    """A wish as its practitioner sees it. What they wrote is read at the desk."""

    person = serializers.SerializerMethodField()
    start = InstantField(source="appointment.starts_at")

    def get_person(self, wish: LateWish) -> str:
        """The name they chose."""
        return wish.participant.chosen_name or wish.participant.label


class LateWishesSerializer(serializers.Serializer[Any]):
    """Wishes that nobody has settled, the one asked first on top."""

    time_zone = serializers.CharField()
    late_wishes = LateWishSerializer(many=True)
    next = next_field()
