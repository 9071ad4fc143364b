"""Messages about one appointment, with the calendar files that they carry."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from notifications.domain.facts import AppointmentFacts, ChangeFacts, Person
from notifications.domain.kinds import TELLS_A_TIME, Kind
from notifications.domain.plan import afterwards
from notifications.domain.plan.planned import (
    CANCEL,
    REQUEST,
    Planned,
    Scribe,
    named,
    stamp,
)
from notifications.domain.plan.planned import standing as _standing
from notifications.domain.quiet import evening_before, reminder_at

#: Told whatever has become of the appointment since.
_ENDS = (
    "appointment_cancelled",
    "attendance_left",
    "series_missed_twice",
    "message_bounced",
    "appointment_missed",
    "absence_told",
)
#: Of a person, not of the appointment: what stands in their calendar went to the address before.
ADDRESS_CHANGED = "address_changed"
#: Two hours before: the reminder of those who want only that one.
SHORT_CADENCE = (120,)


def once(change: ChangeFacts, facts: AppointmentFacts, now: datetime) -> list[Planned]:
    """The messages that a change makes due about this appointment.

    The change may be a part of something larger: then everybody is told by one message about
    that, and this appointment's only brings the file to those whose calendar needs one.
    """
    touches = min([facts.starts_at, *facts.recent_starts, *_start_before(change)])
    subject = ("appointment", facts.id)
    scribe = Scribe(change, subject, now, facts.starts_at, facts.starts_at, touches)
    told_later = facts.later_kinds & {"appointment_moved", "appointment_cancelled"}
    coming = [p for p in facts.people if p.comes and not p.has_left]
    by = change.client_id

    def write(person: Person, kind: Kind) -> Planned:
        return scribe.to(person.recipient, kind, method=_method(kind, person))

    def for_calendars(people: list[Person], kind: Kind) -> list[Planned]:
        return [m for m in (write(p, kind) for p in people) if m.method]

    def to_practitioner(kind: Kind) -> list[Planned]:
        return [scribe.to(facts.practitioner, kind)]

    def cancelled() -> list[Planned]:
        if is_one_of_many:
            return for_calendars(coming, Kind.CANCELLED_BY_PRACTICE)
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
        who = named(change, facts.people)
        if is_one_of_many:
            return for_calendars(who, Kind.CANCELLED_OWN)
        return [
            *[write(p, Kind.CANCELLED_OWN) for p in who],
            *to_practitioner(Kind.PRACTITIONER_ONE_LESS),
        ]

    def booked_for(people: list[Person]) -> list[Planned]:
        if is_one_of_many:
            return for_calendars([p for p in people if not p.has_file], Kind.BOOKED)
        return [write(p, Kind.CALL_BOOKED if facts.is_for_seat else Kind.BOOKED) for p in people]

    def booked() -> list[Planned]:
        # A group's own sessions are the practitioner's to publish, so nothing is news to them.
        is_told = is_one_of_many or facts.is_of_group
        confirmed = [] if is_told else to_practitioner(Kind.PRACTITIONER_BOOKED)
        return [*booked_for(coming), *confirmed]

    def moved() -> list[Planned]:
        if is_one_of_many:
            return for_calendars(coming, Kind.MOVED)
        # For whoever has not heard of it yet, the new time is the only one.
        untold = [p for p in coming if p.id in facts.untold]
        told = [p for p in coming if p.id not in facts.untold]
        return [
            *booked_for(untold),
            *[write(p, Kind.NEW_START if facts.opens_group else Kind.MOVED) for p in told],
            *(to_practitioner(Kind.PRACTITIONER_MOVED) if by else []),
        ]

    def asked() -> list[Planned]:
        return [
            *[write(p, Kind.CHANGE_ASKED) for p in coming if str(p.id) != by],
            *(to_practitioner(Kind.PRACTITIONER_CHANGE_ASKED) if by else []),
        ]

    def running_late() -> list[Planned]:
        # Once it has begun at the later time, everybody has seen it.
        until = facts.starts_at + timedelta(minutes=int(change.snapshot.get("minutes", 0)))
        if by:
            kind = Kind.PRACTITIONER_RUNNING_LATE
            return [scribe.to(facts.practitioner, kind, until=until)]
        return [scribe.to(p.recipient, Kind.RUNNING_LATE, until=until) for p in coming]

    def readdressed() -> list[Planned]:
        # Told in full: whoever reads there now may never have seen the first message.
        whose = [p for p in coming if p.id == change.subject_id and p.takes_file and p.has_file]
        return [write(p, Kind.CALL_BOOKED if facts.is_for_seat else Kind.BOOKED) for p in whose]

    is_one_of_many = is_of_many(change)
    is_outdated = bool(told_later) or facts.state != "booked"
    if is_outdated and change.kind not in _ENDS:
        # Things have moved on since: the later change tells it as it is.
        return []
    handlers: Mapping[str, Callable[[], list[Planned]]] = {
        "appointment_booked": booked,
        "appointment_moved": moved,
        "appointment_cancelled": cancelled,
        "attendance_added": lambda: booked_for(named(change, coming)),
        "attendance_left": left,
        "move_asked": asked,
        "move_dropped": lambda: [write(p, Kind.STAYS_AS_IT_WAS) for p in coming],
        "attendance_doubted": lambda: to_practitioner(Kind.NEEDS_A_LOOK),
        "message_bounced": lambda: to_practitioner(Kind.PRACTITIONER_BOUNCED),
        "late_wish": lambda: to_practitioner(Kind.PRACTITIONER_LATE_WISH),
        "late_wish_kept": lambda: [write(p, Kind.LATE_WISH_KEPT) for p in named(change, coming)],
        "running_late": running_late,
        "series_missed_twice": lambda: to_practitioner(Kind.PRACTITIONER_MISSED_TWICE),
        "appointment_missed": lambda: afterwards.missed(change, facts, now),
        "absence_told": lambda: afterwards.told_absent(change, facts, now),
        ADDRESS_CHANGED: readdressed,
    }
    handler = handlers.get(change.kind)
    return handler() if handler else []


def is_of_many(change: ChangeFacts) -> bool:
    """Whether one message about a series, a seat or a whole group tells of it already."""
    marks = {"series", "seat"}
    if change.kind == "appointment_cancelled":
        # A session added to a group is news of its own.
        marks |= {"cohort", "separation"}
    return not marks.isdisjoint(change.snapshot)


def comes_as_file_only(change: ChangeFacts, kind: Kind) -> bool:
    """Whether such a message of this change is sent for its calendar file alone."""
    return is_of_many(change) and kind in TELLS_A_TIME


def _start_before(change: ChangeFacts) -> list[datetime]:
    """When the session was before this change moved it, as a list of at most one."""
    before = change.snapshot.get("from") if change.kind == "appointment_moved" else None
    return [datetime.fromisoformat(before)] if before else []


def _method(kind: Kind, person: Person) -> str:
    """What the calendar file of this message does; empty: there is none.

    Whoever no longer wants files but has an entry gets it taken away when the session moves,
    because an entry at the old time would be worse than none.
    """
    if kind in TELLS_A_TIME:
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


def standing_of(facts: AppointmentFacts) -> list[Planned]:
    """Reminders of a booked session, and what some people asked to get after it.

    Each reminder ends where the next begins, so none come in a heap. Their key names the time
    that they speak of: at a new time they are other reminders.
    """
    planned = afterwards.standing_of(facts)
    if facts.state != "booked":
        return planned
    for person in facts.people:
        if not person.comes or person.has_left or not person.wants_reminders:
            continue
        not_after = facts.starts_at
        for number, due_at in _reminders(facts, person):
            if due_at >= not_after:
                continue
            planned.append(
                _standing(
                    Kind.REMINDER,
                    f"{number}@{stamp(facts.starts_at)}",
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


def _reminders(facts: AppointmentFacts, person: Person) -> list[tuple[str, datetime]]:
    """The number and the time of each reminder that this person wants, the latest first."""
    if person.cadence == "evening":
        return [("eve", evening_before(facts.starts_at, person.zone, person.quiet))]
    wanted = SHORT_CADENCE if person.cadence == "short" else facts.reminder_minutes
    found = [
        (f"{minutes}m", reminder_at(facts.starts_at, before, person.zone, person.quiet))
        for minutes in sorted(set(wanted))
        for before in [timedelta(minutes=minutes)]
    ]
    return [(number, due_at) for number, due_at in found if due_at is not None]
