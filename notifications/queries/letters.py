"""What one letter needs to know, read just before it is written."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import cache, lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from booking.domain.reference import reference
from booking.domain.states import AppointmentState, RequestState, SeatState
from booking.models import Appointment, Participant, Seat
from booking.operations import links, undoing
from booking.queries.joining import how_to_join
from notifications.domain.clocks import clock_before
from notifications.domain.discretion import (
    forbidden_words,
    is_plain_name,
    names_in_address,
    one_line,
)
from notifications.domain.facts import DayFacts, RequestFacts, SeriesFacts
from notifications.domain.kinds import (
    ABOUT_ABSENCE,
    ALERTS,
    CANCELLATIONS,
    FROM_THE_OFFICE,
    Kind,
)
from notifications.models import Delivery
from notifications.queries import alerts, own
from notifications.queries.facts import proposed_times
from notifications.queries.matters import Matter
from notifications.queries.persons import practitioner_names, says_details, takes_file, zone_of
from practice.models import Practice, Practitioner


@dataclass(frozen=True, slots=True)
class Session:
    """When and how a session takes place, as far as a message may say it.

    `join_by` and `join`: `booking.queries.people.JoinBy`, the same that stands on the page.
    `may_move`: whether another time can be looked for; the dates of a group are everybody's.
    """

    starts_at: datetime
    ends_at: datetime
    modality: str
    join_by: str = ""
    join: str = ""
    free_until: datetime | None = None
    may_move: bool = True


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that one message is written from.

    `details` is False unless nobody else reads their mailbox: then times, names and ways to join
    stand on the page only. `code` belongs to `url`; without one the page asks for the address
    instead. `ask_url` is where anybody asks for a new session. `times` are offered (a proposal,
    or new times after a cancellation); `dates` are booked, or cancelled, all at once.
    `clock_before`: what the reader's clock showed for the same wall time until now.
    `files_follow`: each of `dates` also comes in a message with a calendar file.
    `has_other_dates`: of somebody whose appointment was cancelled. `waits_for_place`: on the list
    of a group that is full. `undo_url`: takes back a change of address, until `undo_until`.
    `wordings`: the practice's own, by slot (`Practice.wordings`).
    """

    kind: Kind
    delivery_id: UUID
    address: str
    sender: str
    signature: str
    reply_to: str
    zone: ZoneInfo
    url: str
    ask_url: str
    sent_at: datetime
    code: str = ""
    details: bool = True
    session: Session | None = None
    times: tuple[tuple[datetime, datetime], ...] = ()
    times_until: datetime | None = None
    requester: str = ""
    reply_promise: str = ""
    reference: str = ""
    is_last: bool = False
    event_title: str = ""
    has_file: bool = False
    dates: tuple[tuple[datetime, datetime], ...] = ()
    clock_before: datetime | None = None
    minutes_late: int = 0
    sessions_today: int = 0
    is_waiting: bool = False
    files_follow: bool = False
    has_other_dates: bool = False
    waits_for_place: bool = False
    undo_url: str = ""
    undo_until: datetime | None = None
    is_about_passcode: bool = False
    subject_style: str = "plain"
    wordings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def from_address() -> str:
    """The bare address that everything is sent from."""
    return _bare(settings.DEFAULT_FROM_EMAIL)


@cache
def _bare(address: str) -> str:
    return parseaddr(address)[1]


def page(name: str, *args: object) -> str:
    """The full address of a page of ours."""
    return settings.BASE_URL.rstrip("/") + (reverse(name, args=args) if args else _path(name))


@cache
def _path(name: str) -> str:
    return reverse(name)


@lru_cache(maxsize=1024)
def _is_discreet(text: str) -> bool:
    # Kept, because the same few addresses and rooms stand in message after message.
    return not forbidden_words(text)


@lru_cache(maxsize=64)
def _names_any(address: str, names: tuple[str, ...]) -> bool:
    return names_in_address(address, names)


def letter(
    delivery: Delivery,
    matter: Matter,
    *,
    practice: Practice,
    now: datetime,
    names: Collection[str] | None = None,
) -> Letter:
    """The facts for this delivery's message, as things stand now.

    `names`: those of the practitioners, by whoever writes many messages and has read them.
    """
    if delivery.practitioner is not None:
        return _to_practitioner(delivery, matter, delivery.practitioner, practice, now=now)
    if matter.participant is None:
        raise ValueError("a delivery without a recipient")
    names = practitioner_names() if names is None else names
    return _to_participant(delivery, matter, matter.participant, practice, names, now=now)


