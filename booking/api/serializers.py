"""The shapes of what comes in and goes out. Rules of the domain are not repeated here."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from booking.domain.asking import LABEL_MAX, TIMES_MAX, Asking, OtherPerson, Requester
from booking.domain.gate import Unmet
from booking.domain.states import AppointmentState, Outward, RequestState
from booking.models import Decision, Participant, Request
from booking.queries.requesting import practitioners_of
from practice.models import Modality, RelationshipType, Service

#: Calendar arithmetic near the ends of Python's calendar overflows; no session is there.
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
#: More people than this in a body are not worth looking at one by one.
_BODY_LIST_MAX = 100


# The choices that several shapes share, named for the schema (`ENUM_NAME_OVERRIDES`).
REQUEST_STATES = [s.value for s in RequestState]
APPOINTMENT_STATES = [s.value for s in AppointmentState]
REASONS = [u.value for u in Unmet]
MODALITIES = [c.value for c in Modality]
RELATIONSHIP_TYPES = [c.value for c in RelationshipType]


@extend_schema_field(OpenApiTypes.DATETIME)
class InstantField(serializers.Field[datetime, Any, str, datetime]):
    """RFC 3339 with an offset; written in the zone of the answer (`context["zone"]`)."""

    default_error_messages = {  # noqa: RUF012 - the framework's own idiom
        "invalid": _("Not a date and time as in 2026-10-12T09:00:00-04:00."),
        "offset_required": _("Say which time this is: add an offset from UTC, or Z."),
        "out_of_range": _("No calendar reaches that far."),
    }

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str) or len(data) > 40 or data[10:11] not in ("T", "t", " "):
            self.fail("invalid")
        try:
            found = datetime.fromisoformat(data.upper())
        except ValueError:
            self.fail("invalid")
        if found.utcoffset() is None:
            self.fail("offset_required")
        if not _FIRST_YEAR < found.year < _LAST_YEAR:
            self.fail("out_of_range")
        return found.astimezone(UTC)

    def to_representation(self, value: datetime) -> str:
        return value.astimezone(self.context["zone"]).isoformat()


def read_day(text: str) -> date:
    """A calendar date as in 2026-10-12. Raises `ValueError`, also where no calendar reaches."""
    found = date.fromisoformat(text)
    if len(text) != len("2026-10-12") or not _FIRST_YEAR < found.year < _LAST_YEAR:
        raise ValueError(text)
    return found


def one_line(text: str) -> None:
    """Validator: a name ends up in headers and calendars, where a line break says something."""
    if any(not c.isprintable() for c in text):
        raise serializers.ValidationError(
            _("Please write it on one line, without control characters."), code="one_line"
        )


# --- What comes in --------------------------------------------------------------------------------


class LocationSerializer(serializers.Serializer[Mapping[str, str]]):
    """Where somebody is during the session."""

    country = serializers.RegexField("^[A-Za-z]{2}$", help_text="ISO 3166-1 alpha-2.")
    region = serializers.CharField(
        max_length=60, allow_blank=True, default="", validators=[one_line]
    )


class RequesterSerializer(serializers.Serializer[Mapping[str, str]]):
    """The person who asks."""

    name = serializers.CharField(max_length=LABEL_MAX, validators=[one_line])
    email = serializers.EmailField(max_length=254)
    pronouns = serializers.CharField(
        max_length=40, allow_blank=True, default="", validators=[one_line]
    )


class OtherPersonSerializer(serializers.Serializer[Mapping[str, str]]):
    """Somebody else whom the request is about."""

    label = serializers.CharField(  # type: ignore[assignment]  # the framework uses the name too
        max_length=LABEL_MAX,
        validators=[one_line],
        help_text="A first name, an initial or a nickname.",
    )
    attends = serializers.ChoiceField(choices=[c.value for c in Participant.Attends], default="yes")
    agreed = serializers.BooleanField(
        default=False, help_text="They agreed to be written to; otherwise route is link."
    )
    route = serializers.ChoiceField(choices=["email", "link"], default="link")
    email = serializers.EmailField(max_length=254, allow_blank=True, default="")
    invited_as = serializers.ChoiceField(
        choices=[c.value for c in Participant.InvitedAs],
        default="name",
        help_text="How an invitation names the requester.",
    )


class AskingSerializer(serializers.Serializer[Asking]):
    """A request for a session."""

    relationship_type = serializers.ChoiceField(choices=RELATIONSHIP_TYPES)
    service = serializers.SlugField(max_length=50)
    practitioner = serializers.SlugField(
        max_length=50,
        required=False,
        allow_null=True,
        help_text="May be left out where only one practitioner offers the service.",
    )
    times = serializers.ListField(
        child=InstantField(),
        max_length=TIMES_MAX,
        default=list,
        help_text="One to three starts of open slots, best first.",
    )
    find_together = serializers.BooleanField(
        default=False, help_text="Let everybody say when they can. Not offered yet."
    )
    time_zone = serializers.CharField(max_length=64, help_text="The requester's, as IANA names it.")
    modality = serializers.CharField(max_length=10, help_text="One that the service offers.")
    location = LocationSerializer()
    cadence = serializers.ChoiceField(choices=[c.value for c in Request.Cadence], default="unsure")
    article = serializers.SlugField(
        max_length=50, required=False, allow_null=True, allow_blank=True
    )
    requester = RequesterSerializer()
    participants = serializers.ListField(
        child=OtherPersonSerializer(), default=list, max_length=_BODY_LIST_MAX
    )
    topics = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=_BODY_LIST_MAX, default=list
    )
    words = serializers.CharField(allow_blank=True, default="", trim_whitespace=False)
    adult = serializers.BooleanField(help_text="They say that they are 18 or older.")
    not_emergency = serializers.BooleanField(
        help_text="They know that this is not an emergency service."
    )

    def validate_find_together(self, value: bool) -> bool:
        """Refuse what is not there rather than hold a time nobody asked for."""
        if value:
            raise serializers.ValidationError(
                _("Finding a time together is not offered yet: please send one to three times."),
                code="find_together_not_offered",
            )
        return value

    def to_asking(self) -> Asking:
        """What was asked for, in the words of the domain."""
        data = self.validated_data
        return Asking(
            relationship_type=data["relationship_type"],
            service=data["service"],
            practitioner=data.get("practitioner"),
            times=data["times"],
            time_zone=data["time_zone"],
            modality=data["modality"],
            country=data["location"]["country"].upper(),
            region=data["location"]["region"],
            requester=Requester(**data["requester"]),
            others=[OtherPerson(**person) for person in data["participants"]],
            cadence=data["cadence"],
            article=data.get("article") or "",
            topics=data["topics"],
            words=data["words"],
            adult=data["adult"],
            not_emergency=data["not_emergency"],
        )


class ConfirmSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Which of the times held is to be booked."""

    time = serializers.UUIDField(
        required=False, allow_null=True, help_text="Left out: the best that everybody accepts."
    )


class ProposeSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Other times, best first."""

    times = serializers.ListField(child=InstantField(), min_length=1, max_length=TIMES_MAX)


class RescheduleSerializer(serializers.Serializer[Mapping[str, Any]]):
    """The new start."""

    start = InstantField()


class CancelSerializer(serializers.Serializer[Mapping[str, Any]]):
    """How a practitioner's cancellation is made up for."""

    offer_new_times = serializers.BooleanField(default=True)


# --- What goes out --------------------------------------------------------------------------------


class ProblemErrorSerializer(serializers.Serializer[Any]):
    """Something wrong with one field."""

    field = serializers.CharField(help_text="With dots, as in participants.0.email.")
    code = serializers.CharField()
    message = serializers.CharField()


class SlotSerializer(serializers.Serializer[Any]):
    """An open time."""

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


class OutwardSerializer(serializers.Serializer[Any]):
    """All that a client is told of a request."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=[o.value for o in Outward])


class SubmittedSerializer(OutwardSerializer):
    """The answer to a request: nothing about anybody else."""

    hold_expires_at = InstantField(
        allow_null=True, help_text="Enter the code of the mail until then; null: nothing is held."
    )


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


class AppointmentSerializer(serializers.Serializer[Any]):
    """Time held or taken, for its practitioner."""

    id = serializers.UUIDField()
    request = serializers.UUIDField(source="request_id", allow_null=True)
    service = serializers.CharField(source="service.slug")
    state = serializers.ChoiceField(choices=APPOINTMENT_STATES)
    start = InstantField(source="starts_at")
    end = InstantField(source="ends_at")
    held_until = InstantField(allow_null=True)
    modality = serializers.ChoiceField(choices=MODALITIES)
    rank = serializers.IntegerField(help_text="Among alternatives of one request; 1 is the best.")
    people = serializers.SerializerMethodField()

    def get_people(self, appointment: Any) -> list[str]:
        """Who comes, under the names they chose."""
        coming = [a.participant for a in appointment.attendances.all() if a.left_at is None]
        return [p.chosen_name or p.label for p in sorted(coming, key=lambda p: p.position)]


class AppointmentsSerializer(serializers.Serializer[Any]):
    """The practitioner's appointments that start on the days asked for."""

    time_zone = serializers.CharField()
    appointments = AppointmentSerializer(many=True)


class WaitingDecisionSerializer(serializers.Serializer[Any]):
    """A decision that leaves with a later batch, and can be undone until then."""

    kind = serializers.ChoiceField(choices=[k.value for k in Decision.Kind])
    due_at = InstantField()


class RequestSerializer(serializers.Serializer[Any]):
    """A request as its practitioner sees it. Words, topics and answers are read at the desk."""

    id = serializers.UUIDField(source="request.id")
    status = serializers.ChoiceField(
        choices=[o.value for o in Outward], help_text="What its people are told."
    )
    state = serializers.ChoiceField(source="request.state", choices=REQUEST_STATES)
    relationship_type = serializers.ChoiceField(
        source="request.relationship_type", choices=RELATIONSHIP_TYPES
    )
    service = serializers.CharField(source="request.service.slug")
    modality = serializers.ChoiceField(source="request.modality", choices=MODALITIES)
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


class CancelledSerializer(serializers.Serializer[Any]):
    """A cancelled appointment, and the new times that its people are offered."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=APPOINTMENT_STATES)
    new_times = SlotSerializer(many=True)
