"""A practice in which everybody has answered everything, with a canary in every answer.

Four requests, one of each kind, are booked: somebody alone, a couple, five people of whom one
comes sometimes, one has left and one is only mentioned, and two members of a group. Of another
couple one has ended their part after their session; of the first, one has said how it goes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.domain.asking import Requester
from booking.models import Appointment, Attendance, LateWish, Participant, Request, Series
from booking.operations import decisions, late, participants, parting, requests, series
from booking.operations.links import code, token
from intake.domain.definitions import Kind, Value
from intake.domain.feedback import Slider
from intake.operations import sheets
from intake.operations.feedback import Saying, say
from intake.operations.sheets import Given
from intake.queries.standings import standing
from practice.models import Practitioner, TimeOff, User
from tests.booking.factories import (
    Office,
    api_token,
    enter,
    join,
    let_decision_leave,
    link_of,
    make_office,
    make_practitioner,
    member,
    open_starts,
    partner,
    people_of,
    published,
    requester_of,
    verified,
)
from tests.intake.matrix.canaries import MAY_BE_SHARED, Written, answer_of, canaries_in, canary
from tests.intake.people import device, sign_everything
from tests.intake.sessions import days_before, took_place
from tests.notifications.helpers import plan_all

#: They withdrew before anything was booked; their device and their link are from before.
GONE = "lou"
#: They ended their part after a session; their link is the one that is left to them.
ENDED = "eve"


@dataclass
class World:
    """Everybody and everything, by short names."""

    office: Office
    now: datetime
    other: Practitioner
    people: dict[str, Participant]
    written: dict[str, Written]
    couple: Request
    appointment: Appointment
    series: Series
    wish: LateWish
    #: What somebody who has left still has.
    left: tuple[Client, str]
    token: str
    token_of_other: str

    @property
    def practitioner(self) -> Practitioner:
        return self.office.practitioner

    def user(self, practitioner: Practitioner) -> User:
        assert practitioner.user is not None
        return practitioner.user

    def knows(self, name: str) -> tuple[Client, str]:
        """A person's device, and how the API knows them; of one who has left, from before."""
        person = self.people[name]
        return self.left if name == GONE else (device(person), _as_link(person))

    def fellows(self, name: str) -> Iterator[str]:
        """Who comes along with somebody."""
        mine = set(
            Attendance.objects.filter(
                participant=self.people[name], left_at__isnull=True
            ).values_list("appointment_id", flat=True)
        )
        for other, person in self.people.items():
            if (
                other != name
                and Attendance.objects.filter(
                    participant=person,
                    appointment__in=mine,
                    appointment__request_id=self.people[name].request_id,
                    left_at__isnull=True,
                ).exists()
            ):
                yield other


