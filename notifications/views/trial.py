"""What one person would get with choices that are not saved yet, written by the code that sends."""

import uuid
from collections.abc import Sequence
from copy import copy
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.utils.translation import gettext as _
from icalendar import Calendar

from booking.domain.discretion import MessageChoices
from booking.domain.states import AppointmentState
from booking.models import Appointment, Participant
from booking.queries.dates import booked_for
from notifications.domain.discretion import forbidden_words
from notifications.domain.facts import PersonFacts
from notifications.domain.kinds import Kind
from notifications.messages.times import span
from notifications.messages.wording import compose
from notifications.models import Delivery, Invite
from notifications.operations.envelopes import envelope
from notifications.queries.letters import letter
from notifications.queries.matters import Matter, ways_in
from notifications.queries.persons import is_page_only, takes_file, zone_of
from practice.domain.wall import instant, local_date
from practice.models import Change, Practice

_HOUR = 15 * 60
_AHEAD = timedelta(days=7)
#: Shown in the inbox, as far as they are wanted, with how long before the session each arrives.
_SHOWN = (
    (Kind.BOOKED, timedelta(days=5)),
    (Kind.REMINDER, timedelta(days=1)),
    (Kind.AFTERCARE, timedelta(hours=-4)),
    (Kind.FEEDBACK, timedelta(days=-1)),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One message as a screen shows it before it is opened."""

    sender: str
    subject: str
    preview: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One calendar entry. `link`: where it leads, without the key that stands in it."""

    title: str
    when: str
    place: str
    link: str


@dataclass(frozen=True, slots=True)
class Trial:
    """All that others could see. Without lines nothing is sent.

    `telling`: the words of their own title that may tell more than they want.
    `is_example`: nothing is booked for them yet, and the day shown is made up.
    """

    lines: Sequence[Line]
    entry: Entry | None
    telling: Sequence[str]
    is_example: bool = False


def trial_of(
    participant: Participant, choices: MessageChoices, *, practice: Practice, now: datetime
) -> Trial:
    """What would appear for this person. Nothing is stored, and nothing is sent."""
    somebody = _as_chosen(participant, choices, now=now)
    telling = forbidden_words(somebody.event_title)
    if is_page_only(somebody):
        return Trial([], None, telling)
    upcoming = [a for a in booked_for(participant) if a.starts_at > now]
    appointment = upcoming[0] if upcoming else _sample_appointment(somebody, now=now)
    lines: list[Line] = []
    entry = None
    for kind, before in _SHOWN:
        if not _is_wanted(kind, somebody):
            continue
        delivery = _delivery(kind, somebody, now=now)
        person = PersonFacts(id=somebody.id, people=[], is_live=True)
        matter = Matter(
            person,
            appointment.practitioner,
            somebody,
            appointment=appointment,
            way_in=ways_in([somebody.id]).get(somebody.id),
        )
        at = appointment.starts_at - before
        written = letter(delivery, matter, practice=practice, now=at)
        mail = envelope(delivery, written)
        name, _address = parseaddr(mail.from_email)
        lines.append(Line(name, str(mail.subject), compose(written).preview))
        if mail.calendar:
            entry = _entry(mail.calendar, appointment, somebody)
    return Trial(lines, entry, telling, is_example=not upcoming)


def _is_wanted(kind: Kind, somebody: Participant) -> bool:
    switches = {
        Kind.REMINDER: somebody.wants_reminders,
        Kind.AFTERCARE: somebody.wants_aftercare,
        Kind.FEEDBACK: somebody.wants_feedback,
    }
    return switches.get(kind, True)


def _as_chosen(participant: Participant, choices: MessageChoices, *, now: datetime) -> Participant:
    somebody = copy(participant)
    chosen = asdict(choices)
    somebody.reminder_cadence = chosen.pop("cadence")
    for name, value in chosen.items():
        setattr(somebody, name, value)
    somebody.chose_messages_at = now
    return somebody


def _sample_appointment(somebody: Participant, *, now: datetime) -> Appointment:
    """An appointment a week ahead, as theirs would be."""
    request, tz = somebody.request, zone_of(somebody.time_zone)
    starts_at = instant(local_date(now, tz) + _AHEAD, _HOUR, tz)
    return Appointment(
        request=request,
        service=request.service,
        practitioner=request.practitioner,
        modality=request.modality,
        state=AppointmentState.BOOKED,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=request.service.duration_minutes),
    )


def _delivery(kind: Kind, somebody: Participant, *, now: datetime) -> Delivery:
    has_file = kind is Kind.BOOKED and takes_file(somebody)
    return Delivery(
        key=f"{kind}:trial",
        kind=kind,
        change=Change(snapshot={}, occurred_at=now),
        subject_type="appointment",
        subject_id=somebody.id,
        participant=somebody,
        planned_at=now,
        due_at=now,
        invite=Invite(uid=uuid.uuid4(), sequence=0) if has_file else None,
        method="REQUEST" if has_file else "",
        sequence=0 if has_file else None,
        stamped_at=now if has_file else None,
    )


def _entry(file: bytes, appointment: Appointment, somebody: Participant) -> Entry:
    (event,) = Calendar.from_ical(file).walk("VEVENT")
    link = str(event["DESCRIPTION"])
    return Entry(
        title=str(event["SUMMARY"]),
        when=span(appointment.starts_at, appointment.ends_at, zone_of(somebody.time_zone)),
        place=str(event.get("LOCATION", "")) or _("None"),
        link=f"{link.partition('/open/')[0]}/open/…",
    )
