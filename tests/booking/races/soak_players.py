"""The players of the soak: what they share, their clock, and how each finds somebody."""

import random
import threading
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connections
from django.db.models import Model, Q, QuerySet

from booking.domain.refusals import Refusal
from booking.domain.states import OPEN_REQUEST_STATES, TransitionNotAllowed
from booking.models import Appointment, Attendance, Participant, Request, Seat, Series
from practice.domain.wall import local_date, zone
from practice.models import Practitioner
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.races.harness import own_connection


def hours(number: float) -> timedelta:
    """So many hours."""
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
        """So many hours pass at once."""
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


#: What a player does now and then; it is counted by its name.
type Deed = Callable[[Player], None]


class Player:
    """One thread: does one thing after the other, to whomever it finds."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.chance = random.Random(seed)  # noqa: S311 - the same choices for the same seed
        self.now = world.clock.now()
        self.office = world.offices[0]

    def play(self, deeds: Mapping[Deed, int], until: float) -> None:
        """Do one of these after the other until then; the higher its number, the more often."""
        choices, weights = list(deeds), list(deeds.values())
        own_connection(has_locks=self.world.has_locks)
        try:
            while time.monotonic() < until:
                [deed] = self.chance.choices(choices, weights)
                self.now = self.world.clock.now()
                self.office = self.chance.choice(self.world.offices)
                self._do(deed)
        finally:
            connections.close_all()

    def _do(self, deed: Deed) -> None:
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
        """Any with one of these ids; it may have gone in the meantime."""
        if not ids:
            raise Nothing
        chosen = found.model._default_manager.filter(pk=self.chance.choice(ids)).first()
        if chosen is None:
            raise Nothing
        return chosen

    def request(self, *states: str) -> Request:
        """A request in one of these states, or any that is open."""
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
        """An appointment of theirs that is booked."""
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
        """The filter for what begins within so many hours."""
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
        """Some starts, in no order."""
        wanted = {self.start(relationship_type) for _ in range(self.chance.randint(1, most))}
        return sorted(wanted, key=lambda _: self.chance.random())

    def yes(self, share: float = 0.8) -> bool:
        """Yes, in this share of all cases."""
        return self.chance.random() < share

    @property
    def lead(self) -> Practitioner:
        """The practitioner of this moment."""
        return self.office.practitioner

    def today(self, days: int = 0) -> Any:
        """The day by the practitioner's clock, or so many days later."""
        return local_date(self.now, zone(self.lead.time_zone)) + timedelta(days=days)

    def a_series(self) -> Series:
        """Any series of theirs."""
        return self.one(Series.objects.filter(request__practitioner=self.lead))

    def seat(self, *states: str) -> Seat:
        """A seat in one of these states."""
        found = Seat.objects.filter(cohort__practitioner=self.lead, state__in=states)
        return self.one_of(found, sorted(found.values_list("pk", flat=True)))
