"""What waits for a decision, most urgent first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import (
    Count,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    prefetch_related_objects,
)

from booking.domain.gate import Unmet
from booking.domain.states import (
    OPEN_REQUEST_STATES,
    AppointmentState,
    RequestState,
    SeatState,
)
from booking.models import (
    Appointment,
    Cohort,
    Decision,
    LateWish,
    Participant,
    Request,
    Seat,
    WaitlistEntry,
    WaitlistOffer,
)
from booking.queries.desk.queued import has_news, objections, suits_nobody, with_news
from booking.queries.desk.standings import Person, people_of
from booking.queries.party import is_one_persons
from practice.models import RelationshipType

#: Unverified requests shown at most: anybody can send one, and none needs the practitioner.
RECEIVED_SHOWN = 20


class Section(StrEnum):
    """Why a request stands where it does. The order is the order of the page."""

    REVIEW = "review"  # something in the answers asks for a private talk first
    FAILED = "failed"  # a decision could not leave
    READY = "ready"  # everyone has finished and a time is held, or everyone has marked times
    LEFT = "left"  # somebody who was to attend will not
    SUGGESTED = "suggested"  # they answered a proposal with times of their own
    NO_TIME = "no_time"  # nothing is held any more: the practitioner can propose
    QUEUED = "queued"  # decided; leaves with the next batch
    PROPOSED = "proposed"
    GATHERING = "gathering"
    WAITLIST = "waitlist"  # waits for a time to open up
    RECEIVED = "received"


NEEDS_DECISION = frozenset(
    {
        Section.REVIEW,
        Section.FAILED,
        Section.READY,
        Section.LEFT,
        Section.SUGGESTED,
        Section.NO_TIME,
    }
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One request on the board."""

    request: Request
    people: Sequence[Person]
    times: Sequence[Appointment]  # held now, best first
    suggested: Sequence[Appointment]  # held now, because one of the people suggested it
    is_on_waitlist: bool
    queued: Decision | None  # waits for the batch
    failed: Decision | None  # the last one, if it could not leave
    is_for_one: bool
    objections: Sequence[Unmet]  # why what is queued would come back, as things stand
    has_news: bool  # somebody has answered since it was queued

    @property
    def section(self) -> Section:
        """Where it stands on the board: the most urgent reason wins."""
        state = self.request.state
        if state == RequestState.RECEIVED:
            return Section.RECEIVED
        if self.request.review_open:
            return Section.REVIEW  # whatever is queued: somebody may need a word today
        if self.queued is not None:
            return Section.QUEUED
        if self.failed is not None:
            return Section.FAILED
        if any(p.has_left for p in self.people):
            return Section.LEFT
        if state == RequestState.PROPOSED:
            return Section.PROPOSED
        is_ready = state == RequestState.READY
        if self.times or self.request.find_together:
            return Section.READY if is_ready else Section.GATHERING
        if self.is_on_waitlist:
            return Section.WAITLIST
        if is_ready or self.is_for_one:
            return Section.SUGGESTED if self.suggested else Section.NO_TIME
        return Section.GATHERING

    @property
    def held_until(self) -> datetime | None:
        """When the first of the held times is given back."""
        if self.request.state == RequestState.PROPOSED:
            return self.request.hold_ends_at  # what they were told; the time itself is kept longer
        held = self.times or self.suggested
        return min((t.held_until for t in held if t.held_until), default=None)

    @property
    def suits_nobody(self) -> bool:
        """Whether each of the times proposed is refused by somebody."""
        people = [p.participant.pk for p in self.people if p.counts]
        return suits_nobody(self.request, self.times, people)

    @property
    def needs_decision(self) -> bool:
        """Whether the practitioner has to do something: where it stands says so, or what is on
        its way cannot end well."""
        return self.section in NEEDS_DECISION or bool(self.objections) or self.suits_nobody

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
    late_wishes: Sequence[LateWish]  # asked after the cut-off, soonest session first
    seats: Sequence[Seat]  # their call is booked or over: is there a place for them?
    short_groups: Sequence[Cohort]  # the date came, and too few have a place
    on_waitlist: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing on it at all."""
        return not (self.sections or self.late_wishes or self.seats or self.short_groups)

    @property
    def decisions(self) -> int:
        """How many wait for the practitioner, as `waiting_count` counts them."""
        return (
            sum(row.needs_decision for _section, rows in self.sections for row in rows)
            + len(self.late_wishes)
            + len(self.seats)
            + len(self.short_groups)
        )


def live_times(now: datetime) -> QuerySet[Appointment]:
    """Held time that nobody else can take yet."""
    return Appointment.objects.filter(state=AppointmentState.HELD, held_until__gt=now)


def untold_offers() -> QuerySet[WaitlistOffer]:
    """Freed time that is held for somebody on the waitlist who has not been told yet."""
    return WaitlistOffer.objects.filter(told_at__isnull=True, settled_at__isnull=True)


def own_times(now: datetime) -> QuerySet[Appointment]:
    """Held time that its people know of, other than what they suggested themselves."""
    untold = untold_offers().filter(appointment=OuterRef("pk"))
    return live_times(now).filter(~Exists(untold), suggested_by__isnull=True)


def board(practitioner_id: UUID, *, now: datetime) -> Board:
    """Everything open, in order of urgency. As many queries for one request as for a hundred."""
    ours = Request.objects.filter(practitioner_id=practitioner_id).select_related("service")
    received = ours.filter(state=RequestState.RECEIVED)
    found = [
        *ours.filter(state__in=[s for s in OPEN_REQUEST_STATES if s != RequestState.RECEIVED]),
        *received.order_by("-created_at")[:RECEIVED_SHOWN],
    ]
    waiting = _all_waiting(found, now=now)
    sections = [
        (section, sorted((w for w in waiting if w.section is section), key=_urgency))
        for section in Section
    ]
    shown = len(sections[-1][1])
    left_off = received.count() - shown if shown == RECEIVED_SHOWN else 0
    return Board(
        sections=[s for s in sections if s[1]],
        received_left_off=left_off,
        late_wishes=list(
            open_late_wishes(practitioner_id, now=now)
            .select_related("participant", "appointment__service")
            .order_by("appointment__starts_at")
        ),
        seats=list(
            seats_to_decide(practitioner_id)
            .select_related("cohort", "request")
            .prefetch_related("request__participants")
            .order_by("asked_at")
        ),
        short_groups=list(short_groups(practitioner_id)),
        on_waitlist=WaitlistEntry.objects.filter(
            request__practitioner_id=practitioner_id,
            request__state__in=OPEN_REQUEST_STATES,
            left_at__isnull=True,
        ).count(),
    )


def open_late_wishes(practitioner_id: UUID, *, now: datetime) -> QuerySet[LateWish]:
    """After the cut-off somebody asked for a change, and the session is still to come."""
    return LateWish.objects.filter(
        appointment__practitioner_id=practitioner_id,
        appointment__state=AppointmentState.BOOKED,
        appointment__starts_at__gt=now,
        settled_at__isnull=True,
    )


def seats_to_decide(practitioner_id: UUID) -> QuerySet[Seat]:
    """People whose call is over and about whose place in the group nothing is decided."""
    return Seat.objects.filter(
        cohort__practitioner_id=practitioner_id,
        cohort__state__in=(Cohort.State.OPEN, Cohort.State.CLOSED),
        state__in=(SeatState.ASKED, SeatState.WAITING),
        request__state=RequestState.CONFIRMED,
        request__appointments__state__in=(AppointmentState.FULFILLED, AppointmentState.NO_SHOW),
    ).distinct()


def short_groups(practitioner_id: UUID) -> QuerySet[Cohort]:
    """Groups whose date to decide came while too few had a place."""
    given = Count("places", filter=Q(places__state=SeatState.GIVEN))
    return (
        Cohort.objects.filter(
            practitioner_id=practitioner_id,
            state__in=(Cohort.State.OPEN, Cohort.State.CLOSED),
            short_noted_at__isnull=False,
        )
        .annotate(given=given)
        .filter(given__lt=F("minimum"))
    )


def waiting_count(practitioner_id: UUID, *, now: datetime) -> int:
    """How much waits for the practitioner: the number beside *Waiting*.

    Two queries, and a few more only while something decided or proposed may not come to an end.
    """
    waits = (
        _requests_to_decide(practitioner_id, now=now)
        .values("pk")
        .union(
            open_late_wishes(practitioner_id, now=now).values("pk"),
            seats_to_decide(practitioner_id).values("pk"),
            short_groups(practitioner_id).values("pk"),
            all=True,
        )
        .count()
    )
    looked_at = _all_waiting(list(_may_not_end_well(practitioner_id, now=now)), now=now)
    return waits + sum(
        row.needs_decision and row.section not in NEEDS_DECISION for row in looked_at
    )


def _may_not_end_well(practitioner_id: UUID, *, now: datetime) -> QuerySet[Request]:
    """What waits for the batch, and proposals of which somebody has refused a time."""
    queued = Decision.objects.filter(
        request=OuterRef("pk"), done_at__isnull=True, undone_at__isnull=True
    )
    refused = live_times(now).filter(request=OuterRef("pk"), answers__accepts=False)
    return Request.objects.filter(
        Exists(queued) | (Q(state=RequestState.PROPOSED) & Exists(refused)),
        practitioner_id=practitioner_id,
        state__in=(RequestState.GATHERING, RequestState.READY, RequestState.PROPOSED),
    )


def _requests_to_decide(practitioner_id: UUID, *, now: datetime) -> QuerySet[Request]:
    decisions = Decision.objects.filter(request=OuterRef("pk"))
    counted = Participant.objects.filter(request=OuterRef("pk"), excused_at__isnull=True)
    attending = counted.filter(attends=Participant.Attends.YES)
    others = counted.filter(is_requester=False).exclude(attends=Participant.Attends.NO)
    for_one = Q(
        relationship_type__in=(RelationshipType.INDIVIDUAL, RelationshipType.GROUP)
    ) | ~Exists(others)
    has_time = Exists(own_times(now).filter(request=OuterRef("pk")))
    waits = Q(waiting__isnull=False, waiting__left_at__isnull=True) & ~has_time
    waits_for_a_time = waits & Q(find_together=False)
    is_queued = Exists(decisions.filter(done_at__isnull=True, undone_at__isnull=True))
    stands_open = (
        (Q(state=RequestState.READY) & ~waits_for_a_time)
        | Q(last_failure__gt="")
        | Exists(attending.filter(left_at__isnull=False))
        | (
            Q(state=RequestState.GATHERING, find_together=False)
            & for_one
            & ~has_time
            & ~waits_for_a_time
        )
    )
    return (
        Request.objects.filter(
            practitioner_id=practitioner_id,
            state__in=(RequestState.GATHERING, RequestState.READY, RequestState.PROPOSED),
        )
        .alias(last_failure=Subquery(decisions.order_by("-made_at").values("failure")[:1]))
        .filter(Q(review_open=True) | (~is_queued & stands_open))
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


def is_on_waitlist(request: Request) -> bool:
    """Whether a request waits for a time to open up."""
    entry = getattr(request, "waiting", None)
    return entry is not None and entry.left_at is None


def _all_waiting(requests: list[Request], *, now: datetime) -> list[Waiting]:
    """Where these requests stand, with everything that says so. Five queries for any number."""
    ordered = live_times(now).order_by("rank", "starts_at")
    told = ordered.filter(~Exists(untold_offers().filter(appointment=OuterRef("pk"))))
    prefetch_related_objects(
        requests,
        "participants",
        Prefetch("appointments", told.prefetch_related("answers")),
        Prefetch("decisions", with_news(Decision.objects.order_by("made_at"))),
        "waiting",
    )
    return [_waiting(request, now=now) for request in requests]


def _waiting(request: Request, *, now: datetime) -> Waiting:
    people = people_of(request)
    held = list(request.appointments.all())
    queued = waiting_decision(request)
    return Waiting(
        request=request,
        people=people,
        times=[a for a in held if a.suggested_by_id is None],
        suggested=[a for a in held if a.suggested_by_id is not None],
        is_on_waitlist=is_on_waitlist(request),
        queued=queued,
        objections=objections(request, queued, held, now=now),
        has_news=has_news(queued),
        failed=failed_decision(request),
        is_for_one=is_one_persons(request),
    )


def _urgency(waiting: Waiting) -> tuple[bool, datetime]:
    """What lapses first comes first; what holds no time, by age.

    Of what is queued that comes first which would not leave.
    """
    if waiting.queued is not None:
        return (not waiting.objections, waiting.queued.due_at)
    ends = waiting.held_until
    return (ends is None, ends or waiting.request.created_at)
