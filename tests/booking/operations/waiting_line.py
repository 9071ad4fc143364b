"""What tests of the waitlist share."""

from datetime import datetime, timedelta

from booking.models import Appointment, Participant, Request, WaitlistOffer
from booking.operations import answers
from booking.queries import people
from booking.queries.people import OwnWaiting
from practice.models import Pending
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office

HOUR = timedelta(hours=1)
#: NOW is Monday 12 October, 11:00 in New York. The evening of that day, and the next morning.
EVENING = datetime(2026, 10, 12, 21, 0, tzinfo=NEW_YORK)
MORNING = datetime(2026, 10, 13, 8, 0, tzinfo=NEW_YORK)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of October in New York."""
    return datetime(2026, 10, day, hour, minute, tzinfo=NEW_YORK)


#: Monday in two weeks, 09:00.
FAR = at(26, 9)


def told() -> list[str]:
    """The kinds of changes that people may hear of, since the last look."""
    kinds = list(Pending.objects.order_by("change_id").values_list("change__kind", flat=True))
    Pending.objects.all().delete()
    return kinds


def state_of(request: Request) -> str:
    """The state of a request now."""
    return Request.objects.get(pk=request.pk).state


def offer_of(request: Request) -> WaitlistOffer:
    """The newest offer to a request."""
    return WaitlistOffer.objects.filter(entry__request=request).latest("made_at")


def outcomes(request: Request) -> list[str]:
    """What has become of each offer to a request, oldest first."""
    return list(
        WaitlistOffer.objects.filter(entry__request=request)
        .order_by("made_at")
        .values_list("outcome", flat=True)
    )


def held_at(start: datetime) -> list[Request | None]:
    """The requests for which a start is held."""
    return [a.request for a in Appointment.objects.filter(state="held", starts_at=start)]


def place_of(person: Participant) -> OwnWaiting:
    """What a person's page says of the list."""
    return people.person_page(person.pk, now=NOW).waiting


def say(person: Participant, *, accepts: bool, now: datetime) -> None:
    """Give the same answer to every time that a person is asked about."""
    shown = people.person_page(person.pk, now=now).to_answer
    answers.answer_times(
        participant_id=person.pk, answers={t.appointment.pk: accepts for t in shown}, now=now
    )


def freed(office: Office, start: datetime = FAR, *, now: datetime = NOW) -> datetime:
    """A session that somebody else cancels at `now`."""
    return make.cancelled(make.booked(office, times=[start]), now=now)
