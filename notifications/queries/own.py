"""The rows behind messages about one person's own things."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from booking.domain.states import AppointmentState
from booking.models import Appointment, Participant, PrivateLink
from intake.queries.documents import background
from intake.queries.standings import standing_of
from notifications.domain.facts import DayFacts, Person, PersonFacts
from notifications.queries.persons import recipient, zone_of
from practice.domain.wall import instant, local_date
from practice.models import Change, Practitioner
from practice.queries import active_practitioners

_ON_A_DAY = (AppointmentState.BOOKED, AppointmentState.FULFILLED)


def person_facts(person: Person, *, is_live: bool) -> PersonFacts:
    """Somebody by themselves."""
    return person_facts_of({person.id: (person, is_live)})[person.id]


def person_facts_of(people: Mapping[UUID, tuple[Person, bool]]) -> dict[UUID, PersonFacts]:
    """Many people by themselves, each with whether their request is live.

    Signatures are looked up only if a document has changed: eight queries then, one otherwise.
    """
    changed = Change.objects.filter(
        kind="document_changed", subject_type="participant", subject_id__in=people
    )
    changed_at = (
        dict(changed.order_by("pk").values_list("subject_id", "occurred_at")) if people else {}
    )
    to_sign = _who_has_to_sign(changed_at)
    return {
        pk: PersonFacts(
            id=pk,
            people=[person],
            is_live=is_live,
            has_to_sign=pk in to_sign,
            document_changed_at=changed_at.get(pk),
        )
        for pk, (person, is_live) in people.items()
    }


def _who_has_to_sign(participant_ids: Collection[UUID]) -> set[UUID]:
    if not participant_ids:
        return set()
    people = (
        Participant.objects.filter(pk__in=participant_ids)
        .select_related("request__service", "request__practitioner")
        .prefetch_related(
            "signatures",
            "answer_sheet__answers",
            Prefetch("request__participants", Participant.objects.order_by("position")),
        )
    )
    known = background()
    return {
        p.pk for p in people if standing_of(p, getattr(p, "answer_sheet", None), known).unsigned
    }


def address_before(change: Change) -> str:
    """The address that a change of address replaced: where an earlier link was sent.

    The journal holds no addresses, so it names that link. Empty if it is gone.
    """
    link_id = change.snapshot.get("link_before")
    link = PrivateLink.objects.filter(pk=link_id, participant=change.subject_id).first()
    return link.address if link_id and link else ""


def practitioner(practitioner_id: UUID) -> Practitioner:
    """Whose day it is."""
    return Practitioner.objects.get(pk=practitioner_id)


def day_facts(row: Practitioner, day: date) -> DayFacts:
    """A day as the plan sees it. What is over by now counts: it is a part of the day."""
    starts = list(_sessions_on(row, day).values_list("starts_at", flat=True))
    return DayFacts(row.id, recipient(row), day, len(starts), max(starts, default=None))


def day_facts_of(days: Collection[tuple[UUID, date]]) -> dict[tuple[UUID, date], DayFacts]:
    """Days of several practitioners, by practitioner and day. Two queries, however many."""
    rows = Practitioner.objects.in_bulk({pk for pk, _ in days})
    windows = {
        (pk, day): (
            instant(day, 0, zone_of(rows[pk].time_zone)),
            instant(day + timedelta(days=1), 0, zone_of(rows[pk].time_zone)),
        )
        for pk, day in days
        if pk in rows
    }
    if not windows:
        return {}
    sessions = Appointment.objects.filter(
        practitioner__in=rows,
        state__in=_ON_A_DAY,
        starts_at__gte=min(begins for begins, _ in windows.values()),
        starts_at__lt=max(ends for _, ends in windows.values()),
    )
    starts: dict[UUID, list[datetime]] = {pk: [] for pk in rows}
    for pk, at in sessions.values_list("practitioner_id", "starts_at"):
        starts[pk].append(at)
    found = {}
    for (pk, day), (begins, ends) in windows.items():
        of_day = [at for at in starts[pk] if begins <= at < ends]
        found[pk, day] = DayFacts(
            pk, recipient(rows[pk]), day, len(of_day), max(of_day, default=None)
        )
    return found


def days_to_begin(now: datetime) -> list[tuple[Practitioner, date]]:
    """Whose day has begun with sessions to come, and nobody has said so.

    It begins at the hour of their choice (`Practitioner.agenda_minute`). Sessions that came in
    after it began are told by themselves.
    """
    due = []
    for row in active_practitioners():
        tz = zone_of(row.time_zone)
        day = local_date(now, tz)
        if row.agenda_minute is None:
            continue
        begins_at = instant(day, row.agenda_minute, tz)
        if now < begins_at:
            continue
        to_come = _sessions_on(row, day).filter(starts_at__gt=now, created_at__lte=begins_at)
        if to_come.exists() and not _has_begun(row, day):
            due.append((row, day))
    return due


def _sessions_on(row: Practitioner, day: date) -> QuerySet[Appointment]:
    tz = zone_of(row.time_zone)
    return Appointment.objects.filter(
        practitioner=row,
        state__in=_ON_A_DAY,
        starts_at__gte=instant(day, 0, tz),
        starts_at__lt=instant(day + timedelta(days=1), 0, tz),
    )


def _has_begun(row: Practitioner, day: date) -> bool:
    return Change.objects.filter(
        kind="day_began", subject_type="practitioner", subject_id=row.pk, snapshot__day=str(day)
    ).exists()
