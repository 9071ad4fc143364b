"""One person chooses how they are written to."""

from datetime import datetime
from uuid import UUID

from booking.domain.discretion import MessageChoices
from booking.domain.refusals import InvalidRequest, NotTheirs, Problem
from booking.models import Participant
from booking.operations.participants import save_profile


def choose_messages(*, participant_id: UUID, choices: MessageChoices, now: datetime) -> None:
    """Store the choices; messages that wait already follow them. Runs in the caller's transaction.

    Raises `NotTheirs` for somebody who has left, `InvalidRequest` for quiet hours that leave too
    little of the day.
    """
    if not choices.quiet_fits:
        sentence = "Quiet hours can last sixteen hours at most."
        raise InvalidRequest([Problem("quiet_until", "too_long", sentence)])
    rows = Participant.objects.select_for_update(no_key=True).filter(
        pk=participant_id, left_at__isnull=True, joined_at__isnull=False
    )
    if rows.first() is None:
        raise NotTheirs
    save_profile(
        participant_id=participant_id,
        profile={
            "shared_mailbox": choices.shared_mailbox,
            "channel": choices.channel,
            "sender_name": choices.sender_name,
            "subject_style": choices.subject_style,
            "calendar_entry": choices.calendar_entry,
            "event_title": choices.event_title,
            "wants_reminders": choices.wants_reminders,
            "reminder_cadence": choices.cadence,
            "quiet_from": choices.quiet_from,
            "quiet_until": choices.quiet_until,
            "wants_aftercare": choices.wants_aftercare,
            "wants_feedback": choices.wants_feedback,
            "chose_messages_at": now,
        },
        now=now,
    )
