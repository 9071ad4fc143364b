"""Small builders that the tests share: a practice with hours, and requests made by operations.

Nothing here writes a state into a row: what an operation can bring about is brought about by
calling it. Every builder takes `now`; `NOW` is a quiet Monday for tests that choose their time,
and tests through HTTP, where the clock is real, pass `timezone.now()`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.db import transaction

from booking.domain.asking import Asking, OtherPerson, Requester
from booking.models import Appointment, Cohort, Decision, Participant, PrivateLink, Request, Seat
from booking.operations import (
    answers,
    cancellations,
    decisions,
    groups,
    links,
    participants,
    places,
    requests,
    together,
)
from booking.queries import calendar as calendar_queries
from booking.queries import people
from practice.domain.wall import local_date, zone
from practice.models import Practice, Practitioner, Service, User, WeeklyHours
from practice.operations.tokens import issue_token

#: Monday 12 October 2026, 11:00 in New York: three weeks before the clocks change there.
NOW = datetime(2026, 10, 12, 15, 0, tzinfo=UTC)

NEW_YORK = ZoneInfo("America/New_York")

PASSWORD = "correct horse battery"

#: Slug, relationship type, and the settings of `domain.md` 3.
SERVICES: Sequence[tuple[str, str, dict[str, Any]]] = (
    ("individual-call", "individual", {"duration_minutes": 20, "step_minutes": 30}),
    ("individual-50", "individual", {"duration_minutes": 50}),
    (
        "couple-80",
        "couple",
        {"duration_minutes": 80, "buffer_after_minutes": 20, "cancel_minutes": 48 * 60},
    ),
    (
        "constellation-80",
        "non_monogamous",
        {"duration_minutes": 80, "buffer_after_minutes": 30, "cancel_minutes": 48 * 60},
    ),
    (
        "constellation-110",
        "non_monogamous",
        {"duration_minutes": 110, "buffer_after_minutes": 30, "cancel_minutes": 48 * 60},
    ),
    (
        "group-call",
        "group",
        {"duration_minutes": 30, "cancel_minutes": 72 * 60, "is_call": True},
    ),
)

#: The service of each relationship type that builders choose by default.
USUAL = {
    "individual": "individual-50",
    "couple": "couple-80",
    "non_monogamous": "constellation-80",
    "group": "group-call",
}

_numbers = count(1)


@dataclass(frozen=True)
class Office:
    """A practice with one practitioner who can sign in, and services of every type."""

    practice: Practice
    practitioner: Practitioner
    services: dict[str, Service] = field(repr=False)

    def service(self, relationship_type: str) -> Service:
        return self.services[USUAL[relationship_type]]


def make_office(*, time_zone: str = "America/New_York", **practice_settings: Any) -> Office:
    """A practice that is open Monday to Friday, 09:00 to 13:00 and 14:00 to 18:00 in its zone.

    Limits on unverified holds per network and practitioner are lifted unless they are given.
    """
    generous = {"holds_per_network": 10_000, "holds_per_practitioner": 10_000}
    practice = Practice.objects.create(
        name="Willow Practice",
        office_name="Office",
        email="office@willow.test",
        phone="+1 212 555 0100",
        **{**generous, **practice_settings},
    )
    practitioner = make_practitioner(slug="morgan", time_zone=time_zone)
    services = {}
    for position, (slug, relationship_type, settings) in enumerate(SERVICES):
        service = Service.objects.create(
            slug=slug,
            name=slug.replace("-", " ").title(),
            relationship_type=relationship_type,
            position=position,
            **settings,
        )
        service.practitioners.add(practitioner)
        services[slug] = service
    return Office(practice, practitioner, services)


@cache
def _password_hash() -> str:
    """Hashed once: it is slow on purpose."""
    return make_password(PASSWORD)


def make_practitioner(*, slug: str, time_zone: str = "America/New_York") -> Practitioner:
    """Somebody with an account (password `PASSWORD`) and weekly hours, no services."""
    user = User.objects.create_user(email=f"{slug}@willow.test", password="correct horse battery")
    practitioner = Practitioner.objects.create(
        user=user,
        slug=slug,
        display_name=slug.title(),
        initials=slug[0].upper(),
        email=f"{slug}@willow.test",
        time_zone=time_zone,
        phone="+1 212 555 0101",
        video_url="https://video.example/room",
        address="1 Quiet Street, New York",
    )
    WeeklyHours.objects.bulk_create(
        WeeklyHours(
            practitioner=practitioner, weekday=weekday, opens_minute=opens, closes_minute=closes
        )
        for weekday in range(5)
        for opens, closes in ((9 * 60, 13 * 60), (14 * 60, 18 * 60))
    )
    return practitioner


def api_token(practitioner: Practitioner, *, now: datetime = NOW) -> str:
    """A key for the API."""
    return issue_token(practitioner=practitioner, name="tests", now=now)


def address(name: str = "person") -> str:
    """A new address."""
    return f"{name}.{next(_numbers)}@example.test"


def open_starts(
    office: Office, service: Service, *, now: datetime = NOW, days: int = 21
) -> list[datetime]:
    """The open starts of the next weeks, earliest first, in UTC."""
    today = local_date(now, zone(office.practitioner.time_zone))
    return calendar_queries.open_slots(
        calendar_queries.bookable(office.practitioner, service),
        first=today,
        end=today + timedelta(days=days),
        now=now,
    )


def partner(
    label: str = "Sam", *, attends: str = "yes", email: str | None = None, agreed: bool = True
) -> OtherPerson:
    """Somebody invited by e-mail; with `agreed=False` by a link to hand over; "no": mentioned."""
    if attends == "no":
        return OtherPerson(label=label, attends="no")
    if not agreed:
        return OtherPerson(label=label, attends=attends, route="link")
    return OtherPerson(
        label=label,
        attends=attends,
        agreed=True,
        route="email",
        email=email or address(label.lower()),
    )


def _usual_others(relationship_type: str) -> list[OtherPerson]:
    """Four are in a non-monogamous request: one invited by link, one only mentioned."""
    if relationship_type == "couple":
        return [partner("Sam")]
    if relationship_type == "non_monogamous":
        return [partner("Kai"), partner("Noor", agreed=False), partner("Jo", attends="no")]
    return []


def make_asking(
    office: Office, relationship_type: str = "individual", *, now: datetime = NOW, **changes: Any
) -> Asking:
    """A request as it arrives: nothing wrong with it, the second open time as its first choice.

    `changes` are fields of `Asking`; without `times` the calendar is asked for one.
    """
    slug = changes.get("service", USUAL.get(relationship_type, "individual-50"))
    if "times" not in changes:
        changes["times"] = open_starts(office, office.services[slug], now=now)[1:2]
    asking = Asking(
        relationship_type=relationship_type,
        service=slug,
        times=(),
        time_zone="America/Chicago",
        modality="video",
        country="US",
        region="NY",
        requester=Requester(name="Alex", email=address("alex")),
        practitioner=office.practitioner.slug,
        others=_usual_others(relationship_type),
        adult=True,
        not_emergency=True,
    )
    return replace(asking, **changes)


def submitted(
    office: Office, relationship_type: str = "individual", *, now: datetime = NOW, **changes: Any
) -> Request:
    """A request whose requester has not entered their code yet."""
    asking = make_asking(office, relationship_type, now=now, **changes)
    return requests.submit(asking=asking, now=now).request


def requester_of(request: Request) -> Participant:
    """The person who wrote first."""
    return Participant.objects.get(request_id=request.pk, is_requester=True)


def people_of(request: Request, *, attends: str = "yes") -> list[Participant]:
    """Who attends, in the order they were named."""
    return list(Participant.objects.filter(request_id=request.pk, attends=attends))


def link_of(participant: Participant) -> PrivateLink:
    """The newest link that lets somebody in with a code."""
    return PrivateLink.objects.filter(
        participant_id=participant.pk, is_handover=False, revoked_at__isnull=True
    ).latest("created_at")


def enter(participant: Participant, *, now: datetime = NOW) -> Participant:
    """Come in by one's link and code; a hand-over link is claimed first."""
    invitation = participant.links.filter(is_handover=True, revoked_at__isnull=True).first()
    if invitation is not None and participant.verified_at is None:
        links.claim_handover(token=links.token(invitation.id), address=address("claimed"), now=now)
    link = link_of(participant)
    return links.enter(
        token=links.token(link.id), code_typed=links.code(link.id), now=now
    ).participant


