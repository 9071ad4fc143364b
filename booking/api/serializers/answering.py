"""What one person is asked about times, and what they say. Nothing about anybody else."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from booking.api.serializers.choices import MODALITIES, VOTE_WORDS
from booking.api.serializers.fields import InstantField
from booking.api.serializers.problems import SlotSerializer
from booking.operations.suggestions import SUGGESTIONS_MAX

#: Six weeks of starts every five minutes are no more.
_MARKS_MAX = 5000
_ANSWERS_MAX = 20


class BallotTimeSerializer(SlotSerializer):
    """An open time, and one's own word for it."""

    word = serializers.ChoiceField(choices=VOTE_WORDS, allow_null=True)


class BallotSerializer(serializers.Serializer[Any]):
    """The times that one person is asked about, while people find a time together."""

    time_zone = serializers.CharField()
    round = serializers.IntegerField(help_text="Rises when everybody is asked again.")
    has_answered = serializers.BooleanField()
    is_open = serializers.BooleanField(help_text="Whether there is anything to say something to.")
    times = BallotTimeSerializer(many=True)


class MarkSerializer(serializers.Serializer[Mapping[str, Any]]):
    """One time, and whether it suits."""

    start = InstantField()
    word = serializers.ChoiceField(choices=VOTE_WORDS)


class MarksSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What suits and what does not; a time that is left out does not."""

    marks = serializers.ListField(
        child=MarkSerializer(),
        max_length=_MARKS_MAX,
        allow_empty=False,
        error_messages={
            "empty": _("Say a word to at least one time; where none suits, say can't to one.")
        },
    )


class MatchSerializer(SlotSerializer):
    """How many a time suits; never whom."""

    can = serializers.IntegerField()
    could = serializers.IntegerField()
    cannot = serializers.IntegerField()


class TogetherSerializer(serializers.Serializer[Any]):
    """For the practitioner: what suits everybody. Empty until everybody has answered."""

    time_zone = serializers.CharField()
    all_answered = serializers.BooleanField()
    works = MatchSerializer(many=True, help_text="Best first.")
    nearest = MatchSerializer(many=True, help_text="Where nothing works: what comes nearest.")


class AskedTimeSerializer(serializers.Serializer[Any]):
    """A time that one person is asked about, and their own answer so far."""

    id = serializers.UUIDField(source="appointment.id")
    start = InstantField(source="appointment.starts_at")
    end = InstantField(source="appointment.ends_at")
    modality = serializers.ChoiceField(source="appointment.modality", choices=MODALITIES)
    accepts = serializers.BooleanField(allow_null=True)


class OwnSuggestionSerializer(serializers.Serializer[Any]):
    """A time of one's own."""

    start = InstantField(source="starts_at")
    end = InstantField(source="ends_at")


class AskedTimesSerializer(serializers.Serializer[Any]):
    """The times that are offered to one person, by a proposal or to move what is booked."""

    time_zone = serializers.CharField()
    answer_until = InstantField(allow_null=True)
    is_move = serializers.BooleanField()
    can_suggest = serializers.BooleanField()
    times = AskedTimeSerializer(many=True)
    suggested = OwnSuggestionSerializer(many=True)


class TimeAnswerSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Yes or no to one time."""

    time = serializers.UUIDField()
    accepts = serializers.BooleanField()


class AnswerSerializer(serializers.Serializer[Mapping[str, Any]]):
    """One person's answers, and times of their own instead."""

    answers = serializers.ListField(child=TimeAnswerSerializer(), max_length=_ANSWERS_MAX)
    suggestions = serializers.ListField(
        child=InstantField(),
        max_length=SUGGESTIONS_MAX,
        default=list,
        help_text="Starts of open slots; only the practitioner will see them.",
    )
