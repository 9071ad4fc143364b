"""The rows that a plan depends on, copied into plain facts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Min, Q, QuerySet

from booking.domain.states import AppointmentState, RequestState, SeatState
from booking.models import (
    Appointment,
    Participant,
    Poll,
    PrivateLink,
    Request,
    TimeAnswer,
)
from notifications.domain.facts import (
    AppointmentFacts,
    ChangeFacts,
    LinkFacts,
    PersonFacts,
    RequestFacts,
)
from notifications.domain.quiet import SOON
from notifications.models import Delivery
from notifications.queries import afterwards, own, several
from notifications.queries.afterwards import Aftermath
from notifications.queries.heard import POSSIBLY_SENT, untold
from notifications.queries.persons import person, recipient
from notifications.queries.rosters import WithRoster
from practice.models import Change

_OVER = (AppointmentState.FULFILLED, AppointmentState.NO_SHOW)
_PROPOSED = "request_proposed"


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


def person_facts(facts: RequestFacts, participant_id: UUID) -> PersonFacts:
    """One person of a request, as messages about them alone see them."""
    (somebody,) = [p for p in facts.people if p.id == participant_id]
    return own.person_facts(somebody, is_live=facts.is_live)


def requests_to_tell() -> QuerySet[Request]:
    """Requests with all that their facts come from."""
    return Request.objects.select_related("practitioner", "waiting", "poll", "seat")


def links_with_requests() -> QuerySet[PrivateLink]:
    """Links with their requests, and all that those facts come from."""
    return PrivateLink.objects.select_related(
        "participant__request__practitioner",
        "participant__request__waiting",
        "participant__request__poll",
        "participant__request__seat",
    )


def people_of(request: Request) -> Sequence[Participant]:
    """Everybody of a request, with what they answered into their profile."""
    return people_of_all([request])[request.pk]


def people_of_all(requests: Iterable[Request]) -> dict[UUID, list[Participant]]:
    """The same for many requests: one query."""
    by_id = {request.pk: request for request in requests}
    people: dict[UUID, list[Participant]] = {pk: [] for pk in by_id}
    rows = Participant.objects.select_related("answer_sheet").filter(request__in=by_id)
    for participant in rows:
        participant.request = by_id[participant.request_id]
        people[participant.request_id].append(participant)
    return people


def link_facts(link: PrivateLink, request: RequestFacts) -> LinkFacts:
    """A link, as messages about it see it."""
    return LinkFacts(
        id=link.id,
        participant_id=link.participant_id,
        is_live=link.revoked_at is None,
        request=request,
    )


@dataclass(frozen=True, slots=True)
class AroundRequests:
    """What stands around requests: by their ids, `invited_at` by that of the person.

    `held`: the times that are proposed, earliest first. `answered`: who said yes or no to each of
    them. `asked_at`: when everybody was last asked anew when they can.
    """

    held: Mapping[UUID, Sequence[Appointment]]
    answered: Mapping[UUID, Collection[UUID]]
    asked_at: Mapping[UUID, datetime]
    invited_at: Mapping[UUID, datetime]


def around_requests(
    requests: Collection[Request], people: Iterable[Participant], *, is_for_plan: bool = True
) -> AroundRequests:
    """What stands around these requests: four queries at most, however many there are."""
    proposed = [r.pk for r in requests if r.state == RequestState.PROPOSED]
    held: dict[UUID, list[Appointment]] = {pk: [] for pk in proposed}
    for time in _proposed(proposed).order_by("starts_at") if proposed else ():
        if time.request_id is not None:
            held[time.request_id].append(time)
    asked_anew = [
        r.pk for r in requests if is_for_plan and (poll := _poll(r)) is not None and poll.round > 1
    ]
    return AroundRequests(
        held=held,
        answered=_answered(held),
        asked_at=_asked_again_at(asked_anew),
        invited_at=_invited_at(people) if is_for_plan else {},
    )


def request_facts(
    request: Request,
    participants: Collection[Participant],
    *,
    is_for_plan: bool = True,
    around: AroundRequests | None = None,
) -> RequestFacts:
    """A request as messages see it; with `is_for_plan` also when people were asked."""
    around = around or around_requests([request], participants, is_for_plan=is_for_plan)
    is_proposed = request.state == RequestState.PROPOSED
    held = around.held.get(request.pk, ())
    answered = around.answered.get(request.pk, ())
    poll = _poll(request)
    waiting = getattr(request, "waiting", None)
    seat = getattr(request, "seat", None)
    return RequestFacts(
        id=request.id,
        state=request.state,
        revision=request.revision,
        practitioner=recipient(request.practitioner),
        people=[
            person(
                p,
                invited_at=around.invited_at.get(p.id),
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
        is_waiting=(waiting is not None and waiting.left_at is None)
        or (seat is not None and seat.state == SeatState.WAITING),
        asked_at=around.asked_at.get(request.pk),
    )


def proposed_times(request: Request) -> QuerySet[Appointment]:
    """What is held for everybody's answer; what one person suggests is nobody else's to see."""
    return _proposed([request.pk])


def _proposed(request_ids: Collection[UUID]) -> QuerySet[Appointment]:
    return Appointment.objects.filter(
        request__in=request_ids, state=AppointmentState.HELD, suggested_by__isnull=True
    )


def _poll(request: Request) -> Poll | None:
    poll: Poll | None = getattr(request, "poll", None)
    return poll


def _asked_again_at(request_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When everybody was last asked anew when they can."""
    if not request_ids:
        return {}
    asked = Change.objects.filter(
        kind="poll_reopened", subject_type="request", subject_id__in=request_ids
    )
    return dict(asked.order_by("pk").values_list("subject_id", "occurred_at"))


