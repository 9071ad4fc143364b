"""What people choose from who find another time for what is booked for them."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from booking.models import Appointment
from booking.queries.calendar import Bookable, bookable
from practice.domain.wall import local_date

#: A date of a series may lie past the horizon of its service, and so may the days around it.
BEYOND_DAYS = 14


def move_offer(appointment: Appointment, *, now: datetime) -> Bookable:
    """The offer for a move: its horizon reaches two weeks past the time they have, at least."""
    offer = bookable(appointment.practitioner, appointment.service, appointment.modality)
    horizon = offer.rules.horizon_days
    if horizon is None:
        return offer
    # The horizon is elapsed time: one more, so that the whole of the last day is in it.
    reach = (appointment.starts_at - now).days + BEYOND_DAYS + 1
    return replace(offer, rules=replace(offer.rules, horizon_days=max(horizon, reach)))


def own_week_begins(appointment: Appointment, zone: ZoneInfo) -> date:
    """The Monday of its week, for a reader in this zone."""
    day = local_date(appointment.starts_at, zone)
    return day - timedelta(days=day.weekday())
