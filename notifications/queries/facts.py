"""The rows that a plan depends on, copied into plain facts."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, Min, OuterRef, Q, QuerySet

from booking.domain.states import AppointmentState, RequestState
from booking.models import (
    Appointment,
    Attendance,
    Move,
    Participant,
    PrivateLink,
    Request,
    TimeAnswer,
)
from notifications.domain.facts import (
    AppointmentFacts,
    ChangeFacts,
    Facts,
    LinkFacts,
    PersonFacts,
    RequestFacts,
)
from notifications.domain.plan import alerts as alert_plan
from notifications.domain.quiet import SOON
from notifications.models import Delivery
from notifications.queries import alerts, own, several
from notifications.queries.persons import person, recipient
from practice.models import Change, Practitioner

#: Attempts of these may have put an entry into somebody's calendar.
POSSIBLY_SENT = Q(state__in=(Delivery.State.SENT, Delivery.State.SENDING)) | Q(maybe_sent=True)


def change_facts(change: Change) -> ChangeFacts:
    """A row of the journal as the plan sees it."""
    return ChangeFacts(
        id=change.pk,
        kind=change.kind,
        subject_type=change.subject_type,
        subject_id=change.subject_id,
        revision=change.revision,
        actor=change.actor,
        snapshot=change.snapshot,
    )


def facts_of(
    subject_type: str, subject_id: UUID, *, now: datetime, change: Change | None = None
) -> Sequence[Facts]:
    """How the subject stands now; several for a person, none for what messages do not concern.

    With the change at hand they include what a plan for it needs besides: what the journal says
    around it, and whose calendar holds an entry.

    A change that is about a request's alerts is about nothing else: whatever messages its
    people wait for stay untouched, or they could tell that there was one.
    """
    match subject_type:
        case "request" if change is not None and change.kind in alert_plan.CHANGES:
            return alerts.alerts_of(subject_id, change)
        case "request":
            request = _requests().get(pk=subject_id)
            return [_request_facts(request, _people_of(request), change=change)]
        case "link":
            link = _links().get(pk=subject_id)
            request = link.participant.request
            return [_link_facts(link, _request_facts(request, _people_of(request)))]
        case "appointment":
            series_id = several.series_of(subject_id)
            return [
                _appointment_by_id(subject_id, change=change),
                *([several.series_facts(series_id)] if series_id else []),
            ]
        case "series":
            return [several.series_facts(subject_id)]
        case "seat":
            return [several.seat_facts(several.seat(subject_id))]
        case "cohort":
            return [several.cohort_facts(several.cohort(subject_id))]
        case "participant":
            return _facts_of_person(subject_id, now=now)
    return []


@dataclass(frozen=True, slots=True)
class Matter:
    """What a delivery is about: the facts for a last look, and the rows that its letter needs.

    All of it read at once, so that the letter says what the last look found.
    """

    facts: Facts
    practitioner: Practitioner
    participant: Participant | None
    link: PrivateLink | None = None
    appointment: Appointment | None = None
    #: Of a message about several dates: those that it may tell this recipient, earliest first.
    dates: Sequence[Appointment] = ()
    #: The request behind it, for the practitioner.
    request_id: UUID | None = None


def matter_of(delivery: Delivery) -> Matter:
    """How things stand for this delivery, in as few queries as that takes.

    Without what only a plan needs, such as when somebody was invited.
    """
    pk = delivery.subject_id
    match delivery.subject_type:
        case "link":
            link = _links().get(pk=pk)
            request = link.participant.request
            people = _people_of(request)
            facts: Facts = _link_facts(link, _request_facts(request, people, is_for_plan=False))
            return Matter(facts, request.practitioner, _recipient_in(people, delivery), link=link)
        case "appointment":
            appointment, is_moving = _appointment(pk)
            roster = _roster_of(appointment)
            people = [a.participant for a in roster]
            return Matter(
                _appointment_facts(appointment, roster, is_moving=is_moving),
                appointment.practitioner,
                _recipient_in(people, delivery),
                appointment=appointment,
            )
        case "request":
            request = _requests().get(pk=pk)
            people = _people_of(request)
            facts = _request_facts(request, people, is_for_plan=False)
            return Matter(facts, request.practitioner, _recipient_in(people, delivery))
        case "alert":
            alert = alerts.alert(pk)
            facts = alerts.alert_facts(alert, delivery=delivery)
            return Matter(facts, alert.request.practitioner, None)
        case "participant":
            request = _requests().get(participants=pk)
            people = _people_of(request)
            about = _request_facts(request, people, is_for_plan=False)
            facts = _person_facts(about, pk)
            return Matter(facts, request.practitioner, _recipient_in(people, delivery))
    return _matter_of_several(delivery)


def _matter_of_several(delivery: Delivery) -> Matter:
    """As `matter_of`, for a series, a seat or a group."""
    pk = delivery.subject_id
    dates = several.dates_told(delivery)
    first = dates[0] if dates else None
    facts: Facts
    request_id: UUID | None = None
    match delivery.subject_type:
        case "series":
            row = several.series(pk)
            facts, people = several.series_facts(pk), several.people_of_series(pk)
            practitioner, request_id = row.request.practitioner, row.request_id
        case "seat":
            place = several.seat(pk)
            facts, people = several.seat_facts(place), _people_of(place.request)
            practitioner, request_id = place.cohort.practitioner, place.request_id
        case "cohort":
            group = several.cohort(pk)
            facts, people = several.cohort_facts(group), several.members_of(group)
            practitioner = group.practitioner
        case other:
            raise ValueError(f"a delivery about a {other}")
    who = _recipient_in(people, delivery)
    return Matter(facts, practitioner, who, None, first, dates, request_id)


def _recipient_in(people: Iterable[Participant], delivery: Delivery) -> Participant | None:
    return next((p for p in people if p.id == delivery.participant_id), None)


def _facts_of_person(participant_id: UUID, *, now: datetime) -> Sequence[Facts]:
    request = _requests().get(participants=participant_id)
    upcoming = Attendance.objects.filter(
        participant_id=participant_id,
        appointment__state=AppointmentState.BOOKED,
        appointment__starts_at__gt=now,
    )
    ids = upcoming.order_by("appointment_id").values_list("appointment_id", flat=True)
    series = upcoming.filter(appointment__series__isnull=False).order_by("appointment__series")
    facts = _request_facts(request, _people_of(request))
    return [
        facts,
        _person_facts(facts, participant_id),
        *[_appointment_by_id(appointment_id) for appointment_id in ids],
        *[
            several.series_facts(series_id)
            for series_id in series.values_list("appointment__series", flat=True).distinct()
        ],
    ]


def _person_facts(facts: RequestFacts, participant_id: UUID) -> PersonFacts:
    (somebody,) = [p for p in facts.people if p.id == participant_id]
    return own.person_facts(somebody, is_live=facts.is_live)


def _requests() -> QuerySet[Request]:
    return Request.objects.select_related("practitioner", "waiting", "poll")


def _links() -> QuerySet[PrivateLink]:
    return PrivateLink.objects.select_related(
        "participant__request__practitioner",
        "participant__request__waiting",
        "participant__request__poll",
    )


def _appointment(appointment_id: UUID) -> tuple[Appointment, bool]:
    """An appointment, and whether another time is being looked for."""
    open_moves = Move.objects.filter(appointment=OuterRef("pk"), closed_at__isnull=True)
    appointment = (
        Appointment.objects.select_related("service", "practitioner")
        .annotate(has_open_move=Exists(open_moves))
        .get(pk=appointment_id)
    )
    return appointment, appointment.has_open_move


def _people_of(request: Request) -> Sequence[Participant]:
    return list(request.participants.select_related("answer_sheet"))


def _roster_of(appointment: Appointment) -> Sequence[Attendance]:
    roster = appointment.attendances.select_related("participant__answer_sheet")
    return list(roster.order_by("pk"))


def _link_facts(link: PrivateLink, request: RequestFacts) -> LinkFacts:
    return LinkFacts(
        id=link.id,
        participant_id=link.participant_id,
        is_live=link.revoked_at is None,
        request=request,
    )


def _request_facts(
    request: Request,
    participants: Collection[Participant],
    *,
    is_for_plan: bool = True,
    change: Change | None = None,
) -> RequestFacts:
    is_proposed = request.state == RequestState.PROPOSED
    held = list(proposed_times(request).order_by("starts_at")) if is_proposed else []
    poll = getattr(request, "poll", None)
    waiting = getattr(request, "waiting", None)
    invited = _invited_at(participants) if is_for_plan else {}
    answered = _answered(held) if is_proposed else set()
    return RequestFacts(
        id=request.id,
        state=request.state,
        revision=request.revision,
        practitioner=recipient(request.practitioner),
        people=[
            person(
                p,
                invited_at=invited.get(p.id),
                answered=p.id in answered,
                has_voted=poll is None or p.voted_round >= poll.round,
            )
            for p in participants
        ],
        expires_at=request.expires_at,
        verified_at=request.verified_at,
        hold_ends_at=request.hold_ends_at,
        times_until=request.hold_ends_at if is_proposed else None,
        first_start=held[0].starts_at if held else None,
        told_with_apology=_is_told_with_apology(request, change),
        is_waiting=waiting is not None and waiting.left_at is None,
        asked_at=_asked_again_at(request) if is_for_plan and poll and poll.round > 1 else None,
    )


def proposed_times(request: Request) -> QuerySet[Appointment]:
    """What is held for everybody's answer; what one person suggests is nobody else's to see."""
    return request.appointments.filter(state=AppointmentState.HELD, suggested_by__isnull=True)


def _asked_again_at(request: Request) -> datetime | None:
    """When everybody was last asked anew when they can."""
    asked = Change.objects.filter(
        kind="poll_reopened", subject_type="request", subject_id=request.id
    )
    return asked.order_by("-pk").values_list("occurred_at", flat=True).first()


def _is_told_with_apology(request: Request, change: Change | None) -> bool:
    """Whether the times of this proposal stand in the message about a cancelled appointment."""
    return (
        change is not None
        and change.kind == "request_proposed"
        and Change.objects.filter(
            kind="appointment_cancelled",
            subject_type="appointment",
            subject_id__in=request.appointments.values("pk"),
            occurred_at=change.occurred_at,
        ).exists()
    )


def _invited_at(participants: Iterable[Participant]) -> dict[UUID, datetime]:
    """When each person was first written to at the address that stands for them now."""
    invited = [
        p
        for p in participants
        if p.route == Participant.Route.EMAIL and p.joined_at is None and p.email
    ]
    if not invited:
        return {}
    rows = (
        PrivateLink.objects.filter(
            participant__in=invited, is_handover=False, revoked_at__isnull=True
        )
        .values_list("participant_id", "address")
        .annotate(first=Min("created_at"))
    )
    addresses = {p.id: p.email for p in invited}
    return {pid: first for pid, address, first in rows if addresses[pid] == address}


def _answered(held: Sequence[Appointment]) -> set[UUID]:
    """The people who said yes or no to every one of these times."""
    answers: dict[UUID, set[UUID]] = {}
    rows = TimeAnswer.objects.filter(appointment__in=held)
    for participant_id, appointment_id in rows.values_list("participant_id", "appointment_id"):
        answers.setdefault(participant_id, set()).add(appointment_id)
    wanted = {a.id for a in held}
    return {person for person, told in answers.items() if wanted and told >= wanted}


def _appointment_by_id(appointment_id: UUID, *, change: Change | None = None) -> AppointmentFacts:
    appointment, is_moving = _appointment(appointment_id)
    roster = _roster_of(appointment)
    return _appointment_facts(appointment, roster, is_moving=is_moving, change=change)


def _appointment_facts(
    appointment: Appointment,
    roster: Iterable[Attendance],
    *,
    is_moving: bool,
    change: Change | None = None,
) -> AppointmentFacts:
    with_entry: set[UUID] = set()
    around: Iterable[Change] = ()
    if change is not None:
        with_entry = _with_entry(appointment.id)
        around = Change.objects.filter(
            Q(pk__gt=change.pk) | Q(occurred_at__gt=change.occurred_at - SOON),
            subject_type="appointment",
            subject_id=appointment.id,
        ).order_by("pk")
    return AppointmentFacts(
        id=appointment.id,
        state=appointment.state,
        revision=appointment.revision,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        practitioner=recipient(appointment.practitioner),
        people=[
            person(a.participant, comes=a.left_at is None, has_file=a.participant_id in with_entry)
            for a in roster
        ],
        reminder_minutes=appointment.service.reminder_minutes,
        has_open_move=is_moving,
        later_kinds=frozenset(c.kind for c in around if change and c.pk > change.pk),
        recent_starts=[
            datetime.fromisoformat(c.snapshot["from"])
            for c in around
            if change and c.pk <= change.pk and c.kind == "appointment_moved"
        ],
        is_of_group=appointment.cohort_id is not None,
    )


def _with_entry(appointment_id: UUID) -> set[UUID]:
    """The people in whose calendar an entry of this appointment may stand."""
    rows = (
        Delivery.objects.filter(POSSIBLY_SENT, invite__attendance__appointment_id=appointment_id)
        .order_by("sequence")
        .values_list("participant_id", "method")
    )
    last = dict(rows)
    return {person for person, method in last.items() if method == "REQUEST"}
