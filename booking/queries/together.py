"""Finding a time together: one person's own ballot, and what the practitioner learns of it all.

A ballot depends on the calendar and on that one person's words, and on nothing that anybody else
of the request does. The outcome is empty until everybody has answered.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from booking.domain import together
from booking.domain.states import OPEN_REQUEST_STATES, AppointmentState, RequestState
from booking.domain.together import Match
from booking.models import Appointment, Decision, Participant, Request, Vote
from booking.queries import calendar as calendar_queries
from booking.queries.party import is_one_persons, next_batch_at
from practice.domain.wall import instant, local_date, zone

_OPEN_STATES = (RequestState.GATHERING, RequestState.READY)


@dataclass(frozen=True, slots=True)
class BallotTime:
    """An open start (an instant in UTC) and this person's own word for it, if they said one."""

    starts_at: datetime
    word: str | None  # can, could or cant


@dataclass(frozen=True, slots=True)
class Ballot:
    """One person's own view of finding a time together."""

    request: Request
    participant: Participant
    zone: ZoneInfo
    #: By the date of each start in `zone`; dates without an open start are left out.
    days: Sequence[tuple[date, Sequence[BallotTime]]]
    round: int
    has_answered: bool  # in this round
    is_open: bool  # there is something to mark


@dataclass(frozen=True, slots=True)
class TogetherOutcome:
    """What the practitioner sees: nothing but `all_answered` until that is true."""

    all_answered: bool
    works: Sequence[Match]
    nearest: Sequence[Match]  # only where nothing works


def takes_marks(request: Request) -> bool:
    """Whether people are being asked which starts suit them.

    Not once the practitioner has proposed times (`hold_ends_at` is set then), until everyone is
    asked again: that a proposal has ended must not show on a page before its announced end.
    """
    return request.find_together and request.state in _OPEN_STATES and request.hold_ends_at is None


def may_mark(participant: Participant) -> bool:
    """Whether this person is one of those who are asked."""
    return (
        participant.attends == Participant.Attends.YES
        and participant.joined_at is not None
        and participant.left_at is None
        and participant.excused_at is None
    )


def ballot(participant_id: UUID, *, now: datetime) -> Ballot | None:
    """The starts that this person is asked about; None where they are asked nothing."""
    participant = (
        Participant.objects.filter(pk=participant_id)
        .select_related("request__service", "request__practitioner", "request__poll")
        .first()
    )
    if participant is None or not may_mark(participant) or not takes_marks(participant.request):
        return None
    request = participant.request
    tz = zone(participant.time_zone)
    words = dict(own_votes(participant, request).values_list("starts_at", "word"))
    days: defaultdict[date, list[BallotTime]] = defaultdict(list)
    for start in asked_starts(request, now=now):
        days[local_date(start, tz)].append(BallotTime(start, words.get(start)))
    return Ballot(
        request=request,
        participant=participant,
        zone=tz,
        days=list(days.items()),
        round=request.poll.round,
        has_answered=participant.voted_round >= request.poll.round,
        is_open=bool(days),
    )


def asked_starts(request: Request, *, now: datetime) -> list[datetime]:
    """The open starts on the days that are asked about, earliest first, in UTC.

    What the request holds itself (for a decision that has not left yet) counts as open: a
    ballot that lacked it would tell.
    """
    offer = calendar_queries.bookable(request.practitioner, request.service, request.modality)
    return calendar_queries.open_slots(
        offer,
        first=request.poll.first_date,
        end=request.poll.until_date,
        now=now,
        ignore_claim=claim_of(request, now=now),
    )


def claim_of(request: Request, *, now: datetime) -> UUID | None:
    """What the time held for a request is held for; suggestions included."""
    return (
        Appointment.objects.filter(request=request, state=AppointmentState.HELD, held_until__gt=now)
        .values_list("claim", flat=True)
        .first()
    )


