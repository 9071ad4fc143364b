"""The last dates of a series, and what each person would like after them."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from booking.domain.states import AppointmentState
from booking.models import Appointment
from practice.models import Change

#: From how many dates to come somebody is asked what follows.
LAST = 2


class Wish(StrEnum):
    """What follows the last dates. The value stands in the journal."""

    RENEW = "renew"
    PAUSE = "pause"
    FINISH = "finish"


def last_dates(series_id: UUID, participant_id: UUID, *, now: datetime) -> Sequence[Appointment]:
    """The dates that are left for this person, if they are the last; else none."""
    ahead = Appointment.objects.filter(
        series=series_id,
        state=AppointmentState.BOOKED,
        ends_at__gt=now,
        attendances__participant=participant_id,
        attendances__left_at__isnull=True,
        attendances__participant__left_at__isnull=True,
    ).order_by("starts_at")
    found = list(ahead[: LAST + 1])
    return found if len(found) <= LAST else []


def latest_wish(series_id: UUID, participant_id: UUID) -> Wish | None:
    """This person's last word on it."""
    said = Change.objects.filter(
        kind__in=[f"dates_wish_{wish}" for wish in Wish],
        subject_type="series",
        subject_id=series_id,
        actor=f"client:{participant_id}",
    )
    kind = said.order_by("-pk").values_list("kind", flat=True).first()
    return Wish(kind.removeprefix("dates_wish_")) if kind else None
