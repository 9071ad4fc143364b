"""Everybody does everything at once, for a while: the players of the soak, and their clock."""

import random
import threading
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connections
from django.db.models import Model, Q, QuerySet

from booking.domain.refusals import Refusal
from booking.domain.states import OPEN_REQUEST_STATES, TransitionNotAllowed
from booking.models import (
    Appointment,
    Attendance,
    Cohort,
    LateWish,
    Participant,
    PrivateLink,
    Request,
    Seat,
    Series,
    WaitlistEntry,
)
from booking.operations import (
    answers,
    appointments,
    availability,
    calls,
    cancellations,
    decisions,
    groups,
    late,
    links,
    moves,
    participants,
    places,
    requests,
    series,
    together,
    waitlist,
)
from booking.operations.sweep import sweep
from booking.queries import people
from booking.queries.series import preview
from booking.queries.together import asked_starts, outcome
from practice.domain.hours import Span, WeeklySpan
from practice.domain.wall import local_date, zone
from practice.models import Practitioner, TimeOff
from practice.operations.services import ServiceSettings
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.races.harness import PATIENCE, own_connection

TYPES = ("individual", "individual", "couple", "non_monogamous")


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


class Nothing(Exception):
    """There is nobody to do this to just now."""


class Clock:
    """The time of the soak: it flows, and now and then it leaps."""

    def __init__(self) -> None:
        self._leaps = timedelta()
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """A minute of theirs is a tenth of a second of ours."""
        flown = timedelta(minutes=10 * (time.monotonic() - self._began))
        with self._lock:
            return NOW + self._leaps + flown

    def leap(self, number: float) -> None:
        with self._lock:
            self._leaps += hours(number)


@dataclass
class World:
    """What the players share."""

    offices: Sequence[Office]
    has_locks: bool = True
    clock: Clock = field(default_factory=Clock)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    tried: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    #: Starts that somebody wanted a moment ago: others want them as well.
    wanted: deque[datetime] = field(default_factory=lambda: deque(maxlen=12))


