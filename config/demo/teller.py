"""Who plays the demo's clients and its practitioner.

Every step is an operation that a page would have called, at the time it would have been called.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction

from booking.domain.asking import Asking, OtherPerson, Requester
from booking.domain.series import occurrences
from booking.domain.times import next_batch
from booking.models import Appointment, Participant, PrivateLink, Request, Seat
from booking.operations import (
    calls,
    decisions,
    groups,
    links,
    participants,
    places,
    requests,
    series,
    together,
)
from booking.operations.sweep import sweep
from booking.queries import calendar as calendar_queries
from booking.queries import series as series_queries
from booking.queries.people import person_page
from booking.queries.together import ballot
from config.demo.answers import UNSURE, VOICES, fill_in
from config.demo.practice import ZONE
from intake.domain.feedback import Slider
from intake.operations import feedback
from practice.domain.wall import local_date, zone
from practice.models import Practice, Practitioner, Service

#: The group meets on the day with the latest hours, six times.
_LATE_DAY, _EVENING_HOUR, _EVENINGS = 3, 17, 6


@dataclass(frozen=True, slots=True)
class Place:
    """Where and in which zone somebody lives."""

    country: str
    region: str
    time_zone: str


HOME = Place("US", "NY", ZONE)
LONDON = Place("GB", "", "Europe/London")


class Teller:
    """Plays clients and practitioner through the operations."""

    def __init__(self, practitioner: Practitioner) -> None:
        self._practitioner = practitioner

    def ask(
        self,
        service: str,
        relationship_type: str,
        name: str,
        now: datetime,
        *,
        after: timedelta,
        others: Sequence[OtherPerson] = (),
        place: Place = HOME,
        article: str = "",
        find_together: bool = False,
        wait: bool = False,
        cohort: str = "",
    ) -> Request:
        """A request for the first open time at least `after` from now, not verified yet."""
        asking = Asking(
            relationship_type=relationship_type,
            service=service,
            times=[] if find_together or wait else [self._open_time(service, now, after)],
            find_together=find_together,
            wait=wait,
            cohort=cohort,
            seat_name=name if cohort else "",
            time_zone=place.time_zone,
            modality="video",
            country=place.country,
            region=place.region,
            requester=Requester(name, _address(name), ""),
            others=others,
            article=article,
            topics=["communication", "emotions"],
            words="I read your article on the train and missed my stop.",
            adult=True,
            not_emergency=True,
        )
        return requests.submit(asking=asking, now=now).request

    def one(
        self,
        service: str,
        name: str,
        now: datetime,
        *,
        after: timedelta,
        relationship_type: str = "individual",
        place: Place = HOME,
        article: str = "",
    ) -> Request:
        """A verified request of one person."""
        request = self.ask(
            service, relationship_type, name, now, after=after, place=place, article=article
        )
        self._enter(self.person(request, 0), now)
        return request

    def joint(
        self,
        service: str,
        relationship_type: str,
        name: str,
        others: Sequence[str],
        now: datetime,
        *,
        after: timedelta,
        mentioned: Sequence[str] = (),
    ) -> Request:
        """A verified request of several, everybody invited by e-mail."""
        people = [
            OtherPerson(other, "yes", agreed=True, route="email", email=_address(other))
            for other in others
        ]
        people += [OtherPerson(other, "no") for other in mentioned]
        request = self.ask(service, relationship_type, name, now, after=after, others=people)
        self._enter(self.person(request, 0), now)
        return request

    def person(self, request: Request, position: int) -> Participant:
        """Somebody in a request; 0 is whoever wrote first."""
        return Participant.objects.get(request=request, position=position)

    def finishes(
        self, request: Request, position: int, now: datetime, *, is_unsure: bool = False
    ) -> None:
        """One person comes in, takes part and completes their own part."""
        person = self.person(request, position)
        if person.verified_at is None:
            self._enter(person, now)
        if person.joined_at is None:
            wanted = person_page(person.id, now=now).wanted
            participants.join(
                participant_id=person.id,
                answers={time.appointment.id: True for time in wanted},
                now=now,
            )
        fill_in(
            participant_id=person.id,
            legal_name=f"{person.label} Demo",
            now=now,
            instead={**VOICES[position % len(VOICES)], **(UNSURE if is_unsure else {})},
        )

    def everybody_finishes(self, request: Request, now: datetime) -> None:
        """Everyone who attends completes their part."""
        attending = Participant.objects.filter(request=request, attends="yes")
        for position in attending.values_list("position", flat=True):
            self.finishes(request, position, now)

    def finish_and_confirm(
        self, request: Request, now: datetime, *, leave_with_batch: bool = False
    ) -> UUID | None:
        """Everybody finishes, the practitioner confirms; returns the appointment if booked now."""
        self.everybody_finishes(request, now)
        outcome = decisions.confirm(
            request_id=request.id, practitioner_id=self._practitioner.id, now=now
        )
        if leave_with_batch and outcome.due_at is not None:
            sweep(now=outcome.due_at)
        return outcome.appointment.id if outcome.appointment else None

    def group(self, now: datetime) -> None:
        """A published group: one member, and one who has their call before them."""
        service = Service.objects.get(slug="group-session")
        ahead = (timedelta(days=22), timedelta(days=36))  # each is two weeks of them
        found = [at for after in ahead for at in self._open_times(service.slug, now, after)]
        first = next(at for at in found if _is_evening(at))
        offer = calendar_queries.own_choice(self._practitioner, service)
        day = timedelta(days=1)
        turns = occurrences(first, zone(ZONE), 1, 10)
        weekly = [at for at in turns if _is_open(offer, at, now) and not _is_holiday(at)]
        cohort = groups.publish(
            practitioner_id=self._practitioner.id,
            slug="evening-circle",
            title="Evening circle",
            description="Six evenings about speaking up, listening and saying no.",
            service_id=service.id,
            call_service_id=Service.objects.get(slug="group-call").id,
            modality="video",
            seats=6,
            minimum=4,
            decide_date=(first - 4 * day).date(),
            starts=weekly[:_EVENINGS],
            now=now,
        )
        for name, after in (("Quinn", 2 * day), ("Avery", 3 * day)):
            request = self.ask("group-call", "group", name, now, after=after, cohort=cohort.slug)
            self._enter(self.person(request, 0), now)
            self.finish_and_confirm(request, now)
            if name == "Avery":
                places.give_seat(
                    seat_id=Seat.objects.get(request=request).id,
                    practitioner_id=self._practitioner.id,
                    now=now,
                    without_call=True,
                )

    def every_two_weeks(self, name: str, now: datetime) -> None:
        """A booked session that became a series of six."""
        request = self.one("individual-session", name, now, after=timedelta(days=5))
        self._repeated(request, 2, now)

    def every_week(self, name: str, now: datetime) -> None:
        """Six weekly sessions, of which three are over by the time that this person is asked."""
        request = self.one("individual-session", name, now, after=timedelta(days=2))
        self._repeated(request, 1, now)
        person = self.person(request, 0)
        with transaction.atomic():
            participants.save_profile(
                participant_id=person.id, profile={"wants_feedback": True}, now=now
            )
        *_, third = Appointment.objects.filter(request=request).order_by("starts_at")[:3]
        sweep(now=third.ends_at)
        feedback.say(
            participant_id=person.id,
            appointment_id=third.id,
            saying=feedback.Saying(
                {Slider.HEARD: 8, Slider.USEFUL: 7, Slider.PACE: 4, Slider.SAFE: 9},
                "The exercise with the pauses is still going round in my head.",
            ),
            now=third.ends_at + timedelta(hours=30),
        )

    def _repeated(self, request: Request, every_weeks: int, now: datetime) -> None:
        """Confirmed, and six times so many weeks apart."""
        booked = self.finish_and_confirm(request, now)
        assert booked is not None
        first = Appointment.objects.select_related("service", "practitioner").get(pk=booked)
        planned = series_queries.preview(first, every_weeks=every_weeks, count=6, now=now)
        series.start_series(
            appointment_id=first.id,
            practitioner_id=self._practitioner.id,
            every_weeks=every_weeks,
            starts=[p.starts_at for p in planned[1:] if p.is_open],
            now=now,
        )

    def finding_a_time(self, name: str, other: str, now: datetime, *, answered: int) -> None:
        """Two who mark what suits them; `answered` of them have."""
        request = self.ask(
            "session-for-two",
            "couple",
            name,
            now,
            after=timedelta(days=7),
            others=[OtherPerson(other, "yes", agreed=True, route="email", email=_address(other))],
            find_together=True,
        )
        self._enter(self.person(request, 0), now)
        self.everybody_finishes(request, now)
        for position in range(answered):
            person = self.person(request, position)
            shown = ballot(person.id, now=now)
            assert shown is not None
            starts = [time.starts_at for _, times in shown.days for time in times]
            words = ("cant", "could", "can", "can", "cant", "could", "cant")
            together.vote(
                participant_id=person.id,
                marks={at: words[(n + 2 * position) % 7] for n, at in enumerate(starts)},
                now=now,
            )

    def waiting(self, name: str, now: datetime) -> None:
        """Somebody whom none of the open times suited."""
        request = self.ask(
            "individual-session", "individual", name, now, after=timedelta(), wait=True
        )
        self._enter(self.person(request, 0), now)
        self.everybody_finishes(request, now)

    def propose(self, request: Request, now: datetime, *, after: timedelta) -> None:
        """The practitioner offered two other times, and they have left with the latest batch."""
        now = _before_latest_batch(now)
        found = self._open_times(request.service.slug, now, after)
        outcome = decisions.propose(
            request_id=request.id,
            practitioner_id=self._practitioner.id,
            starts=[found[0], found[len(found) // 2]],
            now=now,
        )
        assert outcome.due_at is not None
        sweep(now=outcome.due_at)

    def called(self, name: str, phone: str, now: datetime, *, after: timedelta) -> None:
        """Somebody called whose forms are on paper."""
        service = Service.objects.get(slug="individual-session")
        calls.book_for_caller(
            practitioner_id=self._practitioner.id,
            service_id=service.id,
            starts_at=self._open_time(service.slug, now, after),
            people=[calls.Caller(name, phone=phone)],
            modality="phone",
            country=HOME.country,
            region=HOME.region,
            time_zone=HOME.time_zone,
            forms_on_paper=True,
            now=now,
        )

    def _enter(self, person: Participant, now: datetime) -> None:
        link = PrivateLink.objects.filter(participant=person, is_handover=False).latest(
            "created_at"
        )
        links.enter(token=links.token(link.id), code_typed=links.code(link.id), now=now)

    def _open_time(self, service: str, now: datetime, after: timedelta) -> datetime:
        found = self._open_times(service, now, after)
        return found[len(found) // 9]  # not always the first of the day

    def _open_times(self, service: str, now: datetime, after: timedelta) -> list[datetime]:
        offer = calendar_queries.find_bookable(service, self._practitioner.slug)
        assert offer is not None
        first = (now + after).astimezone(UTC).date()
        return calendar_queries.open_slots(
            offer, first=first, end=first + timedelta(days=14), now=now
        )


def _is_evening(at: datetime) -> bool:
    """A start on the late day of the week that leaves the working day behind."""
    local = at.astimezone(zone(ZONE))
    return local.weekday() == _LATE_DAY and local.hour >= _EVENING_HOUR and not _is_holiday(at)


def _is_holiday(at: datetime) -> bool:
    """Around the turn of the year nobody meets."""
    local = at.astimezone(zone(ZONE))
    return (local.month, local.day) >= (12, 24) or (local.month, local.day) == (1, 1)


def _is_open(offer: calendar_queries.Bookable, at: datetime, now: datetime) -> bool:
    day = local_date(at, offer.zone)
    return at in calendar_queries.open_slots(offer, first=day, end=day + timedelta(days=1), now=now)


def _before_latest_batch(now: datetime) -> datetime:
    """A time from which the next batch has left by now; weekends have none."""
    practice = Practice.objects.get()
    at = now - timedelta(hours=1)
    while (
        next_batch(at, zone(ZONE), minutes=practice.batch_minutes, weekdays=practice.batch_weekdays)
        > now
    ):
        at -= timedelta(hours=1)
    return at


def _address(name: str) -> str:
    return f"{name.lower()}@demo.example"
