"""What one letter needs to know, read just before it is written."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from booking.domain.reference import reference
from booking.domain.states import AppointmentState, RequestState
from booking.models import Appointment, Participant, PrivateLink
from booking.operations import links
from booking.queries.people import how_to_join
from notifications.domain.clocks import clock_before
from notifications.domain.discretion import forbidden_words, one_line
from notifications.domain.facts import RequestFacts, SeriesFacts
from notifications.domain.kinds import ALERTS, CANCELLATIONS, FROM_THE_OFFICE, Kind
from notifications.models import Delivery
from notifications.queries import alerts, own
from notifications.queries.facts import Matter, proposed_times
from notifications.queries.persons import says_details, takes_file, zone_of
from practice.models import Practice, Practitioner


@dataclass(frozen=True, slots=True)
class Session:
    """When and how a session takes place, as far as a message may say it.

    `join_by` and `join`: `booking.queries.people.JoinBy`, the same that stands on the page.
    """

    starts_at: datetime
    ends_at: datetime
    modality: str
    join_by: str = ""
    join: str = ""
    free_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that one message is written from.

    `details` is False unless nobody else reads their mailbox: then times, names and ways to join
    stand on the page only. `code` belongs to `url`; without one the page asks for the address
    instead. `ask_url` is where anybody asks for a new session. `times` are offered (a proposal,
    or new times after a cancellation); `dates` are booked, or cancelled, all at once.
    `clock_before`: what the reader's clock showed for the same wall time until now.
    `files_follow`: each of `dates` also comes in a message with a calendar file.
    `has_other_dates`: of somebody whose appointment was cancelled.
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
    is_waiting: bool = False
    files_follow: bool = False
    has_other_dates: bool = False


def from_address() -> str:
    """The bare address that everything is sent from."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def page(name: str, *args: object) -> str:
    """The full address of a page of ours."""
    return settings.BASE_URL.rstrip("/") + reverse(name, args=args)


def letter(delivery: Delivery, matter: Matter, *, practice: Practice, now: datetime) -> Letter:
    """The facts for this delivery's message, as things stand now."""
    if delivery.practitioner is not None:
        return _to_practitioner(delivery, matter, delivery.practitioner, practice, now=now)
    if matter.participant is None:
        raise ValueError("a delivery without a recipient")
    return _to_participant(delivery, matter, matter.participant, practice, now=now)


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
    if matter.appointment is not None:
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
    )


def _to_participant(
    delivery: Delivery,
    matter: Matter,
    participant: Participant,
    practice: Practice,
    *,
    now: datetime,
) -> Letter:
    kind = Kind(delivery.kind)
    practitioner = matter.practitioner
    # The way in that this message carries: the one it is about, or the person's newest.
    link = matter.link or _newest_link(participant)
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
    return Letter(
        kind=kind,
        delivery_id=delivery.id,
        address=address,
        sender=one_line(sender),
        signature=one_line(sender),
        reply_to=_reply_to(kind, participant, practice),
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
        has_file=delivery.method == "REQUEST",
        dates=tuple((a.starts_at, a.ends_at) for a in matter.dates),
        clock_before=_clock_before(matter, participant),
        minutes_late=_minutes_late(delivery),
        is_waiting=isinstance(matter.facts, RequestFacts) and matter.facts.is_waiting,
        files_follow=takes_file(participant),
        has_other_dates=_has_other_dates(kind, participant, now=now),
    )


def _has_other_dates(kind: Kind, participant: Participant, *, now: datetime) -> bool:
    """Whether somebody who hears that something is cancelled still has other appointments."""
    return (
        kind in CANCELLATIONS
        and Appointment.objects.filter(
            attendances__participant=participant,
            attendances__left_at__isnull=True,
            state=AppointmentState.BOOKED,
            ends_at__gt=now,
        ).exists()
    )


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


def _newest_link(participant: Participant) -> PrivateLink | None:
    """The newest way in that this person has.

    Only links to the address that the message goes to: the code of a link that was sent
    elsewhere would prove the wrong address.
    """
    return (
        participant.links.filter(
            address=participant.email,
            is_handover=False,
            revoked_at__isnull=True,
            wrong_tries__lt=links.WRONG_TRIES_MAX,
        )
        .order_by("-created_at")
        .first()
    )


def _reply_to(kind: Kind, participant: Participant, practice: Practice) -> str:
    """Where replies go: to the practice, unless its address gives away what it does.

    Somebody who was invited knows nothing yet, so nothing but the office address shows.
    """
    if kind in FROM_THE_OFFICE or participant.joined_at is None:
        return ""
    return "" if forbidden_words(practice.email) else practice.email


def _requester_name(participant: Participant) -> str:
    """How the requester chose to be named in this person's invitation."""
    requester = participant.request.participants.filter(is_requester=True).first()
    if requester is None:
        return ""
    name = one_line(requester.chosen_name or requester.label)
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
        join="" if forbidden_words(how.detail) else how.detail,
        free_until=free_until,
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
