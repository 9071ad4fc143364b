"""Giving one's passcode, with few tries."""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password
from django.db import transaction

from booking.models import Participant
from intake.domain.refusals import TooManyTries, WrongPasscode
from practice.models import Change
from practice.operations import journal

TRIES_MAX = 5
TRIES_SPAN = timedelta(minutes=15)
_WRONG = "passcode_wrong"


def enter_passcode(*, participant_id: UUID, passcode: str, now: datetime) -> None:
    """Check a passcode. Raises `WrongPasscode`, and `TooManyTries` after five in 15 minutes.

    Wrong tries are counted in the journal, so no restart and no lost cache forgets them.
    """
    if not _is_right(participant_id=participant_id, passcode=passcode, now=now):
        raise WrongPasscode


@transaction.atomic(durable=True)
def _is_right(*, participant_id: UUID, passcode: str, now: datetime) -> bool:
    """Check and count in one transaction; tries at the same time wait for each other."""
    participant = Participant.objects.select_for_update().get(pk=participant_id)
    tries = Change.objects.filter(
        subject_type="participant",
        subject_id=participant_id,
        kind=_WRONG,
        occurred_at__gt=now - TRIES_SPAN,
    ).count()
    if tries >= TRIES_MAX:
        raise TooManyTries
    if check_password(passcode.strip(), participant.passcode_hash):
        return True
    journal.note(
        kind=_WRONG,
        subject_type="participant",
        subject_id=participant_id,
        actor=journal.client(participant_id),
        at=now,
    )
    return False
