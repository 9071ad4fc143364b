"""What one person wrote to booking, for themselves: with their request, and with late wishes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from booking.models import LateWish, Participant
from booking.queries.desk.request import words_of
from practice.sealing import Tampered, UnknownKey, unseal


@dataclass(frozen=True, slots=True)
class Asked:
    """What the requester wrote when they asked. `is_unreadable`: a key is lost, or it was
    altered.
    """

    topics: Sequence[str] = ()
    words: str = ""
    is_unreadable: bool = False


@dataclass(frozen=True, slots=True)
class Wished:
    """What somebody wrote when it was too late to change an appointment by themselves."""

    session_at: datetime
    asked_at: datetime
    words: str = ""
    is_unreadable: bool = False


@dataclass(frozen=True, slots=True)
class OwnWords:
    """Everything of it that is kept; `asked` is None where nothing is, or others asked."""

    asked: Asked | None
    wishes: Sequence[Wished]

    def __bool__(self) -> bool:
        return self.asked is not None or bool(self.wishes)


def own_words(participant_id: UUID) -> OwnWords:
    """What this person wrote, for nobody but them. The others of a request did not write it."""
    participant = Participant.objects.select_related("request").get(pk=participant_id)
    wishes = LateWish.objects.filter(participant=participant, words_sealed__isnull=False)
    return OwnWords(
        asked=_asked(participant) if participant.is_requester else None,
        wishes=[_wished(wish) for wish in wishes.select_related("appointment")],
    )


def _asked(participant: Participant) -> Asked | None:
    try:
        kept = words_of(participant.request)
    except (UnknownKey, Tampered):
        return Asked(is_unreadable=True)
    return Asked(kept.topics, kept.words) if kept.topics or kept.words else None


def _wished(wish: LateWish) -> Wished:
    at, asked_at = wish.appointment.starts_at, wish.asked_at
    try:
        words = unseal(wish.words_sealed or b"", label="late_wish", row=wish.id, field="words")
    except (UnknownKey, Tampered):
        return Wished(at, asked_at, is_unreadable=True)
    return Wished(at, asked_at, words)
