"""People as messages see them: what may reach them, and what may stand in it."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from booking.models import Participant
from intake.domain.loader import library
from intake.models import AnswerSheet
from notifications.domain.facts import Person, Recipient
from notifications.domain.kinds import Kind
from notifications.domain.quiet import Quiet
from practice.domain.wall import UnknownZone, zone
from practice.models import Practitioner

#: A part of a name that is shorter says nothing, and is a word of its own ("An", "Do").
NAME_LEAST = 3


def takes_file(participant: Participant) -> bool:
    """Whether calendar files reach this person.

    Somebody whose mailbox or calendar others may see, or who was never asked, gets links only,
    unless they chose an event themselves. The column's default is nobody's choice, and neither
    is being cleared: forms on paper never asked.
    """
    if participant.calendar_entry != Participant.CalendarEntry.EVENT or is_page_only(participant):
        return False
    has_chosen = participant.chose_messages_at is not None
    return says_details(participant) or has_chosen or _answered_into(participant, "calendar_entry")


def is_page_only(participant: Participant) -> bool:
    """Whether they read their page, and get no mail that they did not ask for."""
    return participant.channel == Participant.Channel.PAGE


def says_details(participant: Participant) -> bool:
    """Whether times and ways to join may stand in the message itself, or only on the page.

    Only with somebody's word that nobody else sees their mailbox: the question itself promises
    everybody else nothing but a link. "No" is never a default.
    """
    return participant.shared_mailbox == Participant.SharedMailbox.NO


def _answered_into(participant: Participant, column: str) -> bool:
    """Whether the person answered the question that this column of their profile comes from."""
    sheet: AnswerSheet | None = getattr(participant, "answer_sheet", None)
    if sheet is None or not sheet.profile_answered:
        return False
    form = library().forms.get((sheet.form, sheet.version))
    return form is not None and any(
        q.column == column and q.key in sheet.profile_answered for q in form.questions
    )


def practitioner_names() -> Sequence[str]:
    """Every name of a practitioner by which they could be looked up, whole and in parts."""
    names = Practitioner.objects.values_list("display_name", flat=True)
    return [part for name in names for part in (name, *name.split()) if len(part) >= NAME_LEAST]


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; UTC for one that has left the zone database meanwhile."""
    try:
        return zone(name)
    except UnknownZone:
        return ZoneInfo("UTC")


def recipient(practitioner: Practitioner) -> Recipient:
    """The practitioner as the recipient of a message."""
    switches = {
        Kind.PRACTITIONER_TODAY: practitioner.agenda_minute is not None,
        Kind.NEW_REQUEST: practitioner.hears_of_new,
        Kind.READY: practitioner.hears_of_ready,
    }
    return Recipient(
        practitioner.id,
        zone_of(practitioner.time_zone),
        is_practitioner=True,
        declines=frozenset(kind for kind, is_on in switches.items() if not is_on),
    )


def person(
    participant: Participant,
    *,
    invited_at: datetime | None = None,
    answered: bool = False,
    has_voted: bool = True,
    comes: bool = False,
    has_file: bool = False,
) -> Person:
    """A participant as messages see them; the rest is about one request or appointment."""
    return Person(
        id=participant.id,
        zone=zone_of(participant.time_zone),
        is_requester=participant.is_requester,
        attends=participant.attends,
        invited_at=invited_at,
        joined_at=participant.joined_at,
        is_verified=participant.verified_at is not None,
        is_cleared=participant.cleared_at is not None,
        has_left=participant.left_at is not None or participant.excused_at is not None,
        has_ended=participant.ended_at is not None,
        wants_reminders=participant.wants_reminders,
        cadence=participant.reminder_cadence,
        quiet=Quiet(participant.quiet_from, participant.quiet_until),
        page_only=is_page_only(participant),
        wants_aftercare=participant.wants_aftercare,
        wants_feedback=participant.wants_feedback,
        answered=answered,
        has_voted=has_voted,
        comes=comes,
        takes_file=takes_file(participant),
        has_file=has_file,
    )
