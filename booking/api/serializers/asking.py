"""A request for a session as it arrives, and what is answered."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from booking.api.serializers.choices import OUTWARD, RELATIONSHIP_TYPES
from booking.api.serializers.fields import InstantField, one_line
from booking.api.serializers.waitlist import WishesSerializer, wishes_in
from booking.domain.asking import LABEL_MAX, TIMES_MAX, Asking, OtherPerson, Requester
from booking.models import Participant, Request

#: More people than this in a body are not worth looking at one by one.
_BODY_LIST_MAX = 100


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
        help_text="One to three starts of open slots, best first; none with find_together or wait.",
    )
    find_together = serializers.BooleanField(
        default=False,
        help_text="For two or more people: each says by their own link which times suit them.",
    )
    wait = serializers.BooleanField(
        default=False, help_text="No open time suits: wait for one, or for a seat, to come free."
    )
    wishes = WishesSerializer(
        required=False, help_text="With wait and without times: which times would suit."
    )
    cohort = serializers.SlugField(
        max_length=50,
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="The group that a seat is asked for; service is then its call before joining.",
    )
    seat_name = serializers.CharField(
        allow_blank=True,
        default="",
        validators=[one_line],
        help_text="With cohort: the name that the group will see.",
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
            find_together=data["find_together"],
            wait=data["wait"],
            wishes=wishes_in(data["wishes"]) if "wishes" in data else None,
            cohort=data.get("cohort") or "",
            seat_name=data["seat_name"],
        )


class OutwardSerializer(serializers.Serializer[Any]):
    """All that a client is told of a request."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=OUTWARD)


class SubmittedSerializer(OutwardSerializer):
    """The answer to a request: nothing about anybody else."""

    hold_expires_at = InstantField(
        allow_null=True, help_text="Enter the code of the mail until then; null: nothing is held."
    )
    seat_kept = serializers.BooleanField(
        required=False, help_text="With cohort: whether a seat is kept meanwhile; else they wait."
    )
