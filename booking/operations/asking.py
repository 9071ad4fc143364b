"""What a request begins as: the group it names, its own row, its people, what is held for it."""

import json
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Model

from booking.domain.asking import Asking
from booking.domain.refusals import Problem
from booking.domain.states import RequestState
from booking.domain.together import asked_days
from booking.models import Appointment, Cohort, Participant, Poll, PrivateLink, Request
from booking.operations import calendar, issuing
from booking.queries.asking import Unverified
from booking.queries.calendar import Bookable
from booking.queries.groups import open_groups
from practice.models import Practice, Practitioner, Service
from practice.operations import journal
from practice.rows import new
from practice.sealing import seal

#: How long an unverified request is kept before the sweep expires it.
_UNVERIFIED_LIFE = timedelta(hours=24)


def group_asked_for(asking: Asking, *, now: datetime) -> Cohort | None:
    if not asking.cohort:
        return None
    return (
        open_groups(now)
        .select_related("practitioner", "call_service")
        .filter(slug=asking.cohort)
        .first()
    )


def group_problems(asking: Asking, cohort: Cohort | None) -> list[Problem]:
    if not asking.cohort:
        return []
    if cohort is None:
        return [
            Problem("cohort", "unknown_group", "Please choose one of the groups that are open.")
        ]
    found = []
    if asking.service != cohort.call_service.slug:
        found.append(
            Problem("service", "not_its_call", "Please choose the call that goes with this group.")
        )
    if asking.practitioner != cohort.practitioner.slug:
        found.append(
            Problem("practitioner", "not_its_practitioner", "Somebody else leads this group.")
        )
    return found


def new_request(
    asking: Asking, practitioner: Practitioner, service: Service, *, origin: str, now: datetime
) -> Request:
    """The request that was asked for, its free text sealed."""
    request = new(
        Request,
        relationship_type=asking.relationship_type,
        service=service,
        practitioner=practitioner,
        state=RequestState.RECEIVED,
        modality=asking.modality,
        time_zone=asking.time_zone,
        country=asking.country,
        region=asking.region,
        cadence=asking.cadence,
        article_slug=asking.article,
        origin=origin,
        find_together=asking.find_together,
        wanted_starts=[t.isoformat() for t in asking.times],
        expires_at=now + _UNVERIFIED_LIFE,
        created_at=now,
    )
    request.topics_sealed = seal_request(request, "topics", json.dumps(list(asking.topics)))
    request.words_sealed = seal_request(request, "words", asking.words)
    return request


def seal_request(request: Request, field: str, text: str) -> bytes:
    """Encrypt a request's free text for its own row."""
    return seal(text, label="request", row=request.id, field=field)


def new_people(request: Request, asking: Asking) -> Sequence[Participant]:
    """Everyone named in it, the requester first."""
    name = asking.requester.name.strip()
    requester = new(
        Participant,
        request=request,
        position=0,
        is_requester=True,
        label=name,
        chosen_name=name,
        pronouns=asking.requester.pronouns.strip(),
        email=asking.requester.email,
        agreed=True,
        route=Participant.Route.SELF,
        time_zone=asking.time_zone,
    )
    others = [
        new(
            Participant,
            request=request,
            position=position,
            label=person.label.strip(),
            attends=person.attends,
            agreed=person.agreed,
            route=person.route if person.attends != "no" else Participant.Route.LINK,
            invited_as=person.invited_as,
            email=person.email if person.route == Participant.Route.EMAIL else "",
            time_zone=asking.time_zone,
        )
        for position, person in enumerate(asking.others, start=1)
    ]
    return [requester, *others]


def write(
    request: Request,
    people: Sequence[Participant],
    asking: Asking,
    *,
    held_until: datetime | None,
    wants_no_mail: bool,
    now: datetime,
) -> None:
    """Insert what every request consists of, as one statement: others wait for the lock."""
    requester = people[0]
    actor = journal.client(requester.id)
    received = journal.change(
        kind="request_received",
        subject_type="request",
        subject_id=request.id,
        actor=actor,
        at=now,
    )
    rows: dict[type[Model], Sequence[Model]] = {Request: [request], Participant: people}
    changes = [received]
    if held_until is not None:
        # Only the first choice before the address is verified.
        rows[Appointment] = calendar.new_holds(
            request, asking.times[:1], claim=uuid.uuid4(), held_until=held_until, now=now
        )
    if not wants_no_mail:
        link, issued = issuing.new_link(
            requester, address=requester.email, purpose="verify", actor=actor, now=now
        )
        rows[PrivateLink] = [link]
        changes.append(issued)
    journal.write(rows, changes=changes, told={"link_issued"})


def open_poll(request: Request, offer: Bookable, *, now: datetime) -> None:
    """Ask everyone when they can."""
    first, until = asked_days(
        now,
        offer.zone,
        notice_minutes=offer.rules.notice_minutes,
        horizon_days=offer.rules.horizon_days,
    )
    Poll.objects.create(request=request, first_date=first, until_date=until, opened_at=now)


def is_within_limits(held: Unverified, practice: Practice, network: bytes | None) -> bool:
    """Whether one more unverified hold is."""
    return (
        held.by_practitioner < practice.holds_per_practitioner
        and (network is None or held.by_network < practice.holds_per_network)
        and held.by_address < practice.holds_per_address
    )