class Player:
    """One thread: does one thing after the other, to whomever it finds."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.chance = random.Random(seed)  # noqa: S311 - the same choices for the same seed
        self.now = world.clock.now()
        self.office = world.offices[0]

    def play(self, until: float) -> None:
        deeds, weights = zip(*DEEDS.items(), strict=True)
        own_connection(has_locks=self.world.has_locks)
        try:
            while time.monotonic() < until:
                [deed] = self.chance.choices(deeds, weights)
                self.now = self.world.clock.now()
                self.office = self.chance.choice(self.world.offices)
                self._do(deed)
        finally:
            connections.close_all()

    def _do(self, deed: "Callable[[Player], Any]") -> None:
        name = deed.__name__
        try:
            deed(self)
        except Nothing:
            pass
        except (Refusal, TransitionNotAllowed) as refusal:
            self.world.refused[f"{name}: {type(refusal).__name__}"] += 1
            self.world.tried.add(name)
        except Exception:  # noqa: BLE001 - that is what the soak looks for
            where = traceback.format_exc(chain=False)
            ours = [line for line in where.splitlines() if "site-packages" not in line]
            self.world.failures.append("\n".join([name, *ours]))
        else:
            self.world.done[name] += 1
            self.world.tried.add(name)

    # --- Whom and what they find ---

    def one[M: Model](self, found: QuerySet[M]) -> M:
        """Any of these; mostly one of the newest."""
        ids = list(found.order_by("-created_at", "pk").values_list("pk", flat=True)[:40])
        return self.one_of(found, ids)

    def one_of[M: Model](self, found: QuerySet[M], ids: Sequence[Any]) -> M:
        if not ids:
            raise Nothing
        chosen = found.model._default_manager.filter(pk=self.chance.choice(ids)).first()
        if chosen is None:
            raise Nothing
        return chosen

    def request(self, *states: str) -> Request:
        return self.one(
            Request.objects.filter(
                practitioner=self.lead, state__in=states or sorted(OPEN_REQUEST_STATES)
            )
        )

    def person(self, **filters: Any) -> Participant:
        """Somebody of an open request, or who may still come to what is booked."""
        found = Participant.objects.filter(
            Q(request__state__in=OPEN_REQUEST_STATES)
            | Q(request__state="confirmed", attends=Participant.Attends.SOMETIMES),
            left_at__isnull=True,
            **filters,
        )
        ids = list(found.order_by("-request__created_at", "pk").values_list("pk", flat=True)[:40])
        return self.one_of(found, ids)

    def booked(self, **filters: Any) -> Appointment:
        return self.one(
            Appointment.objects.filter(practitioner=self.lead, state="booked", **filters)
        )

    def guest(self, **filters: Any) -> Attendance:
        """Somebody who comes to something."""
        appointment = self.booked(**filters)
        ids = list(
            appointment.attendances.filter(left_at__isnull=True)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        return self.one_of(Attendance.objects.all(), ids)

    def soon(self, number: int) -> dict[str, datetime]:
        return {"starts_at__gt": self.now, "starts_at__lt": self.now + hours(number)}

    def start(self, relationship_type: str = "individual") -> datetime:
        """A start that is open, or one that others want."""
        if self.world.wanted and self.chance.random() < 0.4:
            return self.chance.choice(list(self.world.wanted))
        service = self.office.service(relationship_type)
        found = make.open_starts(self.office, service, now=self.now, days=14)[:25]
        if not found:
            raise Nothing
        start = self.chance.choice(found)
        self.world.wanted.append(start)
        return start

    def starts(self, most: int, relationship_type: str = "individual") -> list[datetime]:
        wanted = {self.start(relationship_type) for _ in range(self.chance.randint(1, most))}
        return sorted(wanted, key=lambda _: self.chance.random())

    def yes(self, share: float = 0.8) -> bool:
        return self.chance.random() < share

    @property
    def lead(self) -> Practitioner:
        return self.office.practitioner

    def today(self, days: int = 0) -> Any:
        return local_date(self.now, zone(self.lead.time_zone)) + timedelta(days=days)

    # --- Clients ---

    def submit(self) -> None:
        kind = self.chance.choice(TYPES)
        more: dict[str, Any] = {"times": self.starts(3, kind)}
        if kind == "non_monogamous" and self.yes(0.7):
            more["others"] = [make.partner("Kai"), make.partner("Noor", attends="sometimes")]
        make.submitted(self.office, kind, now=self.now, **more)

    def submit_together(self) -> None:
        kind, others = "couple", [make.partner("Sam")]
        if self.yes(0.4):
            kind = "non_monogamous"
            others.append(make.partner("Noor", attends="sometimes"))
        make.submitted(self.office, kind, now=self.now, times=(), find_together=True, others=others)

    def submit_and_wait(self) -> None:
        make.submitted(self.office, now=self.now, times=(), wait=True)

    def submit_for_seat(self) -> None:
        cohort = self.one(Cohort.objects.filter(practitioner=self.lead, state="open"))
        make.submitted(
            self.office,
            "group",
            now=self.now,
            cohort=cohort.slug,
            seat_name="Robin",
            times=[self.start("group")] if self.yes(0.5) else [],
            wait=True,
        )

    def enter(self) -> None:
        person = self.person(links__isnull=False, verified_at__isnull=True)
        link = person.links.filter(revoked_at__isnull=True).order_by("-created_at").first()
        if link is None:
            raise Nothing
        if link.is_handover:
            links.claim_handover(
                token=links.token(link.id), address=make.address("claimed"), now=self.now
            )
            return
        links.enter(token=links.token(link.id), code_typed=links.code(link.id), now=self.now)

    def ask_for_link(self) -> None:
        link = self.one(PrivateLink.objects.filter(is_handover=False))
        links.send_again(address=link.address, now=self.now)

    def join(self) -> None:
        person = self.person(verified_at__isnull=False, joined_at__isnull=True)
        make.join(person, accepts=self.yes(), now=self.now)

    def decline_invitation(self) -> None:
        person = self.person(joined_at__isnull=True, is_requester=False)
        participants.decline_invitation(participant_id=person.pk, never_again=False, now=self.now)

    def clear(self) -> None:
        make.clear(self.person(joined_at__isnull=False, cleared_at__isnull=True), now=self.now)

    def unclear(self) -> None:
        make.unclear(self.person(cleared_at__isnull=False), now=self.now)

    def vote(self) -> None:
        person = self.person(request__find_together=True, joined_at__isnull=False)
        starts = asked_starts(person.request, now=self.now)[:60]
        words = {start: self.chance.choice(("can", "could", "cant")) for start in starts}
        together.vote(participant_id=person.pk, marks=words, now=self.now)

    def answer(self) -> None:
        person = self.person(request__state="proposed")
        offered = people.person_page(person.pk, now=self.now).wanted
        answers.answer_times(
            participant_id=person.pk,
            answers={time.appointment.pk: self.yes(0.6) for time in offered},
            suggestions=self.starts(3) if self.yes(0.3) else (),
            now=self.now,
        )

    def answer_move(self) -> None:
        candidate = self.one(
            Appointment.objects.filter(
                state="held", request__state="confirmed", request__isnull=False
            )
        )
        ids = [p.pk for p in Participant.objects.filter(request=candidate.request_id)]
        answers.answer_times(
            participant_id=self.chance.choice(sorted(ids)),
            answers={candidate.pk: self.yes()},
            now=self.now,
        )

    def withdraw(self) -> None:
        requests.withdraw(participant_id=self.person().pk, now=self.now)

    def cancel(self) -> None:
        guest = self.guest()
        cancellations.cancel(
            appointment_id=guest.appointment_id, participant_id=guest.participant_id, now=self.now
        )

    def ask_move(self) -> None:
        guest = self.guest(**({"request__find_together": True} if self.yes(0.5) else {}))
        moves.ask_move(
            appointment_id=guest.appointment_id,
            participant_id=guest.participant_id,
            starts=self.starts(3),
            now=self.now,
        )

    def ask_late(self) -> None:
        guest = self.guest(**self.soon(30))
        late.ask_late(
            participant_id=guest.participant_id,
            appointment_id=guest.appointment_id,
            words="Could we?",
            now=self.now,
        )

    def running_late(self) -> None:
        guest = self.guest(**self.soon(3))
        late.running_late(
            appointment_id=guest.appointment_id,
            minutes=10,
            participant_id=guest.participant_id,
            now=self.now,
        )

    def stop_coming(self) -> None:
        series.stop(participant_id=self.guest().participant_id, now=self.now)

    def wait(self) -> None:
        waitlist.join(participant_id=self.person(is_requester=True).pk, now=self.now)

    def wait_no_more(self) -> None:
        found = WaitlistEntry.objects.filter(left_at__isnull=True)
        entry = self.one_of(found, sorted(found.values_list("pk", flat=True)))
        requester = Participant.objects.get(request=entry.request_id, is_requester=True)
        waitlist.leave(participant_id=requester.pk, now=self.now)

    def leave_group(self) -> None:
        seat = self.seat("asked", "waiting", "given")
        requester = Participant.objects.get(request=seat.request_id, is_requester=True)
        places.leave_group(participant_id=requester.pk, now=self.now)

    def look(self) -> None:
        people.person_page(self.person().pk, now=self.now)

    # --- The practitioner ---

    def confirm(self) -> None:
        decisions.confirm(
            request_id=self.request("ready").pk, practitioner_id=self.lead.pk, now=self.now
        )

    def confirm_what_suits(self) -> None:
        request = self.one(
            Request.objects.filter(practitioner=self.lead, find_together=True, state="ready")
        )
        found = outcome(request, now=self.now).works
        if not found:
            raise Nothing
        decisions.confirm(
            request_id=request.pk,
            practitioner_id=self.lead.pk,
            starts_at=found[0].starts_at,
            now=self.now,
        )

    def propose(self) -> None:
        request = self.request("ready", "gathering")
        decisions.propose(
            request_id=request.pk,
            practitioner_id=self.lead.pk,
            starts=self.starts(3, request.relationship_type),
            now=self.now,
        )

    def decline(self) -> None:
        decisions.decline(request_id=self.request().pk, practitioner_id=self.lead.pk, now=self.now)

    def undo(self) -> None:
        request = self.one(
            Request.objects.filter(
                decisions__done_at__isnull=True, decisions__undone_at__isnull=True
            ).filter(decisions__isnull=False)
        )
        decisions.undo(request_id=request.pk, practitioner_id=request.practitioner_id, now=self.now)

    def ask_again(self) -> None:
        request = self.one(Request.objects.filter(practitioner=self.lead, find_together=True))
        together.ask_again(request_id=request.pk, practitioner_id=self.lead.pk, now=self.now)

    def excuse(self) -> None:
        person = self.person(request__practitioner=self.lead, is_requester=False)
        participants.excuse(participant_id=person.pk, practitioner_id=self.lead.pk, now=self.now)

    def reschedule(self) -> None:
        appointment = self.booked()
        appointments.reschedule(
            appointment_id=appointment.pk,
            practitioner_id=self.lead.pk,
            starts_at=self.start(),
            now=self.now,
        )

    def cancel_kindly(self) -> None:
        cancellations.cancel_by_practitioner(
            appointment_id=self.booked().pk,
            practitioner_id=self.lead.pk,
            offer_new_times=self.yes(0.5),
            offer_to_waitlist=self.yes(0.5),
            now=self.now,
        )

    def cancel_day(self) -> None:
        day = self.today(self.chance.randint(0, 10))
        cancellations.cancel_day(practitioner_id=self.lead.pk, day=day, now=self.now)

    def fulfil(self) -> None:
        # Now and then while it still runs: that is refused.
        appointment = self.booked(
            **{"starts_at__lte" if self.yes(0.1) else "ends_at__lte": self.now}
        )
        appointments.fulfil(
            appointment_id=appointment.pk, practitioner_id=self.lead.pk, now=self.now
        )

    def mark_no_show(self) -> None:
        over = Appointment.objects.filter(
            practitioner=self.lead, state__in=("booked", "fulfilled"), starts_at__lte=self.now
        )
        appointments.mark_no_show(
            appointment_id=self.one(over).pk, practitioner_id=self.lead.pk, now=self.now
        )

    def add_attendee(self) -> None:
        maybe = Q(request__participants__attends="sometimes")
        appointment = self.one(
            Appointment.objects.filter(maybe, practitioner=self.lead, state="booked")
        )
        found = Participant.objects.filter(request=appointment.request_id, attends="sometimes")
        appointments.add_attendee(
            appointment_id=appointment.pk,
            participant_id=self.one_of(found, sorted(found.values_list("pk", flat=True))).pk,
            practitioner_id=self.lead.pk,
            now=self.now,
        )

    def settle_late(self) -> None:
        open_ones = LateWish.objects.filter(settled_at__isnull=True)
        wish = self.one_of(open_ones, sorted(open_ones.values_list("pk", flat=True)))
        late.settle_late(
            wish_id=wish.pk, practitioner_id=self.lead.pk, outcome="kept", now=self.now
        )

    def take_call(self) -> None:
        calls.book_for_caller(
            practitioner_id=self.lead.pk,
            service_id=self.office.services["individual-50"].pk,
            starts_at=self.start(),
            people=[calls.Caller("Robin", email=make.address("caller"))],
            modality="video",
            country="US",
            region="NY",
            time_zone="America/New_York",
            forms_on_paper=self.yes(0.5),
            now=self.now,
        )

    # --- Series ---

    def start_series(self) -> None:
        appointment = self.booked(series__isnull=True, request__isnull=False)
        plan = preview(appointment, every_weeks=1, count=4, now=self.now)
        series.start_series(
            appointment_id=appointment.pk,
            practitioner_id=self.lead.pk,
            every_weeks=1,
            starts=[turn.starts_at for turn in plan if turn.is_open],
            now=self.now,
        )

    def a_series(self) -> Series:
        return self.one(Series.objects.filter(request__practitioner=self.lead))

    def renew(self) -> None:
        series.renew(
            series_id=self.a_series().pk,
            practitioner_id=self.lead.pk,
            starts=[self.start()],
            now=self.now,
        )

    def move_following(self) -> None:
        appointment = self.booked(series__isnull=False)
        series.move_following(
            appointment_id=appointment.pk,
            practitioner_id=self.lead.pk,
            starts_at=self.start(),
            now=self.now,
        )

    def pause(self) -> None:
        first = self.today(self.chance.randint(0, 14))
        series.pause(
            series_id=self.a_series().pk,
            practitioner_id=self.lead.pk,
            first=first,
            until=first + timedelta(days=7),
            now=self.now,
        )

    # --- Groups ---

    def seat(self, *states: str) -> Seat:
        found = Seat.objects.filter(cohort__practitioner=self.lead, state__in=states)
        return self.one_of(found, sorted(found.values_list("pk", flat=True)))

    def publish(self) -> None:
        if Cohort.objects.filter(state="open").count() > 3:
            raise Nothing
        make.published(
            self.office,
            now=self.now,
            starts=self.starts(3, "group"),
            seats=3,
            decide_date=self.today(1),
        )

    def edit_group(self) -> None:
        cohort = self.one(Cohort.objects.filter(practitioner=self.lead))
        groups.edit(
            cohort_id=cohort.pk,
            practitioner_id=self.lead.pk,
            title=cohort.title,
            description="",
            seats=self.chance.randint(2, 4),
            minimum=2,
            decide_date=cohort.decide_date,
            state=self.chance.choice(("open", "open", "closed")),
            now=self.now,
        )

    def add_session(self) -> None:
        cohort = self.one(Cohort.objects.filter(practitioner=self.lead))
        groups.add_session(
            cohort_id=cohort.pk,
            practitioner_id=self.lead.pk,
            starts_at=self.start(),
            now=self.now,
        )

    def call_off(self) -> None:
        cohort = self.one(Cohort.objects.filter(practitioner=self.lead, state="open"))
        groups.call_off(cohort_id=cohort.pk, practitioner_id=self.lead.pk, now=self.now)

    def give_seat(self) -> None:
        places.give_seat(
            seat_id=self.seat("asked", "waiting").pk,
            practitioner_id=self.lead.pk,
            without_call=True,
            now=self.now,
        )

    def refuse_seat(self) -> None:
        places.refuse_seat(
            seat_id=self.seat("asked", "waiting").pk, practitioner_id=self.lead.pk, now=self.now
        )

    # --- Availability ---

    def set_week(self) -> None:
        opens = self.chance.choice((8 * 60, 9 * 60, 10 * 60))
        spans = [
            WeeklySpan(weekday, *span)
            for weekday in range(self.chance.randint(4, 6))
            for span in ((opens, 13 * 60), (14 * 60, 19 * 60))
        ]
        availability.set_week(practitioner_id=self.lead.pk, spans=spans, now=self.now)

    def set_day(self) -> None:
        day = self.today(self.chance.randint(0, 14))
        availability.set_days(
            practitioner_id=self.lead.pk,
            first=day,
            last=day,
            spans=[Span(12 * 60, 20 * 60)] if self.yes(0.7) else [],
            now=self.now,
        )

    def clear_days(self) -> None:
        first = self.today()
        availability.clear_days(
            practitioner_id=self.lead.pk,
            first=first,
            last=first + timedelta(days=14),
            now=self.now,
        )

    def take_time_off(self) -> None:
        starts = self.now + timedelta(hours=self.chance.randint(1, 300))
        availability.set_time_off(
            practitioner_id=self.lead.pk,
            starts_at=starts,
            ends_at=starts + timedelta(hours=2),
            label="",
            now=self.now,
        )

    def give_time_off_back(self) -> None:
        ids = sorted(TimeOff.objects.filter(practitioner=self.lead).values_list("pk", flat=True))
        availability.remove_time_off(
            practitioner_id=self.lead.pk,
            time_off_id=self.one_of(TimeOff.objects.all(), ids).pk,
            now=self.now,
        )

    def set_energy(self) -> None:
        availability.set_energy(
            practitioner_id=self.lead.pk,
            at_most={"couple": 4} if self.yes(0.5) else {},
            not_after=[("group", "non_monogamous")] if self.yes(0.5) else [],
            now=self.now,
        )

    def set_service(self) -> None:
        service = self.office.services["individual-50"]
        availability.set_service(
            practitioner_id=self.lead.pk,
            service_id=service.pk,
            settings=ServiceSettings(
                name=service.name,
                relationship_type=service.relationship_type,
                duration_minutes=50,
                buffer_after_minutes=self.chance.choice((10, 20)),
                day_cap=self.chance.choice((None, 6)),
            ),
            now=self.now,
        )

    # --- Time ---

    def sweep(self) -> None:
        if self.yes(0.4):
            self.world.clock.leap(self.chance.choice((1, 3, 8, 20, 40)))
        sweep(now=self.world.clock.now())


#: What is done, and how often beside the others.
DEEDS: dict[Callable[[Player], None], int] = {
    Player.submit: 14,
    Player.submit_together: 3,
    Player.submit_and_wait: 2,
    Player.submit_for_seat: 8,
    Player.enter: 40,
    Player.ask_for_link: 1,
    Player.join: 14,
    Player.decline_invitation: 1,
    Player.clear: 40,
    Player.unclear: 2,
    Player.vote: 8,
    Player.answer: 14,
    Player.answer_move: 12,
    Player.withdraw: 2,
    Player.cancel: 4,
    Player.ask_move: 5,
    Player.ask_late: 4,
    Player.running_late: 4,
    Player.stop_coming: 1,
    Player.wait: 3,
    Player.wait_no_more: 1,
    Player.leave_group: 1,
    Player.look: 8,
    Player.confirm: 20,
    Player.confirm_what_suits: 6,
    Player.propose: 6,
    Player.decline: 2,
    Player.undo: 1,
    Player.ask_again: 2,
    Player.excuse: 1,
    Player.reschedule: 5,
    Player.cancel_kindly: 3,
    Player.cancel_day: 1,
    Player.fulfil: 2,
    Player.mark_no_show: 2,
    Player.add_attendee: 4,
    Player.settle_late: 6,
    Player.take_call: 3,
    Player.start_series: 3,
    Player.renew: 1,
    Player.move_following: 2,
    Player.pause: 1,
    Player.publish: 4,
    Player.edit_group: 2,
    Player.add_session: 1,
    Player.call_off: 1,
    Player.give_seat: 8,
    Player.refuse_seat: 1,
    Player.set_week: 1,
    Player.set_day: 1,
    Player.clear_days: 2,
    Player.take_time_off: 1,
    Player.give_time_off_back: 2,
    Player.set_energy: 1,
    Player.set_service: 1,
    Player.sweep: 10,
}


def play(world: World, *, seed: int, seconds: float, players: int) -> None:
    """Let them all loose for so long, and wait until everybody has come to rest."""
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=Player(world, seed * 100 + n).play, args=(until,), daemon=True)
        for n in range(players)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + PATIENCE)
        assert not thread.is_alive(), "somebody waits for ever"
