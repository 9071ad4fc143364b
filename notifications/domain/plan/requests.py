"""Messages about a request: asking, gathering, times to confirm, waiting, the end."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from notifications.domain.facts import ChangeFacts, LinkFacts, Person, RequestFacts
from notifications.domain.kinds import Kind
from notifications.domain.plan.planned import LEAST_PATIENCE, Planned, Scribe, named, stamp
from notifications.domain.plan.planned import standing as _standing
from notifications.domain.quiet import evening, morning

INVITATION_REMINDERS = (timedelta(hours=48), timedelta(days=5))
STEP_REMINDERS = (timedelta(hours=24), timedelta(hours=72))
BEFORE_A_HOLD_ENDS = timedelta(hours=24)
#: Two reminders of the same thing are at least this far apart.
APART = timedelta(hours=12)


def once_for_link(change: ChangeFacts, facts: LinkFacts, now: datetime) -> list[Planned]:
    """The message that carries a private link."""
    kinds = {"invite": Kind.INVITATION, "call": Kind.NEXT_STEPS}
    purpose = str(change.snapshot.get("purpose"))
    if change.kind != "link_issued" or purpose == "paper":
        return []
    scribe = Scribe(change, ("link", facts.id), now)
    return [
        scribe.to(p.recipient, kinds.get(purpose, Kind.CODE))
        for p in named(change, facts.request.people)
    ]


def once(change: ChangeFacts, facts: RequestFacts, now: datetime) -> list[Planned]:
    """The messages that a change of a request makes due."""
    if facts.verified_at is None:
        # Whoever wrote it may have used a stranger's address: nobody hears of it.
        return []
    write = Scribe(change, ("request", facts.id), now).to
    practitioner = facts.practitioner
    people = facts.people
    present = [p for p in people if not p.has_left]
    joined = [p for p in present if p.joined_at is not None and p.is_verified]
    attending = [p for p in joined if p.attends == "yes"]
    requester = [p for p in joined if p.is_requester]

    def to_named(kind: Kind) -> list[Planned]:
        return [write(p.recipient, kind) for p in named(change, present)]

    def to_joined(kind: Kind) -> list[Planned]:
        return [write(p.recipient, kind) for p in joined]

    def to_attending(kind: Kind) -> list[Planned]:
        return [write(p.recipient, kind) for p in attending]

    def to_requester(kind: Kind) -> list[Planned]:
        return [write(p.recipient, kind) for p in requester]

    def to_practitioner(kind: Kind) -> list[Planned]:
        return [write(practitioner, kind)]

    def nudged() -> list[Planned]:
        waiting = [p for p in joined if p.wants_reminders and facts.waits_for(p)]
        return [write(p.recipient, Kind.STEP_NUDGE) for p in waiting] if facts.is_live else []

    def verified() -> list[Planned]:
        return [
            *[write(p.recipient, Kind.RECEIVED) for p in present if p.is_requester],
            *to_practitioner(Kind.NEW_REQUEST),
        ]

    def cleared() -> list[Planned]:
        # Where people find a time together, that is a part of everybody's part.
        return [write(p.recipient, Kind.ALL_SET) for p in named(change, present) if p.has_voted]

    def withdrawn() -> list[Planned]:
        who = named(change, people)
        others = [p for p in joined if p not in who]
        return [
            *[write(p.recipient, Kind.WITHDREW) for p in who if p.is_verified],
            *[write(p.recipient, Kind.WONT_GO_AHEAD) for p in others],
            *to_practitioner(Kind.NEEDS_A_LOOK),
        ]

    def proposed() -> list[Planned]:
        if facts.told_with_apology:
            return []
        until = Scribe(change, ("request", facts.id), now, facts.first_start, facts.times_until)
        return [until.to(p.recipient, Kind.TIME_TO_CONFIRM) for p in attending]

    def settled() -> list[Planned]:
        if change.snapshot.get("agreed"):
            return to_practitioner(Kind.READY)
        # A proposal that ran out is told by the "hold_lapsed" beside it, not twice.
        return [] if change.actor == "system" else to_practitioner(Kind.NEEDS_A_LOOK)

    handlers: Mapping[str, Callable[[], list[Planned]]] = {
        "request_verified": verified,
        "participant_joined": lambda: to_named(Kind.NEXT_STEPS),
        "participant_cleared": cleared,
        "participant_declined": lambda: to_practitioner(Kind.NEEDS_A_LOOK),
        "passcode_forgotten": lambda: to_practitioner(Kind.NEEDS_A_LOOK),
        "request_ready": lambda: to_practitioner(Kind.READY),
        "request_proposed": proposed,
        "proposal_settled": settled,
        "message_bounced": lambda: to_practitioner(Kind.PRACTITIONER_BOUNCED),
        "decision_failed": lambda: to_practitioner(Kind.NEEDS_A_LOOK),
        # A proposal that ran out and a request's own time read the same.
        "hold_lapsed": lambda: [
            *to_attending(Kind.TIME_LAPSED),
            *to_practitioner(Kind.NEEDS_A_LOOK),
        ],
        "request_declined": lambda: to_joined(Kind.CLOSED),
        "request_expired": lambda: [
            *to_joined(Kind.CLOSED),
            *to_practitioner(Kind.NEEDS_A_LOOK),
        ],
        "request_withdrawn": withdrawn,
        "step_nudged": nudged,
        "separation_recorded": lambda: to_joined(Kind.UPCOMING_DATES),
        "poll_reopened": lambda: to_attending(Kind.POLL_REOPENED),
        "waitlist_joined": lambda: to_requester(Kind.ON_THE_LIST),
        "waitlist_offered": lambda: _opened(change, facts, attending, now),
        "waitlist_gone": lambda: to_attending(Kind.TIME_GONE),
        "waitlist_still": lambda: to_requester(Kind.STILL_WAITING),
    }
    handler = handlers.get(change.kind)
    return handler() if handler else []


def _opened(
    change: ChangeFacts, facts: RequestFacts, people: list[Person], now: datetime
) -> list[Planned]:
    """A time opened up. In the daytime of each, unless it would be gone by then."""
    scribe = Scribe(change, ("request", facts.id), now, facts.first_start, facts.times_until)
    latest = facts.times_until - LEAST_PATIENCE if facts.times_until else None

    def due_at(person: Person) -> datetime:
        daytime = morning(now, person.zone, person.quiet)
        return daytime if latest is None or daytime <= latest else now

    return [scribe.to(p.recipient, Kind.TIME_OPENED, due_at=due_at(p)) for p in people]


# --- Standing --------------------------------------------------------------------------------


def standing_of(facts: RequestFacts) -> list[Planned]:
    """Reminders of what people have not answered, accepted or finished."""
    present = [p for p in facts.people if not p.has_left and p.wants_reminders]
    reminders = []
    if facts.state == "proposed" and facts.times_until is not None:
        until = facts.times_until
        reminders = [
            _standing(
                Kind.TIME_TO_CONFIRM_REMINDER,
                f"24h@{stamp(until)}",
                person,
                subject=("request", facts.id),
                revision=facts.revision,
                due_at=evening(until - BEFORE_A_HOLD_ENDS, person.zone, person.quiet),
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
            f"{number}@{stamp(person.invited_at)}",
            person,
            subject=("request", facts.id),
            revision=facts.revision,
            due_at=evening(person.invited_at + after, person.zone, person.quiet),
            not_after=facts.expires_at,
        )
        for number, after in enumerate(INVITATION_REMINDERS, start=1)
    ]


def _step_reminders(facts: RequestFacts, person: Person) -> list[Planned]:
    if person.joined_at is None or person.attends != "yes":
        return []
    if person.is_cleared and person.has_voted:
        return []
    # Whoever has only to say when they can waits for an answer since they were asked last.
    since = max(person.joined_at, facts.asked_at or person.joined_at)
    moments = [
        (f"{index}@{stamp(since)}", since + after)
        for index, after in enumerate(STEP_REMINDERS, start=1)
    ]
    if facts.hold_ends_at is not None:
        end = facts.hold_ends_at
        moments.append((f"hold@{stamp(end)}", end - BEFORE_A_HOLD_ENDS))
    planned: list[Planned] = []
    last: datetime | None = None
    for number, moment in sorted(moments, key=lambda m: m[1]):
        due_at = evening(moment, person.zone, person.quiet)
        if due_at <= since or (last is not None and due_at - last < APART):
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
