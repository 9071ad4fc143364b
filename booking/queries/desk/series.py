"""A series, for the practitioner whose it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from booking.domain.refusals import NotTheirs
from booking.domain.series import AHEAD_MAX
from booking.domain.states import AppointmentState
from booking.models import Appointment, Participant, Series
from booking.queries import series as series_queries
from booking.queries.desk.standings import Standing, people_of
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


def series_history(series: Series) -> list[Change]:
    """The journal of one series, oldest first."""
    return list(Change.objects.filter(subject_type="series", subject_id=series.pk).order_by("id"))
