"""Everything booking knows about one request, for the practitioner who received it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet

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
from booking.models import (
    Appointment,
    Decision,
    Request,
    Seat,
    Series,
    WaitlistEntry,
    WaitlistOffer,
)
from booking.queries import together as together_queries
from booking.queries.desk.queued import has_news, objections, suits_nobody, with_news
from booking.queries.desk.standings import Person, people_of
from booking.queries.desk.waiting import (
    failed_decision,
    is_on_waitlist,
    live_times,
    waiting_decision,
)
from booking.queries.gate import acceptable_time, unmet_for
from booking.queries.party import is_one_persons, next_batch_at
from booking.queries.together import TogetherOutcome, held_for
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
class SuggestedTime:
    """A time that is held because one of the people suggested it."""

    appointment: Appointment
    person: Person


@dataclass(frozen=True, slots=True)
class RequestPage:
    """The practitioner's page of a request."""

    request: Request
    practice: Practice
    people: Sequence[Person]
    article: Article | None
    times: Sequence[HeldTime]
    decided: Sequence[Appointment]  # what the decision that has not left yet is about
    suggested: Sequence[SuggestedTime]  # what people suggested instead of what was proposed
    together: TogetherOutcome | None  # of people who find a time together
    waiting: WaitlistEntry | None  # they wait for a time to open up
    offer: WaitlistOffer | None  # a freed time that is held for them
    seat: Seat | None  # in the group that they ask for
    held_until: datetime | None
    queued: Decision | None
    objections: Sequence[Unmet]  # why what is queued would come back, as things stand
    has_news: bool  # somebody has answered since it was queued
    to_answer: Sequence[Person]  # who has not answered all the times of a proposal
    failed: Decision | None
    unmet: Sequence[Unmet]
    is_for_one: bool
    leaves_at: datetime | None  # the next batch; None: at once
    can_confirm: bool  # the state allows it and nothing is queued; the gate may still be closed
    can_propose: bool
    can_decline: bool
    appointments: Sequence[Appointment]  # what came of it, but for dates of a series
    series: Sequence[Series]

    @property
    def is_open(self) -> bool:
        """Whether it still waits for somebody."""
        return self.request.state in OPEN_REQUEST_STATES

    @property
    def stands(self) -> str:
        """The word for where it is: what leaves with the batch, and what was booked and is off."""
        if self.queued is not None:
            return "queued"
        states = {a.state for a in self.appointments}
        is_off = states == {AppointmentState.CANCELLED} and not self.series
        if is_off and self.request.state == RequestState.CONFIRMED:
            return AppointmentState.CANCELLED
        return self.request.state

    @property
    def suits_nobody(self) -> bool:
        """Whether each of the times proposed is refused by somebody: it can only be replaced."""
        return suits_nobody(
            self.request,
            [time.appointment for time in self.times],
            [p.participant.pk for p in self.people if p.counts],
        )

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
        .prefetch_related(
            "participants",
            Prefetch("decisions", with_news(Decision.objects.all())),
        )
        .first()
    )
    if request is None:
        raise NotTheirs
    practice = Practice.objects.get()
    people = people_of(request)
    queued = waiting_decision(request)
    single = is_one_persons(request)
    # Held only because of a decision that has not left: nobody else knows of it.
    undisclosed = set(held_for(queued).values_list("pk", flat=True)) if queued else set()
    live = list(
        live_times(now)
        .filter(request=request)
        .order_by("rank", "starts_at")
        .prefetch_related("answers")
    )
    best = acceptable_time(request, now=now)
    offer = (
        WaitlistOffer.objects.filter(entry__request=request, settled_at__isnull=True)
        .select_related("appointment")
        .first()
    )
    untold = offer.appointment_id if offer is not None and offer.told_at is None else None
    held = [
        a for a in live if a.pk not in undisclosed and a.suggested_by_id is None and a.pk != untold
    ]
    by_id = {p.participant.pk: p for p in people}
    is_open = queued is None
    return RequestPage(
        request=request,
        practice=practice,
        people=people,
        article=Article.objects.filter(slug=request.article_slug).first()
        if request.article_slug
        else None,
        times=[_held_time(a, people, best) for a in held],
        decided=[a for a in live if queued is not None and str(a.pk) in queued.candidates],
        suggested=[
            SuggestedTime(a, by_id[a.suggested_by_id])
            for a in live
            if a.suggested_by_id in by_id and a.pk not in undisclosed
        ],
        together=together_queries.outcome(request, now=now)
        if request.find_together and request.state in OPEN_REQUEST_STATES
        else None,
        waiting=request.waiting if is_on_waitlist(request) else None,
        offer=offer,
        seat=Seat.objects.filter(request=request).select_related("cohort").first(),
        # To a proposal people were told an end; the time itself may be kept longer.
        held_until=request.hold_ends_at
        if request.state == RequestState.PROPOSED
        else min((a.held_until for a in held if a.held_until), default=None),
        queued=queued,
        objections=objections(request, queued, live, now=now),
        has_news=has_news(queued),
        to_answer=_to_answer(request, people, held),
        failed=failed_decision(request) if is_open else None,
        unmet=unmet_for(request, now=now),
        is_for_one=single,
        leaves_at=None if single else next_batch_at(request, now=now, practice=practice),
        can_confirm=is_open
        and request.state in (RequestState.RECEIVED, RequestState.GATHERING, RequestState.READY),
        can_propose=is_open
        and _may(request, RequestVerb.PROPOSE)
        and request.state != RequestState.CONFIRMED
        and (
            single
            or request.state == RequestState.READY
            or together_queries.may_propose_anew(request)
        ),
        can_decline=is_open and _may(request, RequestVerb.DECLINE),
        appointments=list(
            request.appointments.exclude(
                state__in=(AppointmentState.HELD, AppointmentState.RELEASED)
            )
            .filter(series__isnull=True)
            .order_by("starts_at")
        ),
        series=list(request.series.annotate(upcoming=_upcoming(now))),
    )


