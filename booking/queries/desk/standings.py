"""Where each person of a request stands, for the practitioner's eyes only."""

from dataclasses import dataclass
from enum import StrEnum

from booking.domain.states import RequestState
from booking.models import Participant, Request


class Standing(StrEnum):
    """What the practitioner may expect of a person."""

    MENTIONED = "mentioned"  # named by the requester, not invited
    EXCUSED = "excused"  # it goes on without them
    LEFT = "left"  # they declined or withdrew; the practitioner has not reacted yet
    UNVERIFIED = "unverified"  # the requester, who has not entered their code
    NOT_OPENED = "not_opened"  # their address is not verified
    NOT_JOINED = "not_joined"  # they came in and have not said yes or no
    NOT_FINISHED = "not_finished"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Person:
    """A participant with where they stand. `is_awaited`: nothing happens without them."""

    participant: Participant
    standing: Standing

    @property
    def counts(self) -> bool:
        """Somebody who is to attend, and whose answers to times count."""
        return self.participant.attends == Participant.Attends.YES and self.standing not in (
            Standing.LEFT,
            Standing.EXCUSED,
        )

    @property
    def is_awaited(self) -> bool:
        """Somebody who is to attend and has yet to do something."""
        return self.participant.attends == Participant.Attends.YES and self.standing not in (
            Standing.FINISHED,
            Standing.LEFT,
            Standing.EXCUSED,
        )

    @property
    def has_left(self) -> bool:
        """Somebody who was to attend and will not: the practitioner decides how it goes on."""
        return (
            self.participant.attends == Participant.Attends.YES and self.standing is Standing.LEFT
        )


def standing(participant: Participant, request_state: str) -> Standing:
    """Where a person stands, from booking's own columns."""
    if participant.attends == Participant.Attends.NO:
        return Standing.MENTIONED
    if participant.excused_at:
        return Standing.EXCUSED
    if participant.left_at:
        return Standing.LEFT
    if participant.joined_at and participant.cleared_at:
        return Standing.FINISHED
    if participant.verified_at is None:
        is_first = participant.is_requester and request_state == RequestState.RECEIVED
        return Standing.UNVERIFIED if is_first else Standing.NOT_OPENED
    return Standing.NOT_FINISHED if participant.joined_at else Standing.NOT_JOINED


def people_of(request: Request) -> list[Person]:
    """Everybody in a request whose participants are loaded, in the requester's order."""
    found = sorted(request.participants.all(), key=lambda p: p.position)
    return [Person(p, standing(p, request.state)) for p in found]