def build() -> World:
    """Bring it all about by operations, as the pages do."""
    now = timezone.now()
    office = make_office()
    other = make_practitioner(slug="rowan")
    everybody = _Everybody(office, now)

    alone = everybody.asks("ann", "individual")
    ann = requester_of(alone)
    everybody.answers("ann", ann)
    repeated = _repeat(office, _book(office, alone, now=now), now=now)
    # Another client of the same practice, with the same address, who has been hurt.
    same = everybody.asks("tim", "individual", address=ann.email)
    everybody.answers("tim", requester_of(same), sf_h1="yes")

    couple = everybody.asks("cleo", "couple", others=[partner("Dan")])
    everybody.come_in(couple)
    for name, person in zip(("cleo", "dan"), people_of(couple), strict=True):
        everybody.answers(name, person, shares=name == "cleo")
    appointment = _book(office, couple, now=now)
    wish = late.ask_late(
        participant_id=everybody.people["cleo"].pk,
        appointment_id=appointment.pk,
        words=canary("cleo", "late"),
        now=appointment.starts_at - timedelta(hours=1),
    )

    answered = device(everybody.people["cleo"]).post(
        reverse("messages:answer", args=[everybody.people["cleo"].pk, appointment.pk]),
        {"answer": "yes", "starts_at": appointment.starts_at.isoformat()},
    )
    assert answered.status_code == 303, answered.content

    _say_how_it_goes(everybody.people["cleo"], everybody.people["dan"], now=now)
    everybody.written["cleo"].words["after"] = canary("cleo", "after")

    several = everybody.asks(
        "ira",
        "non_monogamous",
        others=[
            partner("Kai"),
            partner("Val", agreed=False),
            partner("Lou"),
            partner("Sam", attends="sometimes"),
            partner(canary("ira", "mentioned"), attends="no"),
        ],
    )
    everybody.come_in(several)
    people = [*people_of(several), *people_of(several, attends="sometimes")]
    for name, person in zip(("ira", "kai", "val", "lou", "sam"), people, strict=True):
        everybody.answers(name, person, shares=name != "kai")
    lou = everybody.people["lou"]
    before = (device(lou), _as_link(lou))
    _leave_before_booking(office, lou, now=now)
    session = _book(office, several, now=now)
    _leave_after_booking(everybody.people["val"], session)

    others = everybody.asks("eve", "couple", others=[partner("Pip")])
    everybody.come_in(others)
    for name, person in zip((ENDED, "pip"), people_of(others), strict=True):
        everybody.answers(name, person, shares=True)
    took_place = _book(office, others, now=now)
    Appointment.objects.filter(pk=took_place.pk).update(state="fulfilled")
    parting.end_part(participant_id=everybody.people[ENDED].pk, now=now)

    cohort = published(
        office,
        now=now,
        decide_date=(now + timedelta(days=10)).date(),
        starts=[_in_the_afternoon(now, weeks=weeks) for weeks in (3, 4)],
    )
    for name in ("gus", "gea"):
        seated = member(office, cohort, name=canary(name, "seat"), now=now)
        everybody.answers(name, seated)
    TimeOff.objects.create(
        practitioner=office.practitioner,
        starts_at=now + timedelta(days=80),
        ends_at=now + timedelta(days=81),
        label=canary("morgan", "away"),
    )
    plan_all(now)
    return World(
        office=office,
        now=now,
        other=other,
        people={n: Participant.objects.get(pk=p.pk) for n, p in everybody.people.items()},
        written=everybody.written,
        couple=Request.objects.get(pk=couple.pk),
        appointment=appointment,
        series=repeated,
        wish=wish,
        left=before,
        token=api_token(office.practitioner, now=now),
        token_of_other=api_token(other, now=now),
    )


class _Everybody:
    """People as they come in and answer."""

    def __init__(self, office: Office, now: datetime) -> None:
        self._office = office
        self._now = now
        self.people: dict[str, Participant] = {}
        self.written: dict[str, Written] = {}

    def asks(self, name: str, kind: str, *, address: str = "", **changes: Any) -> Request:
        """A request with a canary among its words; its requester has come in."""
        requester = Requester(name=name.title(), email=address or f"{name}@example.test")
        return verified(
            self._office,
            kind,
            now=self._now,
            requester=requester,
            topics=("behaviour",),
            words=canary(name, "words"),
            **changes,
        )

    def come_in(self, request: Request) -> None:
        """Everybody else takes part."""
        others = [*people_of(request), *people_of(request, attends="sometimes")]
        for person in others:
            if not person.is_requester:
                enter(person, now=self._now)
                join(person, now=self._now)

    def answers(
        self, name: str, person: Participant, *, shares: bool = False, **chosen: Value
    ) -> None:
        """Every question that this person is asked, and finish."""
        written = Written()
        for section in standing(person.pk).form.sections:
            given = {
                q.key: Given(value, is_shared=shares and q.can_share)
                for q in section.questions
                if q.is_asked
                and q.kind is not Kind.SIGN
                and (value := chosen.get(q.key, answer_of(name, q))) is not None
            }
            saved = sheets.save_section(
                participant_id=person.pk, section=section.slug, given=given, now=self._now
            )
            assert (saved.conflicts, saved.missing) == ([], []), (section.slug, saved)
            if any(q.kind is Kind.SIGN for q in section.questions):
                sign_everything(person, self._now, name=canary(name, "legal"))
        sheets.finish(participant_id=person.pk, now=self._now)
        self._note(name, person, written, shares=shares, chosen=chosen)
        self.people[name] = person
        self.written[name] = written

    def _note(
        self,
        name: str,
        person: Participant,
        written: Written,
        *,
        shares: bool,
        chosen: Mapping[str, Value],
    ) -> None:
        """What was kept of it: a condition may not have held."""
        own = standing(person.pk)
        for question in own.form.questions:
            if question.key not in own.present:
                continue
            written.keys.add(question.key)
            if shares and question.key in MAY_BE_SHARED:
                written.shared.add(question.key)
            value = chosen.get(question.key, answer_of(name, question))
            if canaries_in(str(value)):
                written.words[question.key] = canary(name, question.key)


