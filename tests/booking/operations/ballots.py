"""What tests of finding a time together share."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from booking.models import Decision, Participant, Request
from booking.operations import decisions, together
from booking.queries.people import person_page
from booking.queries.together import Ballot, ballot
from tests.booking import factories as make
from tests.booking.factories import NOW, Office


def asked_of(person: Participant, *, now: datetime = NOW) -> Ballot:
    """A person's ballot, which they have."""
    found = ballot(person.pk, now=now)
    assert found is not None
    return found


def starts_of(person: Participant, *, now: datetime = NOW) -> list[datetime]:
    """The starts that a person is asked about, earliest first."""
    return [time.starts_at for _, times in asked_of(person, now=now).days for time in times]


def words_of(person: Participant, *, now: datetime = NOW) -> dict[datetime, str | None]:
    """What a person has said of each start."""
    days = asked_of(person, now=now).days
    return {time.starts_at: time.word for _, times in days for time in times}


def seen_by(person: Participant, *, now: datetime) -> tuple[Any, ...]:
    """Everything of a person's page that could tell of somebody else."""
    page = person_page(person.pk, now=now)
    found = ballot(person.pk, now=now)
    return (
        page.outward,
        [(t.appointment.pk, t.accepts) for t in (*page.to_answer, *page.answered)],
        page.needs_to_join and [t.appointment.pk for t in page.wanted],
        page.answer_until,
        page.can_withdraw,
        found and (found.days, found.round, found.has_answered, found.is_open, found.zone),
    )


def all_mark(request: Request, can: Sequence[datetime], *, now: datetime = NOW) -> None:
    """Everybody says that they can come at the same starts."""
    for person in make.people_of(request):
        make.mark(person, can=can, now=now)


def confirm(
    office: Office, request: Request, start: datetime | None, *, now: datetime = NOW
) -> decisions.Outcome:
    """The practitioner confirms a start."""
    return decisions.confirm(
        request_id=request.pk, practitioner_id=office.practitioner.pk, starts_at=start, now=now
    )


def ask_again(office: Office, request: Request, *, now: datetime = NOW) -> decisions.Outcome:
    """The practitioner asks everybody again."""
    return together.ask_again(
        request_id=request.pk, practitioner_id=office.practitioner.pk, now=now
    )


def last_decision(request: Request) -> Decision:
    """The decision made last about a request."""
    return Decision.objects.filter(request=request).latest("made_at")
