"""Tables of booking: requests, the people in them, and the time they ask for, hold or take."""

from booking.models.appointments import (
    NO_OVERLAP,
    ONE_BOOKED_PER_CLAIM,
    Appointment,
    Attendance,
    LateWish,
    Move,
    TimeAnswer,
)
from booking.models.groups import SEATS_NOT_EXCEEDED, Cohort, Seat
from booking.models.people import OWN_ADDRESS, DoNotContact, Participant, PrivateLink
from booking.models.requests import Decision, Request
from booking.models.series import Series
from booking.models.together import Poll, Vote
from booking.models.waitlist import WaitlistEntry, WaitlistOffer

__all__ = [
    "NO_OVERLAP",
    "ONE_BOOKED_PER_CLAIM",
    "OWN_ADDRESS",
    "SEATS_NOT_EXCEEDED",
    "Appointment",
    "Attendance",
    "Cohort",
    "Decision",
    "DoNotContact",
    "LateWish",
    "Move",
    "Participant",
    "Poll",
    "PrivateLink",
    "Request",
    "Seat",
    "Series",
    "TimeAnswer",
    "Vote",
    "WaitlistEntry",
    "WaitlistOffer",
]