def _to_practitioner(
    delivery: Delivery,
    matter: Matter,
    practitioner: Practitioner,
    practice: Practice,
    *,
    now: datetime,
) -> Letter:
    office = practice.office_name
    # The page of a group is no address to stand in a mail: the list leads there.
    url = page("desk:waiting")
    kind = Kind(delivery.kind)
    besides = alerts.called_besides(kind)
    request_id = delivery.subject_id if delivery.subject_type == "request" else matter.request_id
    if kind is Kind.PRACTITIONER_TODAY:
        url = page("desk:agenda")
    elif kind is Kind.PRACTITIONER_DATES_WISH:
        url = page("desk:series", delivery.subject_id)
    elif kind is Kind.PRACTITIONER_BOUNCED:
        url = page("messages:came-back")
    elif matter.appointment is not None:
        url = page("desk:appointment", matter.appointment.id)
    elif request_id is not None:
        url = page("desk:request", request_id)
    elif kind in ALERTS:
        url = page("desk-attention")
    return Letter(
        kind=kind,
        delivery_id=delivery.id,
        address=practitioner.email if besides is None else besides[1],
        sender=one_line(office),
        signature=one_line(office),
        reply_to="",
        zone=zone_of(practitioner.time_zone),
        url=url,
        ask_url=page("request"),
        sent_at=now,
        reference=reference(matter.appointment.id) if matter.appointment is not None else "",
        minutes_late=_minutes_late(delivery),
        sessions_today=matter.facts.count if isinstance(matter.facts, DayFacts) else 0,
    )


def _to_participant(
    delivery: Delivery,
    matter: Matter,
    participant: Participant,
    practice: Practice,
    names: Collection[str],
    *,
    now: datetime,
) -> Letter:
    kind = Kind(delivery.kind)
    practitioner = matter.practitioner
    # The way in that this message carries: the one it is about, or the person's newest.
    link = matter.link or matter.way_in
    address = matter.link.address if matter.link else participant.email
    if kind is Kind.SETTINGS_CHANGED_BEFORE:
        # Whoever reads there now gets no way in.
        link, address = None, own.address_before(delivery.change)
    sender = {
        Participant.SenderName.PRACTITIONER: practitioner.display_name,
        Participant.SenderName.INITIALS: practitioner.initials,
    }.get(Participant.SenderName(participant.sender_name), practice.office_name)
    # Who has not chosen yet gets the name that says least.
    if kind in FROM_THE_OFFICE or participant.joined_at is None:
        sender = practice.office_name
    details = says_details(participant)
    appointment = matter.appointment
    times, until = _times(delivery, participant, appointment)
    undo_url = _undo_url(kind, delivery)
    return Letter(
        kind=kind,
        delivery_id=delivery.id,
        address=address,
        sender=one_line(sender),
        signature=one_line(sender),
        reply_to=_reply_to(kind, participant, practice, names),
        zone=zone_of(participant.time_zone),
        url=page("open", links.token(link.id)) if link else page("link-again"),
        ask_url=page("request"),
        sent_at=now,
        code=_spaced(links.code(link.id)) if link else "",
        details=details,
        session=_session(appointment, participant) if appointment else None,
        times=times,
        times_until=until,
        requester=_requester_name(participant) if kind in FROM_THE_OFFICE else "",
        reply_promise=practice.reply_promise,
        is_last=delivery.key.split(":")[1].startswith("2@"),
        event_title=participant.event_title,
        # A copy that may have arrived with its file goes without it, if they want none now.
        has_file=delivery.method == "REQUEST" and takes_file(participant),
        dates=tuple((a.starts_at, a.ends_at) for a in matter.dates),
        clock_before=_clock_before(matter, participant),
        minutes_late=_minutes_late(delivery),
        is_waiting=isinstance(matter.facts, RequestFacts) and matter.facts.is_waiting,
        files_follow=takes_file(participant),
        has_other_dates=has_other_dates(kind, participant, now=now),
        waits_for_place=kind is Kind.ON_THE_LIST and _waits_for_place(participant),
        undo_url=undo_url,
        undo_until=undoing.undo_until(delivery.change) if undo_url else None,
        is_about_passcode=delivery.change.kind == "passcode_replaced",
        subject_style=participant.subject_style,
        wordings=practice.wordings,
    )


def _undo_url(kind: Kind, delivery: Delivery) -> str:
    """Where the change is taken back, for who reads at the address before."""
    if kind is not Kind.SETTINGS_CHANGED_BEFORE:
        return ""
    token = undoing.undo_token(delivery.change)
    return page("undo-address", token) if token else ""


