"""How many a request is about, and so when a decision about it leaves."""

from datetime import datetime

from booking.domain import party, times
from booking.models import Participant, Request
from practice.domain.wall import zone
from practice.models import Practice


def is_one_persons(request: Request) -> bool:
    """Whether one person alone attends: then decisions need not wait for the batch."""
    others = [
        person
        for person in request.participants.all()
        if not person.is_requester
        and person.attends != Participant.Attends.NO
        and person.excused_at is None
    ]
    return party.is_for_one(request.relationship_type, others_coming=len(others))


def next_batch_at(request: Request, *, now: datetime, practice: Practice | None = None) -> datetime:
    """When a decision about several people, made now, would leave."""
    practice = practice or Practice.objects.get()
    return times.next_batch(
        now,
        zone(request.practitioner.time_zone),
        minutes=practice.batch_minutes,
        weekdays=practice.batch_weekdays,
    )
