"""What the plan and the last look before sending decide from: plain copies of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a message goes to: one person, never several."""

    id: UUID
    zone: ZoneInfo
    is_practitioner: bool = False

    @property
    def actor(self) -> str:
        """The journal's name for this person."""
        return f"{'practitioner' if self.is_practitioner else 'client'}:{self.id}"


@dataclass(frozen=True, slots=True)
class Person:
    """A participant, as far as messages depend on them.

    `has_left`: also when the practitioner goes on without them. `comes`: on the roster of the
    appointment and has not left it. `answered`: said yes or no to every time of the open
    proposal. `takes_file`: calendar files reach them. `has_file`: an entry of this appointment
    may stand in their calendar.
    """

    id: UUID
    zone: ZoneInfo
    is_requester: bool = False
    attends: str = "yes"
    invited_at: datetime | None = None
    joined_at: datetime | None = None
    is_verified: bool = False
    is_cleared: bool = False
    has_left: bool = False
    wants_reminders: bool = True
    answered: bool = False
    comes: bool = False
    takes_file: bool = False
    has_file: bool = False

    @property
    def recipient(self) -> Recipient:
        """This person as the recipient of a message."""
        return Recipient(self.id, self.zone)


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """A request. `verified_at`: None until the requester has proved their address.

    `times_until`: until when the times of an open proposal are held. `told_with_apology`: the
    times were offered by a message about a cancelled appointment.
    """

    id: UUID
    state: str
    revision: int
    practitioner: Recipient
    people: Sequence[Person]
    expires_at: datetime
    verified_at: datetime | None
    hold_ends_at: datetime | None = None
    times_until: datetime | None = None
    first_start: datetime | None = None
    told_with_apology: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it still waits for somebody."""
        return self.state in ("received", "gathering", "ready", "proposed")


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """A private link on its way, and the request that it leads to."""

    id: UUID
    participant_id: UUID
    is_live: bool
    request: RequestFacts


@dataclass(frozen=True, slots=True)
class AppointmentFacts:
    """An appointment. `later_kinds`: what the journal says of it after the change at hand.

    `recent_starts`: where it stood before it was moved, by that change or shortly before it, so
    people may still expect it then.
    """

    id: UUID
    state: str
    revision: int
    starts_at: datetime
    ends_at: datetime
    practitioner: Recipient
    people: Sequence[Person]
    reminder_minutes: Sequence[int] = ()
    has_open_move: bool = False
    later_kinds: frozenset[str] = frozenset()
    recent_starts: Sequence[datetime] = ()


Facts = RequestFacts | LinkFacts | AppointmentFacts


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """A row of the journal."""

    id: int
    kind: str
    subject_type: str
    subject_id: UUID
    revision: int
    actor: str
    snapshot: Mapping[str, Any] = field(default_factory=dict)

    @property
    def client_id(self) -> str:
        """The id of the client who did it; empty: it was the practitioner or the system."""
        role, _, person = self.actor.partition(":")
        return person if role == "client" else ""


def person_in(people: Sequence[Person], person_id: UUID) -> Person | None:
    """The one of `people` with this id."""
    return next((p for p in people if p.id == person_id), None)
