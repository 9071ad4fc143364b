"""Which feed an address opens, and what stands in it, read row by row."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    DateTimeField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext as _

from booking.domain.reference import reference
from booking.domain.states import AppointmentState
from booking.models import Appointment, Attendance, Participant, PrivateLink
from notifications.domain.discretion import one_line
from notifications.domain.feeds import CANCELLED, PAST, FeedEvent, initials
from notifications.models import Feed
from notifications.queries.letters import page
from notifications.queries.persons import takes_file
from practice.models import Change, Modality, Practitioner
from practice.queries import token_digest

_STANDING = (AppointmentState.BOOKED, AppointmentState.FULFILLED, AppointmentState.NO_SHOW)
#: What changes an event for everybody on its roster, and what does for its practitioner besides.
_FOR_ALL = ("appointment_booked", "appointment_moved", "appointment_cancelled")
_OF_ROSTER = ("attendance_added", "attendance_left")
#: Rows that are fetched in one go.
_ROWS = 500
#: Stands for the id where one page's address is made into that of any.
_ANY = UUID(int=0)


def feed_at(token: str) -> Feed | None:
    """The feed behind an address while it lives.

    A client's ends with their part: when they have left, when they are erased, and when no
    private link lets them in any more.
    """
    lets_in = PrivateLink.objects.filter(
        participant=OuterRef("participant"), revoked_at__isnull=True, is_handover=False
    )
    is_live = Q(practitioner__is_active=True) | (
        Exists(lets_in) & Q(participant__left_at__isnull=True) & ~Q(participant__email="")
    )
    return (
        Feed.objects.filter(is_live, token_hash=token_digest(token), revoked_at__isnull=True)
        .select_related("practitioner", "participant")
        .first()
    )


def feed_of(owner: Practitioner | Participant) -> Feed | None:
    """The feed that somebody has, if they made one."""
    return owner.feeds.filter(revoked_at__isnull=True).first()


def events(feed: Feed, *, now: datetime) -> Iterator[FeedEvent]:
    """What stands in a feed at `now`, one event at a time, however many there are."""
    if feed.participant is not None:
        return _of_client(feed.participant, now=now)
    if feed.practitioner is None:
        raise ValueError("a feed without an owner")
    return _of_practitioner(feed.practitioner, Feed.Shows(feed.shows), now=now)


def _appointments(*, kinds: Sequence[str], now: datetime) -> QuerySet[Appointment]:
    changes = Change.objects.filter(
        subject_type="appointment", subject_id=OuterRef("pk"), kind__in=kinds
    )
    return (
        Appointment.objects.annotate(
            changed_at=Coalesce(
                Subquery(changes.order_by("-id").values("occurred_at")[:1]),
                F("created_at"),
                output_field=DateTimeField(),
            )
        )
        .filter(
            Q(state__in=_STANDING)
            | Q(state=AppointmentState.CANCELLED, changed_at__gt=now - CANCELLED),
            ends_at__gt=now - PAST,
        )
        .order_by("starts_at", "pk")
    )


def _locations() -> Mapping[str, str]:
    """Never where people meet: calendars are shared."""
    return {Modality.VIDEO: _("Online"), Modality.PHONE: _("Phone")}


# --- The practitioner's ----------------------------------------------------------------------


def _of_practitioner(
    practitioner: Practitioner, shows: Feed.Shows, *, now: datetime
) -> Iterator[FeedEvent]:
    people: Any = Value(None, output_field=IntegerField())
    if shows in (Feed.Shows.INITIALS, Feed.Shows.NAMES):
        name = Coalesce(NullIf("participant__chosen_name", Value("")), "participant__label")
        people = ArraySubquery(
            Attendance.objects.filter(appointment=OuterRef("pk"), left_at__isnull=True)
            .order_by("participant__position", "pk")
            .values_list(name)
        )
    rows = (
        _appointments(kinds=(*_FOR_ALL, *_OF_ROSTER), now=now)
        .filter(practitioner=practitioner)
        .annotate(people=people)
        .values_list(
            "pk",
            "revision",
            "changed_at",
            "starts_at",
            "ends_at",
            "state",
            "modality",
            "cohort__title",
            "people",
        )
    )
    locations = _locations()
    is_busy = shows is Feed.Shows.BUSY
    # Addresses differ by the id alone; asking for each would cost more than all the rest.
    before, after = page("desk:appointment", _ANY).split(str(_ANY))
    for (
        pk,
        revision,
        changed_at,
        starts_at,
        ends_at,
        state,
        modality,
        cohort,
        names,
    ) in rows.iterator(chunk_size=_ROWS):
        yield FeedEvent(
            uid=pk,
            sequence=revision,
            changed_at=changed_at,
            starts_at=starts_at,
            ends_at=ends_at,
            title=_title(pk, shows, cohort, names),
            is_cancelled=state == AppointmentState.CANCELLED,
            location="" if is_busy else locations.get(modality, ""),
            url="" if is_busy else f"{before}{pk}{after}",
        )


def _title(pk: UUID, shows: Feed.Shows, cohort: str | None, names: Sequence[str] | None) -> str:
    match shows:
        case Feed.Shows.BUSY:
            return _("Busy")
        case Feed.Shows.CODE:
            return reference(pk)
        case Feed.Shows.INITIALS:
            # A group of twelve would be a row of letters.
            return reference(pk) if cohort else initials(names or ()) or reference(pk)
        case Feed.Shows.NAMES:
            return one_line(cohort or ", ".join(names or ())) or reference(pk)


# --- A client's ------------------------------------------------------------------------------


def _of_client(participant: Participant, *, now: datetime) -> Iterator[FeedEvent]:
    """Their own appointments under their own title, and nothing of anybody else.

    Somebody whose calendar is to show nothing gets an empty one. Their part ends as a
    cancellation; had the session been changed since, that is none of their business any more.
    """
    if not takes_file(participant):
        return
    rows = (
        Attendance.objects.filter(participant=participant)
        .filter(appointment__in=_appointments(kinds=_FOR_ALL, now=now).values("pk"))
        .values_list("appointment_id", "pk", "left_at")
    )
    own = {appointment_id: (pk, left_at) for appointment_id, pk, left_at in rows}
    title = one_line(participant.event_title) or _("Appointment")
    locations = _locations()
    # A person's own are few; it is the practitioner's feed that grows with the years.
    for appointment in _appointments(kinds=_FOR_ALL, now=now).filter(pk__in=own):
        uid, left_at = own[appointment.pk]
        changed_at: datetime = vars(appointment)["changed_at"]
        if left_at is not None and (changed_at > left_at or left_at <= now - CANCELLED):
            continue
        yield FeedEvent(
            uid=uid,
            sequence=appointment.revision + (left_at is not None),
            changed_at=left_at or changed_at,
            starts_at=appointment.starts_at,
            ends_at=appointment.ends_at,
            title=title,
            is_cancelled=left_at is not None or appointment.state == AppointmentState.CANCELLED,
            location=locations.get(Modality(appointment.modality), ""),
        )