def votes_of(request: Request) -> Mapping[UUID, Mapping[datetime, str]]:
    """Everybody's words for the days that are asked about. Never for a client's eyes."""
    votes: dict[UUID, dict[datetime, str]] = {}
    cast = _votes_on_days_of(request).filter(participant__request=request)
    for person, start, word in cast.values_list("participant_id", "starts_at", "word"):
        votes.setdefault(person, {})[start] = word
    return votes


def own_votes(participant: Participant, request: Request) -> QuerySet[Vote]:
    """One person's words for the days that are asked about."""
    return _votes_on_days_of(request).filter(participant=participant)


def _votes_on_days_of(request: Request) -> QuerySet[Vote]:
    tz = zone(request.practitioner.time_zone)
    return Vote.objects.filter(
        starts_at__gte=instant(request.poll.first_date, 0, tz),
        starts_at__lt=instant(request.poll.until_date, 0, tz),
    )


def outcome(request: Request, *, now: datetime) -> TogetherOutcome:
    """The times that suit everybody attending, best first; else what comes nearest.

    For the practitioner alone. Starts that would have begun before a decision leaves are left out.
    """
    nothing = TogetherOutcome(all_answered=False, works=[], nearest=[])
    if not request.find_together or request.state not in OPEN_REQUEST_STATES:
        return nothing
    asked = [
        p
        for p in request.participants.all()
        if p.attends == Participant.Attends.YES and p.excused_at is None
    ]
    if not asked or not all(may_mark(p) and p.voted_round >= request.poll.round for p in asked):
        return nothing
    people = [p.pk for p in asked]
    starts = asked_starts(request, now=now)
    leaves_at = now if is_one_persons(request) else next_batch_at(request, now=now)
    starts = [s for s in starts if s > leaves_at]
    votes = votes_of(request)
    works = together.matches(starts, votes, people)
    near = [] if works else together.nearest(starts, votes, people)
    return TogetherOutcome(all_answered=True, works=works, nearest=near)


def may_propose_anew(request: Request) -> bool:
    """Whether other times can take the place of those that are proposed. For the practitioner.

    At any time, whatever people have answered: so it tells nobody how anybody has.
    """
    waiting = request.decisions.filter(done_at__isnull=True, undone_at__isnull=True)
    return request.state == RequestState.PROPOSED and not waiting.exists()


def held_for(decision: Decision) -> QuerySet[Appointment]:
    """What was held only because of a decision: until it leaves nobody outside may see it.

    All of a proposal; of a Confirm the start that was chosen from what suits everybody, but
    not a time that its people had answered before. Whatever has become of it since.
    """
    found = Appointment.objects.filter(pk__in=decision.candidates)
    if decision.kind == Decision.Kind.PROPOSE:
        return found
    if decision.kind == Decision.Kind.CONFIRM:
        return found.filter(request__find_together=True, created_at__gte=decision.made_at)
    return found.none()


def suggested_by(participant_id: UUID, *, now: datetime) -> list[Appointment]:
    """The times that this person suggested with their answer to the latest proposal.

    Shown until that proposal's announced end, whatever has become of them: that somebody else
    has answered, or how, must not change the page.
    """
    return list(
        Appointment.objects.filter(
            suggested_by_id=participant_id,
            state__in=(AppointmentState.HELD, AppointmentState.RELEASED),
            request__state__in=OPEN_REQUEST_STATES,
            request__hold_ends_at__gt=now,
        )
        .select_related("service", "practitioner")
        .order_by("starts_at")
    )


def suggestions(request: Request, *, now: datetime) -> list[Appointment]:
    """What people suggested instead of what was proposed and is still held: for the practitioner.

    `suggested_by` says who; no page or message of anybody else may.
    """
    return list(
        Appointment.objects.filter(
            request=request,
            suggested_by__isnull=False,
            state=AppointmentState.HELD,
            held_until__gt=now,
        )
        .select_related("service", "practitioner", "suggested_by")
        .order_by("starts_at", "suggested_by__position")
    )