def told_with_apology(changes: Iterable[Change]) -> set[int]:
    """The changes whose times stand in the message about a cancelled appointment: two queries."""
    proposals = {c.pk: (c.subject_id, c.occurred_at) for c in changes if c.kind == _PROPOSED}
    if not proposals:
        return set()
    dates = Appointment.objects.filter(request__in={pk for pk, _ in proposals.values()})
    of_request = dict(dates.values_list("pk", "request_id"))
    cancelled = Change.objects.filter(
        kind="appointment_cancelled",
        subject_type="appointment",
        subject_id__in=of_request,
        occurred_at__in={at for _, at in proposals.values()},
    )
    told = {(of_request[pk], at) for pk, at in cancelled.values_list("subject_id", "occurred_at")}
    return {pk for pk, proposal in proposals.items() if proposal in told}


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


def _answered(held: Mapping[UUID, Sequence[Appointment]]) -> dict[UUID, set[UUID]]:
    """The people who said yes or no to every one of these times, by request."""
    of_request = {time.pk: pk for pk, times in held.items() for time in times}
    if not of_request:
        return {}
    told: dict[UUID, dict[UUID, int]] = {pk: {} for pk in held}
    rows = TimeAnswer.objects.filter(appointment__in=of_request)
    for who, time in rows.values_list("participant_id", "appointment_id"):
        counts = told[of_request[time]]
        counts[who] = counts.get(who, 0) + 1
    return {
        pk: {who for who, number in counts.items() if number == len(held[pk])}
        for pk, counts in told.items()
    }


@dataclass(frozen=True, slots=True)
class AroundAppointments:
    """What stands around appointments, by their ids; `begins_at` by that of the group.

    `with_entry`: the people in whose calendar an entry may stand. `untold`: those who were to hear
    that it is booked, and have not. `journal`: what was written of
    it lately, oldest first.
    """

    aftermaths: Mapping[UUID, Aftermath]
    with_entry: Mapping[UUID, Collection[UUID]] = field(default_factory=dict)
    untold: Mapping[UUID, Collection[UUID]] = field(default_factory=dict)
    journal: Mapping[UUID, Sequence[Change]] = field(default_factory=dict)
    begins_at: Mapping[UUID, datetime | None] = field(default_factory=dict)


