"""Who is told what, and when: a pure function of a change, the people and the clock.

Two sorts of messages come out. *Once*: this change happened, its number stands in their key.
*Standing*: reminders that are due as long as things stand as they do; every change of their
subject plans them anew, and what is no longer wanted is dropped. Nothing that is already overdue
is planned among the standing ones.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from notifications.domain.facts import (
    AppointmentFacts,
    ChangeFacts,
    Facts,
    LinkFacts,
    Person,
    Recipient,
    RequestFacts,
)
from notifications.domain.kinds import ABOUT_A_BOOKED_TIME, AT_ONCE, Kind
from notifications.domain.quiet import SOON, evening, morning, reminder_at

REQUEST, CANCEL = "REQUEST", "CANCEL"

INVITATION_REMINDERS = (timedelta(hours=48), timedelta(days=5))
STEP_REMINDERS = (timedelta(hours=24), timedelta(hours=72))
BEFORE_A_HOLD_ENDS = timedelta(hours=24)
#: Two reminders of the same thing are at least this far apart.
APART = timedelta(hours=12)
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


def plan(change: ChangeFacts, facts: Facts, *, now: datetime) -> Plan:
    """Everything that `change` makes due, given how things stand at `now`."""
    if isinstance(facts, AppointmentFacts):
        once = _once_for_appointment(change, facts, now)
        reminders = _appointment_reminders(facts)
        subject = ("appointment", facts.id)
    elif isinstance(facts, LinkFacts):
        once = _once_for_link(change, facts, now)
        reminders = _request_reminders(facts.request)
        subject = ("request", facts.request.id)
    else:
        once = _once_for_request(change, facts, now)
        reminders = _request_reminders(facts)
        subject = ("request", facts.id)
    return Plan(
        once=_unique(once),
        standing=[r for r in reminders if r.due_at > now and r.not_after > r.due_at],
        wanted=frozenset(r.key for r in reminders),
        standing_of=subject,
    )


def _unique(messages: Iterable[Planned]) -> list[Planned]:
    return list({m.key: m for m in messages}.values())


def _key(
    kind: Kind, number: str, subject: tuple[str, UUID], revision: str, recipient: Recipient
) -> str:
    """What makes a message unique; see `Delivery.key`."""
    return ":".join(
        (kind, number, subject[0], str(subject[1]), revision, str(recipient.id), "email")
    )


# --- Once ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Scribe:
    """Writes the once-messages of one change."""

    change: ChangeFacts
    now: datetime
    starts_at: datetime | None = None
    not_after: datetime | None = None
    #: The first moment at which somebody would act on what they knew before this change.
    touches: datetime | None = None

    def to(self, recipient: Recipient, kind: Kind, *, method: str = "") -> Planned:
        subject = (self.change.subject_type, self.change.subject_id)
        revision = f"r{self.change.revision}"
        due_at = self._due_at(recipient, kind)
        patience = CODE_PATIENCE if kind is Kind.CODE else PATIENCE
        not_after = self.not_after or due_at + patience
        return Planned(
            key=_key(kind, f"c{self.change.id}", subject, revision, recipient),
            kind=kind,
            recipient=recipient,
            subject_type=subject[0],
            subject_id=subject[1],
            revision=self.change.revision,
            due_at=due_at,
            not_after=max(not_after, due_at + LEAST_PATIENCE),
            says_start=self.starts_at if kind in ABOUT_A_BOOKED_TIME else None,
            method=method,
        )

    def _due_at(self, recipient: Recipient, kind: Kind) -> datetime:
        is_own_action = self.change.actor == recipient.actor
        first = self.touches or self.starts_at
        is_soon = first is not None and first - self.now < SOON
        if kind in AT_ONCE or is_own_action or is_soon:
            return self.now
        return morning(self.now, recipient.zone)


def _named(change: ChangeFacts, people: Sequence[Person]) -> list[Person]:
    """The person that the change names, as a list of at most one."""
    return [p for p in people if str(p.id) == str(change.snapshot.get("participant"))]


def _once_for_link(change: ChangeFacts, facts: LinkFacts, now: datetime) -> list[Planned]:
    kinds = {"invite": Kind.INVITATION, "call": Kind.NEXT_STEPS}
    purpose = str(change.snapshot.get("purpose"))
    if change.kind != "link_issued":
        return []
    scribe = _Scribe(change, now)
    return [
        scribe.to(p.recipient, kinds.get(purpose, Kind.CODE))
        for p in _named(change, facts.request.people)
    ]


def _once_for_request(change: ChangeFacts, facts: RequestFacts, now: datetime) -> list[Planned]:
    if facts.verified_at is None:
        # Whoever wrote it may have used a stranger's address: nobody hears of it.
        return []
    write = _Scribe(change, now).to
    practitioner = facts.practitioner
    people = facts.people
    present = [p for p in people if not p.has_left]
    joined = [p for p in present if p.joined_at is not None and p.is_verified]
    attending = [p for p in joined if p.attends == "yes"]

    def to_named(kind: Kind) -> list[Planned]:
        return [write(p.recipient, kind) for p in _named(change, present)]

    def to_joined(kind: Kind) -> list[Planned]:
        return [write(p.recipient, kind) for p in joined]

    def to_practitioner(kind: Kind) -> list[Planned]:
        return [write(practitioner, kind)]

    def withdrawn() -> list[Planned]:
        who = _named(change, people)
        others = [p for p in joined if p not in who]
        return [
            *[write(p.recipient, Kind.WITHDREW) for p in who if p.is_verified],
            *[write(p.recipient, Kind.WONT_GO_AHEAD) for p in others],
            *to_practitioner(Kind.NEEDS_A_LOOK),
        ]

    def proposed() -> list[Planned]:
        if facts.told_with_apology:
            return []
        until = _Scribe(change, now, facts.first_start, facts.times_until)
        return [until.to(p.recipient, Kind.TIME_TO_CONFIRM) for p in attending]

    def settled() -> list[Planned]:
        if change.snapshot.get("agreed"):
            return to_practitioner(Kind.READY)
        # A proposal that ran out is told by the "hold_lapsed" beside it, not twice.
        return [] if change.actor == "system" else to_practitioner(Kind.NEEDS_A_LOOK)

    handlers: Mapping[str, Callable[[], list[Planned]]] = {
        "request_verified": lambda: [
            *[write(p.recipient, Kind.RECEIVED) for p in present if p.is_requester],
            *to_practitioner(Kind.NEW_REQUEST),
        ],
        "participant_joined": lambda: to_named(Kind.NEXT_STEPS),
        "participant_cleared": lambda: to_named(Kind.ALL_SET),
        "participant_declined": lambda: to_practitioner(Kind.NEEDS_A_LOOK),
        "request_ready": lambda: to_practitioner(Kind.READY),
        "request_proposed": proposed,
        "proposal_settled": settled,
        "decision_failed": lambda: to_practitioner(Kind.NEEDS_A_LOOK),
        # A proposal that ran out and a request's own time read the same.
        "hold_lapsed": lambda: [
            *[write(p.recipient, Kind.TIME_LAPSED) for p in attending],
            *to_practitioner(Kind.NEEDS_A_LOOK),
        ],
        "request_declined": lambda: to_joined(Kind.CLOSED),
        "request_expired": lambda: [
            *to_joined(Kind.CLOSED),
            *to_practitioner(Kind.NEEDS_A_LOOK),
        ],
        "request_withdrawn": withdrawn,
    }
    handler = handlers.get(change.kind)
    return handler() if handler else []


def _once_for_appointment(
    change: ChangeFacts, facts: AppointmentFacts, now: datetime
) -> list[Planned]:
    touches = min([facts.starts_at, *facts.recent_starts, *_start_before(change)])
    scribe = _Scribe(change, now, facts.starts_at, facts.starts_at, touches)
    told_later = facts.later_kinds & {"appointment_moved", "appointment_cancelled"}
    coming = [p for p in facts.people if p.comes and not p.has_left]
    by = change.client_id

    def write(person: Person, kind: Kind) -> Planned:
        return scribe.to(person.recipient, kind, method=_method(kind, person))

    def to_practitioner(kind: Kind) -> list[Planned]:
        return [scribe.to(facts.practitioner, kind)]

    def cancelled() -> list[Planned]:
        if not by:
            return [write(p, Kind.CANCELLED_BY_PRACTICE) for p in coming]
        # A label on a session of several people is the practitioner's to press, never automatic.
        is_alone = all(str(p.id) == by for p in coming)
        is_late = bool(change.snapshot.get("late")) and is_alone
        own = Kind.CANCELLED_LATE if is_late else Kind.CANCELLED_OWN
        return [
            *[
                write(p, own if str(p.id) == by else Kind.CANCELLED_FOR_OTHERS)
                for p in facts.people
                if p in coming or str(p.id) == by
            ],
            *to_practitioner(Kind.PRACTITIONER_CANCELLED),
        ]

    def left() -> list[Planned]:
        return [
            *[write(p, Kind.CANCELLED_OWN) for p in _named(change, facts.people)],
            *to_practitioner(Kind.PRACTITIONER_ONE_LESS),
        ]

    is_outdated = bool(told_later) or facts.state != "booked"
    if is_outdated and change.kind not in ("appointment_cancelled", "attendance_left"):
        # Things have moved on since: the later change tells it as it is.
        return []
    match change.kind:
        case "appointment_booked":
            return [
                *[write(p, Kind.BOOKED) for p in coming],
                *to_practitioner(Kind.PRACTITIONER_BOOKED),
            ]
        case "appointment_moved":
            return [
                *[write(p, Kind.MOVED) for p in coming],
                *(to_practitioner(Kind.PRACTITIONER_MOVED) if by else []),
            ]
        case "appointment_cancelled":
            return cancelled()
        case "attendance_added":
            return [write(p, Kind.BOOKED) for p in _named(change, coming)]
        case "attendance_left":
            return left()
        case "move_asked":
            return [
                *[write(p, Kind.CHANGE_ASKED) for p in coming if str(p.id) != by],
                *(to_practitioner(Kind.PRACTITIONER_CHANGE_ASKED) if by else []),
            ]
        case "move_dropped":
            return [write(p, Kind.STAYS_AS_IT_WAS) for p in coming]
    return []


def _start_before(change: ChangeFacts) -> list[datetime]:
    """When the session was before this change moved it, as a list of at most one."""
    before = change.snapshot.get("from") if change.kind == "appointment_moved" else None
    return [datetime.fromisoformat(before)] if before else []


def _method(kind: Kind, person: Person) -> str:
    """What the calendar file of this message does; empty: there is none.

    Whoever no longer wants files but has an entry gets it taken away when the session moves,
    because an entry at the old time would be worse than none.
    """
    if kind in (Kind.BOOKED, Kind.MOVED):
        if person.takes_file:
            return REQUEST
        return CANCEL if person.has_file else ""
    is_an_end = kind in (
        Kind.CANCELLED_OWN,
        Kind.CANCELLED_LATE,
        Kind.CANCELLED_FOR_OTHERS,
        Kind.CANCELLED_BY_PRACTICE,
    )
    return CANCEL if is_an_end and person.has_file else ""


# --- Standing --------------------------------------------------------------------------------


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _appointment_reminders(facts: AppointmentFacts) -> list[Planned]:
    """Reminders of a booked session; each ends where the next begins, so none come in a heap.

    Their key names the time that they speak of: at a new time they are other reminders.
    """
    if facts.state != "booked":
        return []
    planned = []
    for person in facts.people:
        if not person.comes or person.has_left or not person.wants_reminders:
            continue
        not_after = facts.starts_at
        for minutes in sorted(set(facts.reminder_minutes)):
            due_at = reminder_at(facts.starts_at, timedelta(minutes=minutes), person.zone)
            if due_at is None or due_at >= not_after:
                continue
            planned.append(
                _standing(
                    Kind.REMINDER,
                    f"{minutes}m@{_stamp(facts.starts_at)}",
                    person,
                    subject=("appointment", facts.id),
                    revision=facts.revision,
                    due_at=due_at,
                    not_after=not_after,
                    says_start=facts.starts_at,
                )
            )
            not_after = due_at
    return planned


def _request_reminders(facts: RequestFacts) -> list[Planned]:
    present = [p for p in facts.people if not p.has_left and p.wants_reminders]
    reminders = []
    if facts.state == "proposed" and facts.times_until is not None:
        until = facts.times_until
        reminders = [
            _standing(
                Kind.TIME_TO_CONFIRM_REMINDER,
                f"24h@{_stamp(until)}",
                person,
                subject=("request", facts.id),
                revision=facts.revision,
                due_at=evening(until - BEFORE_A_HOLD_ENDS, person.zone),
                not_after=until,
            )
            for person in present
            if person.attends == "yes" and person.joined_at is not None and not person.answered
        ]
    if facts.state not in ("gathering", "proposed"):
        return []
    return [
        *reminders,
        *[m for p in present for m in _invitation_reminders(facts, p)],
        *[m for p in present for m in _step_reminders(facts, p)],
    ]


def _invitation_reminders(facts: RequestFacts, person: Person) -> list[Planned]:
    if person.invited_at is None or person.joined_at is not None or person.attends == "no":
        return []
    return [
        _standing(
            Kind.INVITATION_REMINDER,
            f"{number}@{_stamp(person.invited_at)}",
            person,
            subject=("request", facts.id),
            revision=facts.revision,
            due_at=evening(person.invited_at + after, person.zone),
            not_after=facts.expires_at,
        )
        for number, after in enumerate(INVITATION_REMINDERS, start=1)
    ]


def _step_reminders(facts: RequestFacts, person: Person) -> list[Planned]:
    if person.joined_at is None or person.is_cleared or person.attends != "yes":
        return []
    moments = [
        (f"{index}@{_stamp(person.joined_at)}", person.joined_at + after)
        for index, after in enumerate(STEP_REMINDERS, start=1)
    ]
    if facts.hold_ends_at is not None:
        end = facts.hold_ends_at
        moments.append((f"hold@{_stamp(end)}", end - BEFORE_A_HOLD_ENDS))
    planned: list[Planned] = []
    last: datetime | None = None
    for number, moment in sorted(moments, key=lambda m: m[1]):
        due_at = evening(moment, person.zone)
        if due_at <= person.joined_at or (last is not None and due_at - last < APART):
            continue
        last = due_at
        planned.append(
            _standing(
                Kind.STEP_WAITING,
                number,
                person,
                subject=("request", facts.id),
                revision=facts.revision,
                due_at=due_at,
                not_after=facts.expires_at,
            )
        )
    return planned


def _standing(
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
