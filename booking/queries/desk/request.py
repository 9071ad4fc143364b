"""Everything booking knows about one request, for the practitioner who received it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from booking.domain import times
from booking.domain.gate import Unmet
from booking.domain.refusals import NotTheirs
from booking.domain.states import (
    OPEN_REQUEST_STATES,
    AppointmentState,
    RequestState,
    RequestVerb,
    TransitionNotAllowed,
    next_request_state,
)
from booking.models import Appointment, Decision, Request
from booking.queries.desk.standings import Person, is_for_one, people_of
from booking.queries.desk.waiting import failed_decision, live_times, waiting_decision
from booking.queries.gate import acceptable_time, unmet_for
from practice.domain.wall import zone
from practice.models import Article, Change, Practice
from practice.sealing import unseal

WORDS_READ = "words_read"


@dataclass(frozen=True, slots=True)
class HeldTime:
    """A time that is held, with who accepts it and who does not."""

    appointment: Appointment
    accepted: Sequence[Person]
    refused: Sequence[Person]
    is_best: bool  # the one that Confirm takes


@dataclass(frozen=True, slots=True)
class RequestPage:
    """The practitioner's page of a request."""

    request: Request
    practice: Practice
    people: Sequence[Person]
    article: Article | None
    times: Sequence[HeldTime]
    proposed: Sequence[Appointment]  # held for a proposal that has not left yet
    held_until: datetime | None
    queued: Decision | None
    failed: Decision | None
    unmet: Sequence[Unmet]
    is_for_one: bool
    leaves_at: datetime | None  # the next batch; None: at once
    can_confirm: bool  # the state allows it and nothing is queued; the gate may still be closed
    can_propose: bool
    can_decline: bool
    appointments: Sequence[Appointment]  # what came of it

    @property
    def is_open(self) -> bool:
        """Whether it still waits for somebody."""
        return self.request.state in OPEN_REQUEST_STATES

    @property
    def requester(self) -> Person:
        """The person who wrote first."""
        return next(p for p in self.people if p.participant.is_requester)


@dataclass(frozen=True, slots=True)
class Words:
    """What the requester wrote. For the practitioner; never for a list, a log or a mail."""

    topics: Sequence[str]
    words: str


def request_page(request_id: UUID, practitioner_id: UUID, *, now: datetime) -> RequestPage:
    """The page of one's own request. Raises `NotTheirs`."""
    request = (
        Request.objects.filter(pk=request_id, practitioner_id=practitioner_id)
        .select_related("service", "practitioner")
        .prefetch_related("participants", "decisions")
        .first()
    )
    if request is None:
        raise NotTheirs
    practice = Practice.objects.get()
    people = people_of(request)
    queued = waiting_decision(request)
    single = is_for_one(request, people)
    undisclosed = (
        set(queued.candidates)
        if queued is not None and queued.kind == Decision.Kind.PROPOSE
        else set()
    )
    live = list(
        live_times(now)
        .filter(request=request)
        .order_by("rank", "starts_at")
        .prefetch_related("answers")
    )
    best = acceptable_time(request, now=now)
    held = [a for a in live if str(a.pk) not in undisclosed]
    is_open = queued is None
    return RequestPage(
        request=request,
        practice=practice,
        people=people,
        article=Article.objects.filter(slug=request.article_slug).first()
        if request.article_slug
        else None,
        times=[_held_time(a, people, best) for a in held],
        proposed=[a for a in live if str(a.pk) in undisclosed],
        held_until=min((a.held_until for a in held if a.held_until), default=None),
        queued=queued,
        failed=failed_decision(request) if is_open else None,
        unmet=unmet_for(request, now=now),
        is_for_one=single,
        leaves_at=None if single else next_batch_at(request, practice, now=now),
        can_confirm=is_open
        and request.state in (RequestState.RECEIVED, RequestState.GATHERING, RequestState.READY),
        can_propose=is_open
        and _may(request, RequestVerb.PROPOSE)
        and request.state != RequestState.CONFIRMED
        and (single or request.state == RequestState.READY),
        can_decline=is_open and _may(request, RequestVerb.DECLINE),
        appointments=list(
            request.appointments.exclude(
                state__in=(AppointmentState.HELD, AppointmentState.RELEASED)
            ).order_by("starts_at")
        ),
    )


def next_batch_at(request: Request, practice: Practice, *, now: datetime) -> datetime:
    """When a decision about several people would leave."""
    return times.next_batch(
        now,
        zone(request.practitioner.time_zone),
        minutes=practice.batch_minutes,
        weekdays=practice.batch_weekdays,
    )


def words_of(request: Request) -> Words:
    """What the requester wrote, opened. Only `operations.reading.read_words` calls it.

    Raises `Tampered` or `UnknownKey` if it cannot be opened.
    """
    return Words(
        topics=json.loads(_opened(request.topics_sealed, request, "topics") or "[]"),
        words=_opened(request.words_sealed, request, "words"),
    )


def history(request: Request) -> list[Change]:
    """The journal of a request, its people and its appointments, oldest first; reads left out."""
    return list(_changes(request).exclude(subject_type="request", kind=WORDS_READ).order_by("id"))


def words_read_at(request: Request) -> datetime | None:
    """When somebody last opened what the requester wrote."""
    last = (
        Change.objects.filter(subject_type="request", subject_id=request.pk, kind=WORDS_READ)
        .order_by("-id")
        .first()
    )
    return last.occurred_at if last else None


def _changes(request: Request) -> QuerySet[Change]:
    people = [p.pk for p in request.participants.all()]
    return Change.objects.filter(
        Q(subject_type="request", subject_id=request.pk)
        | Q(subject_type="participant", subject_id__in=people)
        | Q(
            subject_type="appointment",
            subject_id__in=request.appointments.values("pk"),
        )
    )


def _opened(sealed: bytes | memoryview | None, request: Request, field: str) -> str:
    return unseal(sealed, label="request", row=request.pk, field=field) if sealed else ""


def _held_time(
    appointment: Appointment, people: Sequence[Person], best: Appointment | None
) -> HeldTime:
    answers = {a.participant_id: a.accepts for a in appointment.answers.all()}
    return HeldTime(
        appointment=appointment,
        accepted=[p for p in people if answers.get(p.participant.pk) is True],
        refused=[p for p in people if answers.get(p.participant.pk) is False],
        is_best=best is not None and best.pk == appointment.pk,
    )


def _may(request: Request, verb: RequestVerb) -> bool:
    try:
        next_request_state(request.state, verb)
    except TransitionNotAllowed:
        return False
    return True
