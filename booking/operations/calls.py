"""A client called: the practitioner books for them."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from booking.domain import times
from booking.domain.asking import Offer, location_allowed
from booking.domain.refusals import InvalidRequest, Problem
from booking.domain.states import RequestState
from booking.models import Participant, Request, TimeAnswer
from booking.operations import calendar, offering
from booking.operations.asking import seal_request
from booking.operations.calendar import takes_time
from booking.operations.issuing import issue_link
from booking.operations.requests import hold_policy, offer_of
from booking.queries import calendar as calendar_queries
from practice.domain.wall import UnknownZone, zone
from practice.models import Practice, RelationshipType, Service
from practice.operations import journal


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody on the phone, or named by them. Without an address their forms are on paper."""

    name: str
    email: str = ""
    phone: str = ""
    shared_mailbox: str = Participant.SharedMailbox.UNSURE


@takes_time
def book_for_caller(
    *,
    practitioner_id: UUID,
    service_id: UUID,
    starts_at: datetime,
    people: Sequence[Caller],
    modality: str,
    country: str,
    region: str,
    time_zone: str,
    forms_on_paper: bool,
    now: datetime,
) -> Request:
    """Enter a request that was made on the phone, with the Confirm already pressed.

    With everyone's forms on paper the appointment is booked at once. Otherwise the time is
    held, each person gets their private link, and it is booked when everyone has finished:
    the gate is the same for a call. Raises `SlotTaken`, `InvalidRequest`.
    """
    practitioner = calendar.lock_practitioner(practitioner_id)
    service = Service.objects.get(pk=service_id, practitioners=practitioner)
    people = [
        Caller(p.name.strip(), p.email.strip().lower(), p.phone.strip(), p.shared_mailbox)
        for p in people
    ]
    practice = Practice.objects.get()
    problems = [
        *_people_problems(service, people, forms_on_paper, offer_of(service, practice).people_max),
        *_session_problems(
            offer_of(service, practice), starts_at, modality, (country, region), time_zone, now=now
        ),
    ]
    if problems:
        raise InvalidRequest(problems)
    calendar.release_lapsed(practitioner_id, now=now)
    offer = calendar_queries.own_choice(practitioner, service)
    calendar.check_open(offer, [starts_at], now=now)
    request = Request(
        relationship_type=service.relationship_type,
        service=service,
        practitioner=practitioner,
        # With everything on paper nobody has anything left to do.
        state=RequestState.READY if forms_on_paper else RequestState.GATHERING,
        modality=modality,
        time_zone=time_zone,
        country=country,
        region=region,
        origin=Request.Origin.PRACTITIONER,
        wanted_starts=[starts_at.isoformat()],
        created_at=now,
        verified_at=now,
        expires_at=now + timedelta(days=practice.gathering_days),
        confirm_when_ready=True,
    )
    request.topics_sealed = seal_request(request, "topics", json.dumps([]))
    request.words_sealed = seal_request(request, "words", "")
    until = times.held_until(
        now, hold_policy(practice), people=len(people), starts_at=starts_at, notice_minutes=0
    )
    request.hold_ends_at = until
    request.save(force_insert=True)
    actor = journal.practitioner(practitioner_id)
    participants = Participant.objects.bulk_create(
        Participant(
            request=request,
            position=position,
            is_requester=position == 0,
            label=person.name,
            chosen_name=person.name,
            email=person.email,
            phone=person.phone,
            shared_mailbox=person.shared_mailbox,
            agreed=True,
            route=Participant.Route.CALL,
            time_zone=time_zone,
            joined_at=now if position == 0 or forms_on_paper else None,
            # The practitioner vouches for an address that was read out on the phone.
            verified_at=now if person.email and forms_on_paper else None,
            cleared_at=now if forms_on_paper else None,
            forms_on_paper=forms_on_paper,
        )
        for position, person in enumerate(people)
    )
    held = calendar.hold(request, [starts_at], claim=uuid.uuid4(), held_until=until, now=now)
    TimeAnswer.objects.bulk_create(
        TimeAnswer(appointment=held[0], participant=person, accepts=True, answered_at=now)
        for person in participants
        if person.joined_at is not None
    )
    journal.note(
        kind="request_entered",
        subject_type="request",
        subject_id=request.id,
        actor=actor,
        at=now,
        snapshot={"forms_on_paper": forms_on_paper},
    )
    if not forms_on_paper:
        for person in participants:
            issue_link(person, address=person.email, purpose="call", actor=actor, now=now)
        return request
    for person in participants:
        if person.email:  # no message of its own: what tells that it is booked carries it
            issue_link(person, address=person.email, purpose="paper", actor=actor, now=now)
    offering.book(request, held[0], actor=actor, now=now)
    return request


def _session_problems(
    offer: Offer,
    starts_at: datetime,
    modality: str,
    location: tuple[str, str],
    time_zone: str,
    *,
    now: datetime,
) -> list[Problem]:
    found: list[Problem] = []
    if starts_at <= now:
        found.append(Problem("starts_at", "time_passed", "That time has passed."))
    if modality not in offer.modalities:
        found.append(
            Problem("modality", "modality_not_offered", "Please choose one of the ways to meet.")
        )
    if not location_allowed(*location, offer.locations):
        found.append(
            Problem(
                "location",
                "location_not_served",
                "Sessions are possible for people who are in: %(places)s.",
                {"places": "; ".join(offer.location_labels)},
            )
        )
    try:
        zone(time_zone)
    except UnknownZone:
        found.append(Problem("time_zone", "unknown_zone", "Please choose a time zone."))
    return found


def _people_problems(
    service: Service, people: Sequence[Caller], forms_on_paper: bool, people_max: int
) -> list[Problem]:
    found: list[Problem] = []
    several = service.relationship_type in (
        RelationshipType.COUPLE,
        RelationshipType.NON_MONOGAMOUS,
    )
    if not people or (not several and len(people) != 1):
        found.append(Problem("people", "one_person", "This session is for one person."))
    if service.relationship_type == RelationshipType.COUPLE and len(people) != 2:
        found.append(Problem("people", "exactly_two", "This session is for two people."))
    addresses = [p.email for p in people if p.email]
    if len(set(addresses)) < len(addresses):
        found.append(
            Problem("people", "address_in_use", "Each person needs an address of their own.")
        )
    for index, person in enumerate(people):
        if not person.name:
            found.append(Problem(f"people.{index}.name", "required", "Please write a name."))
        if not person.email and not forms_on_paper:
            found.append(
                Problem(
                    f"people.{index}.email",
                    "required",
                    "Their forms go there. Without an address, have the forms on paper.",
                )
            )
    if len(people) > people_max:
        found.append(
            Problem(
                "people",
                "too_many_people",
                "At most %(count)s people can attend this session.",
                {"count": people_max},
            )
        )
    return found