def _as_link(person: Participant) -> str:
    link = link_of(person)
    return f"Link {token(link.id)} {code(link.id)}"


def _book(office: Office, request: Request, *, now: datetime) -> Appointment:
    decisions.confirm(request_id=request.pk, practitioner_id=office.practitioner.pk, now=now)
    if not requests.is_single(request):
        let_decision_leave(request)
    return Appointment.objects.get(request_id=request.pk, state="booked")


def _leave_before_booking(office: Office, person: Participant, *, now: datetime) -> None:
    """They withdraw, and the practitioner goes on without them."""
    requests.withdraw(participant_id=person.pk, now=now)
    participants.excuse(participant_id=person.pk, practitioner_id=office.practitioner.pk, now=now)


def _leave_after_booking(person: Participant, session: Appointment) -> None:
    """They go from the roster; the others stay."""
    answered = device(person).post(
        reverse("leave-appointment", args=[person.pk]),
        {"appointment": str(session.pk), "leaves_alone": "yes"},
    )
    assert answered.status_code == 303, answered.content
    assert not session.attendances.filter(participant=person, left_at__isnull=True).exists()


def _say_how_it_goes(person: Participant, other: Participant, *, now: datetime) -> None:
    """After their third session one of two says something to the practitioner alone."""
    Participant.objects.filter(pk=person.pk).update(wants_feedback=True)
    [*_, third] = took_place([person, other], *days_before(now, 23, 16, 9))
    saying = Saying({Slider.SAFE: 1}, canary("cleo", "after"))
    assert say(participant_id=person.pk, appointment_id=third.pk, saying=saying, now=now)


def _repeat(office: Office, first: Appointment, *, now: datetime) -> Series:
    """The same time on the clock in the weeks that follow, where it is open."""
    zone = ZoneInfo(office.practitioner.time_zone)
    wanted = first.starts_at.astimezone(zone)
    alike: Sequence[datetime] = [
        start
        for start in open_starts(office, first.service, now=now, days=60)
        if (start.astimezone(zone).weekday(), start.astimezone(zone).time())
        == (wanted.weekday(), wanted.time())
    ]
    return series.start_series(
        appointment_id=first.pk,
        practitioner_id=office.practitioner.pk,
        every_weeks=1,
        starts=[first.starts_at, *[s for s in alike if s > first.starts_at][:3]],
        now=now,
    )


def _in_the_afternoon(now: datetime, *, weeks: int) -> datetime:
    """A Tuesday at 15:00 of the practitioner, so many weeks ahead."""
    day = now.astimezone(ZoneInfo("America/New_York")) + timedelta(weeks=weeks)
    day += timedelta(days=1 - day.weekday())
    return day.replace(hour=15, minute=0, second=0, microsecond=0)