def has_other_dates(kind: Kind, participant: Participant, *, now: datetime) -> bool:
    """Whether somebody who hears that something is over still has other appointments."""
    return (kind in CANCELLATIONS or kind in ABOUT_ABSENCE) and Appointment.objects.filter(
        attendances__participant=participant,
        attendances__left_at__isnull=True,
        state=AppointmentState.BOOKED,
        ends_at__gt=now,
    ).exists()


def _waits_for_place(participant: Participant) -> bool:
    return Seat.objects.filter(request=participant.request_id, state=SeatState.WAITING).exists()


def _minutes_late(delivery: Delivery) -> int:
    minutes = delivery.change.snapshot.get("minutes", 0)
    return minutes if isinstance(minutes, int) else 0


def _clock_before(matter: Matter, participant: Participant) -> datetime | None:
    """What this person's clock showed before, for the one date that the message is about."""
    if not isinstance(matter.facts, SeriesFacts) or matter.appointment is None:
        return None
    dates = matter.facts.dates_of(participant.id)
    date = next((d for d in dates if d.appointment_id == matter.appointment.id), None)
    return clock_before(date, dates, zone_of(participant.time_zone)) if date else None


def _spaced(code: str) -> str:
    return f"{code[:3]} {code[3:]}"


def _reply_to(
    kind: Kind, participant: Participant, practice: Practice, names: Collection[str]
) -> str:
    """Where replies go: to the practice, unless its address gives away what it does.

    Or whose it is, to people who chose a sender that does not say so. Somebody who was invited
    knows nothing yet, so nothing but the office address shows.
    """
    if kind in FROM_THE_OFFICE or participant.joined_at is None:
        return ""
    is_named = participant.sender_name == Participant.SenderName.PRACTITIONER
    if not _is_discreet(practice.email):
        return ""
    return practice.email if is_named or not _names_any(practice.email, tuple(names)) else ""


def _requester_name(participant: Participant) -> str:
    """How the requester chose to be named in this person's invitation.

    Empty where that is more than a name: anybody can write to anybody's address in this way, and
    what they wrote would be the first line of a mail of ours.
    """
    requester = participant.request.participants.filter(is_requester=True).first()
    if requester is None:
        return ""
    written = requester.chosen_name or requester.label
    if not is_plain_name(written):
        return ""
    name = one_line(written)
    if participant.invited_as == Participant.InvitedAs.INITIAL and name:
        return f"{name[0].upper()}."
    return name


def _session(appointment: Appointment, participant: Participant) -> Session:
    how = how_to_join(appointment, participant)
    free_until = appointment.starts_at - timedelta(minutes=appointment.service.cancel_minutes)
    return Session(
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        modality=appointment.modality,
        # A way to join that says what the practice does is shown on the page only.
        join_by=how.kind,
        join=how.detail if _is_discreet(how.detail) else "",
        free_until=free_until,
        may_move=appointment.cohort_id is None,
    )


def _times(
    delivery: Delivery, participant: Participant, appointment: Appointment | None
) -> tuple[tuple[tuple[datetime, datetime], ...], datetime | None]:
    if delivery.subject_type == "request" and delivery.kind in (
        Kind.TIME_TO_CONFIRM,
        Kind.TIME_TO_CONFIRM_REMINDER,
        Kind.TIME_OPENED,
    ):
        held = proposed_times(participant.request).order_by("rank")
        return tuple((a.starts_at, a.ends_at) for a in held), participant.request.hold_ends_at
    if delivery.kind == Kind.CANCELLED_BY_PRACTICE and appointment is not None:
        return _offered_instead(delivery, participant), None
    return (), None


def _offered_instead(
    delivery: Delivery, participant: Participant
) -> tuple[tuple[datetime, datetime], ...]:
    """The new times offered with a cancellation, as far as this person's page asks about them."""
    offered = {
        datetime.fromisoformat(text) for text in delivery.change.snapshot.get("alternatives", ())
    }
    is_asked = participant.attends == Participant.Attends.YES and participant.excused_at is None
    if not offered or not is_asked:
        return ()
    held = Appointment.objects.filter(
        request=participant.request_id,
        request__state=RequestState.PROPOSED,
        state=AppointmentState.HELD,
        suggested_by__isnull=True,
        starts_at__in=offered,
    ).order_by("rank")
    return tuple((a.starts_at, a.ends_at) for a in held)