def verified(
    office: Office, relationship_type: str = "individual", *, now: datetime = NOW, **changes: Any
) -> Request:
    """A request in gathering: the requester has entered their code, the others are invited."""
    request = submitted(office, relationship_type, now=now, **changes)
    enter(requester_of(request), now=now)
    return Request.objects.get(pk=request.pk)


def join(participant: Participant, *, accepts: bool | None = True, now: datetime = NOW) -> None:
    """Take part, with the same answer to every time that is held (None: to none)."""
    shown = people.person_page(participant.pk, now=now).wanted if accepts is not None else []
    participants.join(
        participant_id=participant.pk,
        answers={time.appointment.pk: bool(accepts) for time in shown},
        now=now,
    )


def clear(participant: Participant, *, now: datetime = NOW) -> None:
    """Do what intake does when somebody's own part is complete."""
    with transaction.atomic():
        participants.mark_cleared(participant_id=participant.pk, now=now)


def ready(
    office: Office, relationship_type: str = "individual", *, now: datetime = NOW, **changes: Any
) -> Request:
    """A request that waits for the practitioner: everyone has come in, joined and finished."""
    request = verified(office, relationship_type, now=now, **changes)
    for person in people_of(request):
        if not person.is_requester:
            enter(person, now=now)
            join(person, now=now)
        clear(person, now=now)
    return Request.objects.get(pk=request.pk)