def around_appointments(
    appointments: Collection[Appointment],
    changes: Collection[Change] = (),
    readdressed: Collection[UUID] = (),
) -> AroundAppointments:
    """What stands around these appointments: eleven queries at most, however many there are.

    With the changes that are to be planned also what the journal says around them, and whose
    calendar holds an entry; the latter also where somebody is `readdressed`.
    """
    over = [a for a in appointments if a.state in _OVER]
    aftermaths = afterwards.aftermaths(over)
    if not changes:
        with_entry = _with_entry(readdressed) if readdressed else {}
        return AroundAppointments(aftermaths, with_entry=with_entry)
    changed = {c.subject_id for c in changes}
    groups = {a.cohort_id for a in appointments if a.cohort_id is not None and a.pk in changed}
    journal = _journal(changes)
    return AroundAppointments(
        aftermaths,
        with_entry=_with_entry({*changed, *readdressed}),
        untold=untold(changes, journal),
        journal=journal,
        begins_at=several.begin_at(groups),
    )


def _journal(changes: Collection[Change]) -> dict[UUID, list[Change]]:
    """What the journal says of these subjects from shortly before the first change on."""
    found: dict[UUID, list[Change]] = {c.subject_id: [] for c in changes}
    rows = Change.objects.filter(
        Q(pk__gt=min(c.pk for c in changes))
        | Q(occurred_at__gt=min(c.occurred_at for c in changes) - SOON),
        subject_type="appointment",
        subject_id__in=found,
    )
    for row in rows.order_by("pk"):
        found[row.subject_id].append(row)
    return found


def appointment_facts(
    found: WithRoster,
    *,
    change: Change | None = None,
    around: AroundAppointments | None = None,
) -> AppointmentFacts:
    """An appointment as messages see it; with the change also what stands around it."""
    appointment = found.appointment
    if around is None:
        around = around_appointments([appointment], [change] if change else ())
    after = around.aftermaths.get(appointment.pk, Aftermath())
    with_entry = around.with_entry.get(appointment.pk, ())
    rows = around.journal.get(appointment.pk, ()) if change else ()
    return AppointmentFacts(
        id=appointment.id,
        state=appointment.state,
        revision=appointment.revision,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        practitioner=recipient(appointment.practitioner),
        people=[
            person(a.participant, comes=a.left_at is None, has_file=a.participant.id in with_entry)
            for a in found.roster
        ],
        reminder_minutes=appointment.service.reminder_minutes,
        has_open_move=found.is_moving,
        later_kinds=frozenset(c.kind for c in rows if change and c.pk > change.pk),
        recent_starts=[
            datetime.fromisoformat(c.snapshot["from"])
            for c in rows
            if change
            and c.pk <= change.pk
            and c.kind == "appointment_moved"
            and c.occurred_at > change.occurred_at - SOON
        ],
        untold=frozenset(around.untold.get(appointment.pk, ()) if change else ()),
        is_of_group=appointment.cohort_id is not None,
        opens_group=change is not None
        and appointment.cohort_id is not None
        and around.begins_at.get(appointment.cohort_id) == appointment.starts_at,
        is_for_seat=found.is_for_seat,
        had_alert=after.had_alert,
        absent=after.absent,
        came_back=after.came_back,
        third_of=after.thirds.of,
        answered_of=after.thirds.answered,
    )


def _with_entry(appointment_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """The people in whose calendar an entry of each of these appointments may stand."""
    rows = (
        Delivery.objects.filter(POSSIBLY_SENT, invite__attendance__appointment__in=appointment_ids)
        .order_by("sequence")
        .values_list("invite__attendance__appointment_id", "participant_id", "method")
    )
    last = {(pk, who): method for pk, who, method in rows}
    found: dict[UUID, set[UUID]] = {}
    for (pk, who), method in last.items():
        if method == "REQUEST" and who is not None:
            found.setdefault(pk, set()).add(who)
    return found
