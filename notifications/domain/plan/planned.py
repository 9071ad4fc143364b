"""What a plan consists of, and how a message gets its key and its time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from notifications.domain.facts import ChangeFacts, Person, Recipient
from notifications.domain.kinds import ABOUT_A_BOOKED_TIME, AT_ONCE, Kind
from notifications.domain.quiet import SOON, morning

REQUEST, CANCEL = "REQUEST", "CANCEL"

#: How long it is worth trying to deliver what has no natural end.
PATIENCE = timedelta(days=3)
CODE_PATIENCE = timedelta(days=1)
#: However late it is, a message that is not a reminder is tried for this long.
LEAST_PATIENCE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Planned:
    """One message to one recipient. `method`: the iCalendar METHOD of the file it carries."""

    key: str
    kind: Kind
    recipient: Recipient
    subject_type: str
    subject_id: UUID
    revision: int
    due_at: datetime
    not_after: datetime
    says_start: datetime | None = None
    method: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change leads to.

    `standing_of` is the subject whose standing messages were planned; of those pending for it,
    only the keys in `wanted` still are. `wanted` includes what is overdue: such a message is not
    planned any more, but stays if it already waits for a mail server that is down.
    """

    once: Sequence[Planned]
    standing: Sequence[Planned]
    wanted: frozenset[str]
    standing_of: tuple[str, UUID]


def _key(
    kind: Kind, number: str, subject: tuple[str, UUID], revision: str, recipient: Recipient
) -> str:
    """What makes a message unique; see `Delivery.key`."""
    return ":".join(
        (kind, number, subject[0], str(subject[1]), revision, str(recipient.id), "email")
    )


def stamp(at: datetime) -> str:
    """An instant as it stands in keys."""
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


@dataclass(frozen=True, slots=True)
class Scribe:
    """Writes the once-messages of one change, about the subject of its facts."""

    change: ChangeFacts
    subject: tuple[str, UUID]
    now: datetime
    starts_at: datetime | None = None
    not_after: datetime | None = None
    #: The first moment at which somebody would act on what they knew before this change.
    touches: datetime | None = None

    def to(
        self,
        recipient: Recipient,
        kind: Kind,
        *,
        method: str = "",
        due_at: datetime | None = None,
        until: datetime | None = None,
        step: str = "",
    ) -> Planned:
        """A message of this kind; `due_at` only if its time is not the ordinary one.

        `until`: it is worth nothing after that, however late it is by now. `step` tells several
        of one kind to one recipient apart.
        """
        due_at = due_at or self._due_at(recipient, kind)
        patience = CODE_PATIENCE if kind is Kind.CODE else PATIENCE
        not_after = self.not_after or due_at + patience
        revision = f"r{self.change.revision}"
        return Planned(
            key=_key(kind, f"c{self.change.id}{step}", self.subject, revision, recipient),
            kind=kind,
            recipient=recipient,
            subject_type=self.subject[0],
            subject_id=self.subject[1],
            revision=self.change.revision,
            due_at=due_at,
            not_after=until or max(not_after, due_at + LEAST_PATIENCE),
            says_start=self.starts_at if kind in ABOUT_A_BOOKED_TIME else None,
            method=method,
        )

    def _due_at(self, recipient: Recipient, kind: Kind) -> datetime:
        is_own_action = self.change.actor == recipient.actor
        first = self.touches or self.starts_at
        is_soon = first is not None and first - self.now < SOON
        if kind in AT_ONCE or is_own_action or is_soon:
            return self.now
        return morning(self.now, recipient.zone, recipient.quiet)


def named(change: ChangeFacts, people: Sequence[Person]) -> list[Person]:
    """The person that the change names, as a list of at most one."""
    return [p for p in people if str(p.id) == str(change.snapshot.get("participant"))]


def standing(
    kind: Kind,
    number: str,
    person: Person,
    *,
    subject: tuple[str, UUID],
    revision: int,
    due_at: datetime,
    not_after: datetime,
    says_start: datetime | None = None,
) -> Planned:
    """A standing message; `number` is its offset and the time that it speaks of."""
    return Planned(
        key=_key(kind, number, subject, "r-", person.recipient),
        kind=kind,
        recipient=person.recipient,
        subject_type=subject[0],
        subject_id=subject[1],
        revision=revision,
        due_at=due_at,
        not_after=not_after,
        says_start=says_start,
    )
