"""What deliveries are about, read just before they are sent: many of them in a few queries."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from django.db.models import F

from booking.models import Appointment, Participant, PrivateLink
from booking.operations import links
from notifications.domain.facts import Facts
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from notifications.queries import alerts, own, several
from notifications.queries.facts import (
    appointment_facts,
    around_appointments,
    link_facts,
    links_with_requests,
    people_of,
    people_of_all,
    person_facts,
    request_facts,
    requests_to_tell,
)
from notifications.queries.rosters import appointments_with_roster
from practice.models import Practitioner


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
    #: The newest way in that the recipient has, unless the message is about one.
    way_in: PrivateLink | None = None


def matters_of(deliveries: Sequence[Delivery]) -> dict[UUID, Matter]:
    """How things stand for each of these deliveries, in as few queries as that takes.

    Without what only a plan needs, such as when somebody was invited. Raises `LookupError` for one
    whose subject is gone.
    """
    matters: dict[UUID, Matter] = {}
    for subject_type, together in _TOGETHER.items():
        rows = [d for d in deliveries if d.subject_type == subject_type]
        if rows:
            matters |= together(rows)
    matters |= {d.pk: _alone(d) for d in deliveries if d.pk not in matters}
    ways = ways_in({m.participant.id for m in matters.values() if m.participant and not m.link})
    return {
        pk: replace(m, way_in=ways.get(m.participant.id)) if m.participant else m
        for pk, m in matters.items()
    }


def ways_in(participant_ids: Collection[UUID]) -> dict[UUID, PrivateLink]:
    """The newest way in that each of these people has.

    Only links to the address that messages go to: the code of a link that was sent elsewhere
    would prove the wrong address.
    """
    newest = PrivateLink.objects.filter(
        participant__in=participant_ids,
        address=F("participant__email"),
        is_handover=False,
        revoked_at__isnull=True,
        wrong_tries__lt=links.WRONG_TRIES_MAX,
    )
    rows = newest.order_by("participant_id", "-created_at").distinct("participant_id")
    return {link.participant_id: link for link in rows} if participant_ids else {}


def _about_appointments(deliveries: Sequence[Delivery]) -> Mapping[UUID, Matter]:
    found = appointments_with_roster({d.subject_id for d in deliveries})
    around = around_appointments([about.appointment for about in found.values()])
    facts = {pk: appointment_facts(about, around=around) for pk, about in found.items()}
    matters = {}
    for delivery in deliveries:
        if delivery.subject_id in found:
            about = found[delivery.subject_id]
            matters[delivery.pk] = Matter(
                facts[delivery.subject_id],
                about.appointment.practitioner,
                _recipient_in((a.participant for a in about.roster), delivery),
                appointment=about.appointment,
            )
    return matters


def _about_requests(deliveries: Sequence[Delivery]) -> Mapping[UUID, Matter]:
    ids = {d.subject_id for d in deliveries}
    requests = {r.pk: r for r in requests_to_tell().filter(pk__in=ids)}
    people = people_of_all(requests.values())
    facts = {
        pk: request_facts(request, people[pk], is_for_plan=False)
        for pk, request in requests.items()
    }
    return {
        d.pk: Matter(
            facts[d.subject_id],
            requests[d.subject_id].practitioner,
            _recipient_in(people[d.subject_id], d),
            dates=several.dates_told(d) if d.kind == Kind.UPCOMING_DATES else (),
        )
        for d in deliveries
        if d.subject_id in requests
    }


def _about_links(deliveries: Sequence[Delivery]) -> Mapping[UUID, Matter]:
    ids = {d.subject_id for d in deliveries}
    found = {link.pk: link for link in links_with_requests().filter(pk__in=ids)}
    requests = {link.participant.request_id: link.participant.request for link in found.values()}
    people = people_of_all(requests.values())
    about = {
        pk: request_facts(request, people[pk], is_for_plan=False)
        for pk, request in requests.items()
    }
    matters = {}
    for delivery in deliveries:
        link = found.get(delivery.subject_id)
        if link is not None:
            request = link.participant.request
            matters[delivery.pk] = Matter(
                link_facts(link, about[request.pk]),
                request.practitioner,
                _recipient_in(people[request.pk], delivery),
                link=link,
            )
    return matters


def _alone(delivery: Delivery) -> Matter:
    """What there is little of: read one by one."""
    pk = delivery.subject_id
    match delivery.subject_type:
        case "alert":
            alert = alerts.alert(pk)
            facts: Facts = alerts.alert_facts(alert, delivery=delivery)
            return Matter(facts, alert.request.practitioner, None)
        case "participant":
            request = requests_to_tell().get(participants=pk)
            people = people_of(request)
            about = request_facts(request, people, is_for_plan=False)
            who = _recipient_in(people, delivery)
            return Matter(person_facts(about, pk), request.practitioner, who)
        case "practitioner":
            row = own.practitioner(pk)
            day = date.fromisoformat(delivery.change.snapshot["day"])
            return Matter(own.day_facts(row, day), row, None)
        case "appointment" | "request" | "link" as gone:
            raise LookupError(f"the {gone} is gone")
    return _about_several(delivery)


def _about_several(delivery: Delivery) -> Matter:
    """A series, a seat or a group."""
    pk = delivery.subject_id
    dates = several.dates_told(delivery)
    first = dates[0] if dates else None
    facts: Facts
    request_id: UUID | None = None
    people: Sequence[Participant]
    match delivery.subject_type:
        case "series":
            row = several.series(pk)
            facts, people = several.series_facts(pk), several.people_of_series(pk)
            practitioner, request_id = row.request.practitioner, row.request_id
        case "seat":
            place = several.seat(pk)
            facts, people = several.seat_facts(place), people_of(place.request)
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


_TOGETHER: Mapping[str, Callable[[Sequence[Delivery]], Mapping[UUID, Matter]]] = {
    "appointment": _about_appointments,
    "request": _about_requests,
    "link": _about_links,
}
