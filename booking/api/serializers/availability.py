"""Hours, days off, energy and services, and what an edit of them does."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from booking.api.serializers.appointments import AppointmentSerializer
from booking.api.serializers.choices import MODALITIES, OUTSIDE_REASONS, RELATIONSHIP_TYPES
from booking.api.serializers.fields import (
    ClockField,
    DayField,
    InstantField,
    next_field,
    one_line,
    ways_field,
)
from booking.api.serializers.problems import SlotSerializer
from booking.queries import versions
from practice.domain.hours import Span, WeeklySpan
from practice.domain.people import PEOPLE_MAX
from practice.models import Service
from practice.operations.services import ServiceSettings

_WINDOWS_MAX = 100
_MINUTES_MAX = 60 * 24 * 60


# --- Shapes for both ways -------------------------------------------------------------------------


class WindowSerializer(serializers.Serializer[Any]):
    """Hours of one day on the practitioner's wall."""

    opens = ClockField(source="opens_minute")
    closes = ClockField(source="closes_minute")
    modalities = ways_field(
        default=list, help_text="Ways to meet then; empty: every way that a service offers."
    )


class WeeklyWindowSerializer(WindowSerializer):
    """Hours of every week."""

    weekday = serializers.IntegerField(min_value=0, max_value=6, help_text="Monday is 0.")
    from_date = DayField(required=False, allow_null=True, default=None)
    until_date = DayField(
        required=False, allow_null=True, default=None, help_text="The first day without it."
    )


class AtMostSerializer(serializers.Serializer[Any]):
    """No more than so many sessions of a kind in one day."""

    relationship_type = serializers.ChoiceField(choices=RELATIONSHIP_TYPES)
    limit = serializers.IntegerField(min_value=1, max_value=50)


class NotAfterSerializer(serializers.Serializer[Any]):
    """No session of a kind later than another kind on the same day."""

    relationship_type = serializers.ChoiceField(choices=RELATIONSHIP_TYPES)
    after_type = serializers.ChoiceField(choices=RELATIONSHIP_TYPES)


class EnergySerializer(serializers.Serializer[Any]):
    """What can be given in one day."""

    at_most = serializers.ListField(child=AtMostSerializer(), max_length=10)
    not_after = serializers.ListField(child=NotAfterSerializer(), max_length=20)


# --- What comes in --------------------------------------------------------------------------------


class WeekSerializer(serializers.Serializer[Mapping[str, Any]]):
    """All weekly hours; none: closed."""

    windows = serializers.ListField(child=WeeklyWindowSerializer(), max_length=_WINDOWS_MAX)
    from_date = DayField(
        required=False,
        allow_null=True,
        default=None,
        help_text="From when on; until then the hours stay as they are. Left out: at once.",
    )

    def spans(self) -> list[WeeklySpan]:
        """The hours of valid data."""
        return [
            WeeklySpan(**{**row, "modalities": tuple(row["modalities"])})
            for row in self.validated_data["windows"]
        ]


class HoursZoneSerializer(serializers.Serializer[Mapping[str, Any]]):
    """The zone in which the hours are kept, with all their clock times."""

    time_zone = serializers.CharField(max_length=64, help_text="As IANA names it.")


class DaysSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Other hours on single dates; no window: closed."""

    first = DayField()
    last = DayField(help_text="Included; the first day itself for one day.")
    windows = serializers.ListField(child=WindowSerializer(), max_length=_WINDOWS_MAX)

    def spans(self) -> list[Span]:
        """The hours of valid data."""
        return [
            Span(row["opens_minute"], row["closes_minute"], tuple(row["modalities"]))
            for row in self.validated_data["windows"]
        ]


class TimeOffBodySerializer(serializers.Serializer[Mapping[str, Any]]):
    """Time in which nobody is seen."""

    start = InstantField()
    end = InstantField()
    label = serializers.CharField(  # type: ignore[assignment]  # the framework uses the name too
        max_length=80,
        allow_blank=True,
        default="",
        validators=[one_line],
        help_text="Only you see it.",
    )

    def validate(self, attrs: Any) -> Any:
        """Both ends together; so a dry run says it, too."""
        if attrs["end"] <= attrs["start"]:
            raise serializers.ValidationError(
                {"end": ErrorDetail(gettext("The end comes before the start."), code="order")}
            )
        return attrs


class ServiceRulesSerializer(serializers.Serializer[Any]):
    """Everything about a service that is a setting. In a change, what is left out stays."""

    name = serializers.CharField(max_length=80, validators=[one_line])
    description = serializers.CharField(max_length=1000, allow_blank=True, required=False)
    relationship_type = serializers.ChoiceField(
        choices=RELATIONSHIP_TYPES, help_text="Who it is for; stays what it was at first."
    )
    duration_minutes = serializers.IntegerField(min_value=5, max_value=480)
    buffer_before_minutes = serializers.IntegerField(min_value=0, max_value=240, required=False)
    buffer_after_minutes = serializers.IntegerField(min_value=0, max_value=240, required=False)
    step_minutes = serializers.IntegerField(min_value=5, max_value=480, required=False)
    notice_minutes = serializers.IntegerField(min_value=0, max_value=_MINUTES_MAX, required=False)
    horizon_days = serializers.IntegerField(min_value=1, max_value=730, required=False)
    day_cap = serializers.IntegerField(
        min_value=1, max_value=50, required=False, allow_null=True, help_text="Null: no limit."
    )
    week_cap = serializers.IntegerField(
        min_value=1, max_value=200, required=False, allow_null=True, help_text="Null: no limit."
    )
    cancel_minutes = serializers.IntegerField(min_value=0, max_value=_MINUTES_MAX, required=False)
    reminder_minutes = serializers.ListField(
        child=serializers.IntegerField(min_value=10, max_value=30 * 24 * 60),
        max_length=5,
        required=False,
    )
    modalities = ways_field(min_length=1, required=False)
    price_text = serializers.CharField(
        max_length=80, allow_blank=True, required=False, validators=[one_line]
    )
    people_max = serializers.IntegerField(
        min_value=2, max_value=PEOPLE_MAX, required=False, allow_null=True
    )
    position = serializers.IntegerField(min_value=0, max_value=999, required=False)
    is_active = serializers.BooleanField(required=False, help_text="Whether it can be asked for.")
    is_call = serializers.BooleanField(
        required=False, help_text="A short call, before a first session or a group; else a session."
    )

    def to_settings(self) -> ServiceSettings:
        """What was sent, for a new service."""
        return ServiceSettings(**self.validated_data)

    def to_changes(self) -> dict[str, Any]:
        """What was sent, for one there is; who it is for stays."""
        return {k: v for k, v in self.validated_data.items() if k != "relationship_type"}


# --- What goes out --------------------------------------------------------------------------------


class DatedWindowSerializer(serializers.Serializer[Any]):
    """Other hours on one date; opens and closes null: closed."""

    date = serializers.DateField()
    opens = ClockField(source="opens_minute", allow_null=True)
    closes = ClockField(source="closes_minute", allow_null=True)
    modalities = serializers.ListField(child=serializers.ChoiceField(choices=MODALITIES))
    version = serializers.SerializerMethodField(help_text="Of this one day, for If-Match.")

    def get_version(self, row: Any) -> str:
        version: str = self.context["versions"]["days"].get(row.date, "")
        return version


class VersionsSerializer(serializers.Serializer[Any]):
    """What stands now, for If-Match: an edit that began from something else is refused (412)."""

    time_zone = serializers.CharField()
    week = serializers.CharField()
    energy = serializers.CharField()


class TimeOffSerializer(serializers.Serializer[Any]):
    """Time in which nobody is seen."""

    id = serializers.IntegerField()
    start = InstantField(source="starts_at")
    end = InstantField(source="ends_at")
    label = serializers.CharField()  # type: ignore[assignment]  # the framework uses the name too
    version = serializers.SerializerMethodField(help_text="For If-Match.")

    def get_version(self, row: Any) -> str:
        version: str = self.context["versions"]["time_off"].get(row.pk, "")
        return version


class AvailabilitySerializer(serializers.Serializer[Any]):
    """Everything that makes up one's hours, from today on."""

    time_zone = serializers.CharField(help_text="Of the practitioner: the hours are on its wall.")
    weekly = WeeklyWindowSerializer(many=True)
    days = DatedWindowSerializer(many=True)
    time_off = TimeOffSerializer(many=True)
    energy = EnergySerializer()
    versions = VersionsSerializer()


class OwnServiceSerializer(ServiceRulesSerializer):
    """A service, for somebody who offers it."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    version = serializers.SerializerMethodField(help_text="For If-Match.")

    def get_version(self, service: Service) -> str:
        return versions.of_loaded_service(service)


class OwnServicesSerializer(serializers.Serializer[Any]):
    """Everything a practitioner offers, also what is not taken on at present."""

    services = OwnServiceSerializer(many=True)
    next = next_field()


class OutsideSerializer(serializers.Serializer[Any]):
    """Something booked or held that does not fit any more. It stays."""

    appointment = AppointmentSerializer()
    reasons = serializers.ListField(child=serializers.ChoiceField(choices=OUTSIDE_REASONS))


class PreviewDaySerializer(serializers.Serializer[Any]):
    """A date with its hours and the number of free starts, before and after."""

    date = serializers.DateField()
    before = SlotSerializer(many=True)
    after = SlotSerializer(many=True)
    starts_before = serializers.IntegerField()
    starts_after = serializers.IntegerField()


class StartsSerializer(serializers.Serializer[Any]):
    """How many starts of a service are free in these days."""

    service = serializers.CharField(source="service.name")
    before = serializers.IntegerField()
    after = serializers.IntegerField()


class EditSerializer(serializers.Serializer[Any]):
    """What an edit does. In a dry run also what comes of it in four weeks."""

    saved = serializers.BooleanField()
    service = serializers.UUIDField(
        required=False, help_text="Of a service that was saved: which one."
    )
    version = serializers.CharField(
        required=False,
        help_text="What stands now, for If-Match; not said of what is only added.",
    )
    outside_count = serializers.IntegerField(help_text="How much does not fit any more.")
    outside = OutsideSerializer(many=True, help_text="The nearest of it.")
    days = PreviewDaySerializer(many=True, required=False)
    services = StartsSerializer(many=True, required=False)
