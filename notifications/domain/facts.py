"""What the plan and the last look before sending decide from: plain copies of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from notifications.domain.kinds import Kind
from notifications.domain.quiet import USUAL, Quiet


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a message goes to: one person, never several.

    `declines`: what a practitioner has switched off for themselves, of what they may.
    """

    id: UUID
    zone: ZoneInfo
    is_practitioner: bool = False
    quiet: Quiet = USUAL
    declines: frozenset[Kind] = frozenset()

    @property
    def actor(self) -> str:
        """The journal's name for this person."""
        return f"{'practitioner' if self.is_practitioner else 'client'}:{self.id}"


@dataclass(frozen=True, slots=True)
class Person:
    """A participant, as far as messages depend on them.

    `has_left`: also when the practitioner goes on without them. `has_ended`: they ended their part
    for good, and were promised that nothing more is sent. `comes`: on the roster of the
    appointment and has not left it. `answered`: said yes or no to every time of the open
    proposal. `has_voted`: has said when they can, where people find a time together; else True.
    `takes_file`: calendar files reach them. `has_file`: an entry of this appointment
    may stand in their calendar. `cadence`: when they are reminded of appointments, "usual",
    "evening" or "short". `page_only`: they read their page, and get no mail that they did not ask
    for. `wants_aftercare`: they asked for what may follow a session; `wants_feedback`: to be
    asked now and then how it goes.
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
    has_ended: bool = False
    wants_reminders: bool = True
    cadence: str = "usual"
    quiet: Quiet = USUAL
    page_only: bool = False
    wants_aftercare: bool = False
    wants_feedback: bool = False
    answered: bool = False
    has_voted: bool = True
    comes: bool = False
    takes_file: bool = False
    has_file: bool = False

    @property
    def recipient(self) -> Recipient:
        """This person as the recipient of a message."""
        return Recipient(self.id, self.zone, quiet=self.quiet)


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """A request. `verified_at`: None until the requester has proved their address.

    `times_until`: until when the times of an open proposal are held. `told_with_apology`: the
    times were offered by a message about a cancelled appointment. `is_waiting`: on the list of
    those who wait for a time to open up. `asked_at`: when everybody was last asked when they can.
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
    is_waiting: bool = False
    asked_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still waits for somebody."""
        return self.state in ("received", "gathering", "ready", "proposed")

    @property
    def is_live(self) -> bool:
        """Whether it is open or leads to appointments."""
        return self.is_open or self.state == "confirmed"

    def waits_for(self, person: Person) -> bool:
        """Whether somebody who takes part still has something to do; what it is stays inside."""
        if person.joined_at is None or person.has_left or person.attends == "no":
            return False
        if not person.is_cleared:
            return True
        is_asked_for_times = self.state == "proposed" and not person.answered
        return person.attends == "yes" and (is_asked_for_times or not person.has_voted)


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
    people may still expect it then. `untold`: who has not heard yet that it was booked at all.
    `opens_group`: no date of its group is earlier. `is_for_seat`:
    the call before joining a group. Known once it is over: `had_alert`, an answer of its people
    once asked for the practitioner's eyes; `absent`, whom they wrote to because they were not
    there; `came_back`, who has asked for a time or has one since; `third_of`, for whom it was a
    third session (`intake.domain.feedback`), and `answered_of`, who has said already how it goes.
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
    untold: frozenset[UUID] = frozenset()
    is_of_group: bool = False
    opens_group: bool = False
    is_for_seat: bool = False
    had_alert: bool = False
    absent: frozenset[UUID] = frozenset()
    came_back: frozenset[UUID] = frozenset()
    third_of: frozenset[UUID] = frozenset()
    answered_of: frozenset[UUID] = frozenset()

    @property
    def is_one_persons(self) -> bool:
        """Whether it was never anybody's but one person's, so nobody else can notice anything."""
        return len(self.people) == 1 and not self.is_of_group


@dataclass(frozen=True, slots=True)
class Date:
    """One appointment of several. `wall`: the clock time and the zone that it was planned in.

    `coming`: who is on its roster and has not left it. `is_ahead`: booked, and not begun yet.
    """

    appointment_id: UUID
    starts_at: datetime
    ends_at: datetime
    wall: str
    is_ahead: bool
    coming: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """Appointments that repeat. `dates`: those that took place or will, earliest first."""

    id: UUID
    revision: int
    practitioner: Recipient
    people: Sequence[Person]
    dates: Sequence[Date] = ()

    def dates_of(self, person_id: UUID) -> Sequence[Date]:
        """The dates to which this person comes or came."""
        return [d for d in self.dates if person_id in d.coming]

    def ahead_of(self, person_id: UUID) -> Sequence[Date]:
        """The dates to which this person is still to come."""
        return [d for d in self.dates_of(person_id) if d.is_ahead]


@dataclass(frozen=True, slots=True)
class SeatFacts:
    """One person's place in a group. `people` is that person alone: a group is a secret each."""

    id: UUID
    state: str
    practitioner: Recipient
    people: Sequence[Person]
    first_start: datetime | None = None


@dataclass(frozen=True, slots=True)
class CohortFacts:
    """A group. `people`: those who have a seat. `is_short`: fewer than it needs.

    `begins_at`: when the first of all its dates is; None once that has taken place, or if there
    is none.
    """

    id: UUID
    state: str
    revision: int
    practitioner: Recipient
    people: Sequence[Person]
    is_short: bool = False
    first_start: datetime | None = None
    begins_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """That a request waits for its practitioner's eyes. It has no people: none may notice.

    `level`: acute or review. `has_named`: the practice named somebody else who answers alerts.
    `is_told`: by the last look before sending, its recipient was told by another message just
    now; a plan does not know.
    """

    id: UUID
    level: str
    practitioner: Recipient
    is_acknowledged: bool
    has_named: bool = False
    is_told: bool = False
    people: Sequence[Person] = ()


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """One person by themselves: their address, their documents, what they asked for.

    `id` is theirs, `people` only they. `has_to_sign`: a document that is required waits for
    their signature; known only if there was a change of one, `document_changed_at`. `is_live`:
    the request is open or leads to appointments.
    """

    id: UUID
    people: Sequence[Person]
    is_live: bool
    has_to_sign: bool = False
    document_changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DayFacts:
    """A practitioner's day on their own wall. `count`: how many sessions it has.

    `id` is theirs; `last_start`: when the last of them begins. `people`: nobody else hears of it.
    """

    id: UUID
    practitioner: Recipient
    day: date
    count: int
    last_start: datetime | None = None
    people: Sequence[Person] = ()


Facts = (
    RequestFacts
    | LinkFacts
    | AppointmentFacts
    | SeriesFacts
    | SeatFacts
    | CohortFacts
    | AlertFacts
    | PersonFacts
    | DayFacts
)


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
