"""A series, for the practitioner whose it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from booking.domain.refusals import NotTheirs
from booking.domain.series import AHEAD_MAX
from booking.domain.states import AppointmentState
from booking.models import Appointment, Participant, Series
from booking.queries import series as series_queries
from booking.queries.desk.standings import Standing, people_of
from practice.domain.wall import local_date
from practice.models import Change


@dataclass(frozen=True, slots=True)
class Turn:
    """One date of a series. `number` counts what stands; None: it was cancelled."""

    appointment: Appointment
    number: int | None
    can_change: bool


@dataclass(frozen=True, slots=True)
class SeriesPage:
    """A series with all of its dates."""

    series: Series
    people: Sequence[Participant]
    turns: Sequence[Turn]
    standing: int  # dates that were not cancelled
    upcoming: int
    can_add: int  # how many more may be booked now

    @property
    def first(self) -> Appointment:
        """What all of them are like."""
        return self.turns[0].appointment


def series_page(series_id: UUID, practitioner_id: UUID, *, now: datetime) -> SeriesPage:
    """One's own series. Raises `NotTheirs`."""
    series = (
        Series.objects.filter(pk=series_id, request__practitioner_id=practitioner_id)
        .select_related("request__service")
        .prefetch_related("request__participants")
        .first()
    )
    if series is None:
        raise NotTheirs
    turns: list[Turn] = []
    standing = 0
    for appointment in series_queries.dates(series.pk):
        stands = appointment.state != AppointmentState.CANCELLED
        standing += stands
        is_booked = appointment.state == AppointmentState.BOOKED
        turns.append(
            Turn(
                appointment,
                number=standing if stands else None,
                can_change=is_booked and appointment.starts_at > now,
            )
        )
    upcoming = sum(turn.can_change for turn in turns)
    return SeriesPage(
        series=series,
        people=[
            p.participant
            for p in people_of(series.request)
            if p.standing not in (Standing.MENTIONED, Standing.EXCUSED, Standing.LEFT)
        ],
        turns=turns,
        standing=standing,
        upcoming=upcoming,
        can_add=max(AHEAD_MAX - upcoming, 0),
    )


@dataclass(frozen=True, slots=True)
class Pause:
    """What a pause of a series would do."""

    goes: Sequence[Appointment]
    last_before: Appointment | None
    follows: Sequence[Appointment]  # what comes after it and stands

    @property
    def next(self) -> Appointment | None:
        """When they meet again."""
        return self.follows[0] if self.follows else None


def pause_of(page: SeriesPage, *, first: date, until: date, tz: ZoneInfo) -> Pause:
    """The dates that lie within [first, until) and go, and those around them."""
    standing = [turn for turn in page.turns if turn.number is not None]
    days = {turn.appointment.pk: local_date(turn.appointment.starts_at, tz) for turn in standing}
    before = [t.appointment for t in standing if days[t.appointment.pk] < first]
    return Pause(
        goes=[
            turn.appointment
            for turn in standing
            if turn.can_change and first <= days[turn.appointment.pk] < until
        ],
        last_before=before[-1] if before else None,
        follows=[t.appointment for t in standing if days[t.appointment.pk] >= until],
    )


def series_history(series: Series) -> list[Change]:
    """The journal of one series, oldest first."""
    return list(Change.objects.filter(subject_type="series", subject_id=series.pk).order_by("id"))
