"""Messages after a session: to whoever did not come, and what some people asked to get."""

from datetime import datetime, timedelta

from intake.domain.feedback import ASKED_AFTER
from notifications.domain.facts import AppointmentFacts, ChangeFacts, Person
from notifications.domain.kinds import Kind
from notifications.domain.plan.planned import PATIENCE, Planned, Scribe, named, stamp
from notifications.domain.plan.planned import standing as _standing
from notifications.domain.quiet import after_session, morning

#: So long the practitioner waits before somebody counts as absent.
GRACE = timedelta(minutes=15)
FOLLOW_UP = timedelta(hours=24)
#: What is noted later than this after the start is book-keeping: nothing is sent by itself.
STILL_NEWS = timedelta(hours=24)
#: A note for after that could not leave in time says nothing any more.
NOTE_PATIENCE = timedelta(hours=24)


def missed(change: ChangeFacts, facts: AppointmentFacts, now: datetime) -> list[Planned]:
    """Nobody came. Only whoever was to come alone hears it without a further press.

    What goes to one of several is the practitioner's to send, never automatic. Where an answer
    once asked for the practitioner's eyes nothing goes to anybody: they are asked to look.
    """
    scribe = Scribe(change, ("appointment", facts.id), now)
    if facts.had_alert:
        return [scribe.to(facts.practitioner, Kind.PRACTITIONER_WELLBEING)]
    if not facts.is_one_persons or now >= facts.starts_at + STILL_NEWS:
        return []
    planned = []
    for person in facts.people:
        if not person.comes or person.has_left:
            continue
        first = morning(max(now, facts.starts_at + GRACE), person.zone, person.quiet)
        again = morning(first + FOLLOW_UP, person.zone, person.quiet)
        planned += [
            scribe.to(person.recipient, Kind.MISSED_YOU, due_at=first),
            scribe.to(person.recipient, Kind.MISSED_FOLLOW_UP, due_at=again),
        ]
    return planned


def told_absent(change: ChangeFacts, facts: AppointmentFacts, now: datetime) -> list[Planned]:
    """The practitioner pressed it: one of several was not there. The others hear nothing."""
    kind = Kind.MISSED_FOLLOW_UP if change.snapshot.get("again") else Kind.MISSED_YOU
    scribe = Scribe(change, ("appointment", facts.id), now)
    return [
        scribe.to(p.recipient, kind, due_at=morning(now, p.zone, p.quiet))
        for p in named(change, facts.people)
        if p.comes and not p.has_left
    ]


def standing_of(facts: AppointmentFacts) -> list[Planned]:
    """The note for after, and the question how it goes, to those who asked for them and came."""
    return [*_notes(facts), *_questions(facts)]


def _notes(facts: AppointmentFacts) -> list[Planned]:
    """The note for after, to everybody who asked for one and was not missed."""
    if facts.state not in ("booked", "fulfilled") or facts.is_for_seat:
        return []
    planned = []
    for person in facts.people:
        is_there = person.comes and not person.has_left and person.id not in facts.absent
        if not is_there or not person.wants_aftercare:
            continue
        due_at = after_session(facts.ends_at, person.zone, person.quiet)
        planned.append(
            _standing(
                Kind.AFTERCARE,
                f"3h@{stamp(facts.ends_at)}",
                person,
                subject=("appointment", facts.id),
                revision=facts.revision,
                due_at=due_at,
                not_after=due_at + NOTE_PATIENCE,
            )
        )
    return planned


def _questions(facts: AppointmentFacts) -> list[Planned]:
    """A day after every third session, to those who asked to be asked.

    Only once it has taken place: before that nobody can know whether it will be a third one.
    """
    planned = []
    for person in facts.people:
        if not person.wants_feedback or not may_be_asked(person, facts):
            continue
        due_at = morning(facts.ends_at + ASKED_AFTER, person.zone, person.quiet)
        planned.append(
            _standing(
                Kind.FEEDBACK,
                f"24h@{stamp(facts.ends_at)}",
                person,
                subject=("appointment", facts.id),
                revision=facts.revision,
                due_at=due_at,
                not_after=due_at + PATIENCE,
            )
        )
    return planned


def may_be_asked(person: Person, facts: AppointmentFacts) -> bool:
    """Whether this session was a third one of somebody, and still is, with nothing said of it."""
    took_place = facts.state == "fulfilled" and person.comes and not person.has_left
    return took_place and person.id in facts.third_of - facts.answered_of
