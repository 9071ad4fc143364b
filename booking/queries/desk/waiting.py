"""What waits for a decision, most urgent first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import (
    Exists,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    prefetch_related_objects,
)

from booking.domain.states import OPEN_REQUEST_STATES, AppointmentState, RequestState
from booking.models import Appointment, Decision, Participant, Request
from booking.queries.desk.standings import Person, is_for_one, people_of
from practice.models import RelationshipType

#: Unverified requests shown at most: anybody can send one, and none needs the practitioner.
RECEIVED_SHOWN = 20


class Section(StrEnum):
    """Why a request stands where it does. The order is the order of the page."""

    FAILED = "failed"  # a decision could not leave
    READY = "ready"  # everyone has finished and a time is held
    LEFT = "left"  # somebody who was to attend will not
    NO_TIME = "no_time"  # nothing is held any more: the practitioner can propose
    QUEUED = "queued"  # decided; leaves with the next batch
    PROPOSED = "proposed"
    GATHERING = "gathering"
    RECEIVED = "received"


NEEDS_DECISION = frozenset({Section.FAILED, Section.READY, Section.LEFT, Section.NO_TIME})


@dataclass(frozen=True, slots=True)
class Waiting:
    """One request on the board."""

    request: Request
    people: Sequence[Person]
    times: Sequence[Appointment]  # held now, best first
    queued: Decision | None  # waits for the batch
    failed: Decision | None  # the last one, if it could not leave
    is_for_one: bool

    @property
    def section(self) -> Section:
        """Where it stands on the board: the most urgent reason wins."""
        state = self.request.state
        if state == RequestState.RECEIVED:
            return Section.RECEIVED
        if self.queued is not None:
            return Section.QUEUED
        if self.failed is not None:
            return Section.FAILED
        if any(p.has_left for p in self.people):
            return Section.LEFT
        if state == RequestState.PROPOSED:
            return Section.PROPOSED
        if not self.times and (self.is_for_one or state == RequestState.READY):
            return Section.NO_TIME
        return Section.READY if state == RequestState.READY else Section.GATHERING

    @property
    def held_until(self) -> datetime | None:
        """When the first of the held times is given back."""
        return min((t.held_until for t in self.times if t.held_until), default=None)

    @property
    def awaited(self) -> list[Person]:
        """The people who have yet to do something."""
        return [p for p in self.people if p.is_awaited]

    @property
    def answered(self) -> list[Person]:
        """Who has answered all the times of a proposal."""
        answers = [{a.participant_id for a in t.answers.all()} for t in self.times]
        everywhere = set.intersection(*answers) if answers else set()
        return [p for p in self.people if p.participant.pk in everywhere]


@dataclass(frozen=True, slots=True)
class Board:
    """The page. `received_left_off`: unverified requests that are not shown."""

    sections: Sequence[tuple[Section, Sequence[Waiting]]]
    received_left_off: int

    @property
    def decisions(self) -> int:
        """How many wait for the practitioner, as `waiting_count` counts them."""
        return sum(len(found) for section, found in self.sections if section in NEEDS_DECISION)


def live_times(now: datetime) -> QuerySet[Appointment]:
    """Held time that nobody else can take yet."""
    return Appointment.objects.filter(state=AppointmentState.HELD, held_until__gt=now)


def board(practitioner_id: UUID, *, now: datetime) -> Board:
    """Everything open, in order of urgency. As many queries for one request as for a hundred."""
    ours = Request.objects.filter(practitioner_id=practitioner_id).select_related("service")
    received = ours.filter(state=RequestState.RECEIVED)
    found = [
        *ours.filter(state__in=[s for s in OPEN_REQUEST_STATES if s != RequestState.RECEIVED]),
        *received.order_by("-created_at")[:RECEIVED_SHOWN],
    ]
    prefetch_related_objects(
        found,
        "participants",
        Prefetch(
            "appointments",
            live_times(now).order_by("rank", "starts_at").prefetch_related("answers"),
        ),
        Prefetch("decisions", Decision.objects.order_by("made_at")),
    )
    waiting = [_waiting(request) for request in found]
    sections = [
        (section, sorted((w for w in waiting if w.section is section), key=_urgency))
        for section in Section
    ]
    shown = len(sections[-1][1])
    left_off = received.count() - shown if shown == RECEIVED_SHOWN else 0
    return Board([s for s in sections if s[1]], left_off)


def waiting_count(practitioner_id: UUID, *, now: datetime) -> int:
    """How many requests wait for the practitioner, in one query: the number beside *Waiting*."""
    decisions = Decision.objects.filter(request=OuterRef("pk"))
    counted = Participant.objects.filter(request=OuterRef("pk"), excused_at__isnull=True)
    attending = counted.filter(attends=Participant.Attends.YES)
    others = counted.filter(is_requester=False).exclude(attends=Participant.Attends.NO)
    for_one = Q(
        relationship_type__in=(RelationshipType.INDIVIDUAL, RelationshipType.GROUP)
    ) | ~Exists(others)
    has_time = Exists(live_times(now).filter(request=OuterRef("pk")))
    return (
        Request.objects.filter(
            practitioner_id=practitioner_id,
            state__in=(RequestState.GATHERING, RequestState.READY, RequestState.PROPOSED),
        )
        .exclude(Exists(decisions.filter(done_at__isnull=True, undone_at__isnull=True)))
        .alias(last_failure=Subquery(decisions.order_by("-made_at").values("failure")[:1]))
        .filter(
            Q(state=RequestState.READY)
            | Q(last_failure__gt="")
            | Exists(attending.filter(left_at__isnull=False))
            | (Q(state=RequestState.GATHERING) & for_one & ~has_time)
        )
        .count()
    )


def waiting_decision(request: Request) -> Decision | None:
    """The decision that leaves with the next batch, of a request whose decisions are loaded."""
    return next(
        (d for d in request.decisions.all() if d.done_at is None and d.undone_at is None), None
    )


def failed_decision(request: Request) -> Decision | None:
    """The last decision, if it could not leave; of a request whose decisions are loaded."""
    last = max(request.decisions.all(), key=lambda d: d.made_at, default=None)
    return last if last is not None and last.failure else None


def _waiting(request: Request) -> Waiting:
    people = people_of(request)
    return Waiting(
        request=request,
        people=people,
        times=list(request.appointments.all()),
        queued=waiting_decision(request),
        failed=failed_decision(request),
        is_for_one=is_for_one(request, people),
    )


def _urgency(waiting: Waiting) -> tuple[bool, datetime]:
    """What lapses first comes first; what holds no time, by age."""
    if waiting.queued is not None:
        return (False, waiting.queued.due_at)
    ends = waiting.held_until
    return (ends is None, ends or waiting.request.created_at)