def words_of(request: Request) -> Words:
    """What the requester wrote, opened. Only `operations.reading.read_words` calls it, and
    `queries.own_words` for the requester.

    Raises `Tampered` or `UnknownKey` if it cannot be opened.
    """
    return Words(
        topics=json.loads(_opened(request.topics_sealed, request, "topics") or "[]"),
        words=_opened(request.words_sealed, request, "words"),
    )


def next_appointment(request_id: UUID, *, now: datetime) -> Appointment | None:
    """The next booked session of a request."""
    return (
        Appointment.objects.filter(
            request_id=request_id, state=AppointmentState.BOOKED, ends_at__gt=now
        )
        .select_related("service")
        .order_by("starts_at")
        .first()
    )


def history(request: Request) -> list[Change]:
    """The journal of a request, its people and its appointments, oldest first; reads left out."""
    return list(_changes(request).exclude(subject_type="request", kind=WORDS_READ).order_by("id"))


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


def _to_answer(
    request: Request, people: Sequence[Person], held: Sequence[Appointment]
) -> list[Person]:
    if request.state != RequestState.PROPOSED or not held:
        return []
    answered = [{a.participant_id for a in time.answers.all()} for time in held]
    everywhere = set.intersection(*answered)
    return [p for p in people if p.counts and p.participant.pk not in everywhere]


def _upcoming(now: datetime) -> Count:
    """How many dates of a series lie ahead."""
    ahead = Q(appointments__state=AppointmentState.BOOKED, appointments__starts_at__gt=now)
    return Count("appointments", filter=ahead)


def _may(request: Request, verb: RequestVerb) -> bool:
    try:
        next_request_state(request.state, verb)
    except TransitionNotAllowed:
        return False
    return True