def let_decision_leave(request: Request) -> None:
    """Let the batch with a queued decision about this request leave."""
    waiting = Decision.objects.get(
        request_id=request.pk, done_at__isnull=True, undone_at__isnull=True
    )
    decisions.carry_out(decision_id=waiting.pk, now=waiting.due_at)


def booked(
    office: Office, relationship_type: str = "individual", *, now: datetime = NOW, **changes: Any
) -> Appointment:
    """A booked appointment. Of several people it left with the batch after `now`."""
    request = ready(office, relationship_type, now=now, **changes)
    decisions.confirm(request_id=request.pk, practitioner_id=office.practitioner.pk, now=now)
    if not requests.is_single(request):
        let_decision_leave(request)
    return Appointment.objects.get(request_id=request.pk, state="booked")


def answer_all(request: Request, accepted: Sequence[UUID], *, now: datetime = NOW) -> None:
    """Everyone attending answers the times held: yes to those accepted, no to the rest."""
    for person in people_of(request):
        held = Appointment.objects.filter(request_id=request.pk, state="held")
        answers.answer_times(
            participant_id=person.pk,
            answers={a.pk: a.pk in accepted for a in held},
            now=now,
        )


def unclear(participant: Participant, *, now: datetime = NOW) -> None:
    """Do what intake does when something of somebody's own part is missing again."""
    with transaction.atomic():
        participants.mark_uncleared(participant_id=participant.pk, now=now)


def group_starts(office: Office, *, weeks: int = 4) -> list[datetime]:
    """Tuesdays at 15:00 of the practitioner, from two weeks after `NOW` on."""
    tz = zone(office.practitioner.time_zone)
    return [
        datetime(2026, 10, 27, 15, 0, tzinfo=tz) + timedelta(weeks=week) for week in range(weeks)
    ]


def published(office: Office, *, now: datetime = NOW, **changes: Any) -> Cohort:
    """A group that takes requests: four dates, six seats, at least two people to run."""
    service, _ = Service.objects.get_or_create(
        slug="group-90",
        defaults={
            "name": "Group 90",
            "relationship_type": "group",
            "duration_minutes": 90,
            "buffer_after_minutes": 30,
            "cancel_minutes": 72 * 60,
        },
    )
    service.practitioners.add(office.practitioner)
    usual: dict[str, Any] = {
        "slug": f"circle-{next(_numbers)}",
        "title": "Talking about desire",
        "description": "Four afternoons.",
        "service_id": service.pk,
        "call_service_id": office.services["group-call"].pk,
        "modality": "video",
        "seats": 6,
        "minimum": 2,
        "decide_date": date(2026, 10, 22),
        "starts": group_starts(office),
    }
    return groups.publish(practitioner_id=office.practitioner.pk, now=now, **{**usual, **changes})


def seat_of(request: Request) -> Seat:
    """The place in a group that a request asks for."""
    return Seat.objects.get(request_id=request.pk)


def member(
    office: Office, cohort: Cohort, *, name: str = "Robin", now: datetime = NOW, **changes: Any
) -> Participant:
    """Somebody with a seat: they have finished, and joined without a call."""
    request = ready(office, "group", now=now, cohort=cohort.slug, seat_name=name, **changes)
    places.give_seat(
        seat_id=seat_of(request).pk,
        practitioner_id=office.practitioner.pk,
        now=now,
        without_call=True,
    )
    return requester_of(request)


def finding(
    office: Office, relationship_type: str = "couple", *, now: datetime = NOW, **changes: Any
) -> Request:
    """People who find a time together: their own parts are complete but for saying what suits."""
    return ready(office, relationship_type, now=now, times=(), find_together=True, **changes)


def mark(
    participant: Participant,
    *,
    can: Sequence[datetime] = (),
    could: Sequence[datetime] = (),
    now: datetime = NOW,
) -> None:
    """Say which starts suit; the rest do not."""
    together.vote(
        participant_id=participant.pk,
        marks=dict.fromkeys(can, "can") | dict.fromkeys(could, "could"),
        now=now,
    )


def waiting(
    office: Office, relationship_type: str = "individual", *, now: datetime = NOW, **changes: Any
) -> Request:
    """A request without a time, on the waitlist; everyone's own part was complete at `now`."""
    return ready(office, relationship_type, now=now, **{"times": [], "wait": True, **changes})


def cancelled(appointment: Appointment, *, now: datetime = NOW) -> datetime:
    """The start that is free because one of its people cancelled."""
    person = appointment.attendances.order_by("participant__position")[0].participant
    cancellations.cancel(appointment_id=appointment.pk, participant_id=person.pk, now=now)
    return appointment.starts_at
