"""Giving one's passcode, with few tries; and a new one for somebody who has forgotten theirs."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from booking.models import Participant
from booking.operations.participants import store_passcode
from intake.domain.refusals import (
    NoPasscode,
    NotTheirPractitioner,
    TooManyTries,
    WrongPasscode,
)
from intake.models import NewPasscode
from practice.models import Change
from practice.operations import journal

TRIES_MAX = 5
TRIES_SPAN = timedelta(minutes=15)
#: As long as a talk lasts in which the word is read out and typed.
WORD_LIVES = timedelta(minutes=30)
_WORD_DIGITS = 8
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
    participant = _locked_with_tries(participant_id, now=now)
    if check_password(passcode.strip(), participant.passcode_hash):
        return True
    _count_wrong(participant_id, now=now)
    return False


def _locked_with_tries(participant_id: UUID, *, now: datetime) -> Participant:
    participant = Participant.objects.select_for_update(no_key=True).get(pk=participant_id)
    tries = Change.objects.filter(
        subject_type="participant",
        subject_id=participant_id,
        kind=_WRONG,
        occurred_at__gt=now - TRIES_SPAN,
    ).count()
    if tries >= TRIES_MAX:
        raise TooManyTries
    return participant


def _count_wrong(participant_id: UUID, *, now: datetime) -> None:
    journal.note(
        kind=_WRONG,
        subject_type="participant",
        subject_id=participant_id,
        actor=journal.client(participant_id),
        at=now,
    )


# Forgotten -----------------------------------------------------------------------------------


@transaction.atomic(durable=True)
def ask_for_new(*, participant_id: UUID, now: datetime) -> None:
    """Somebody has forgotten their passcode: their practitioner is told. Nothing is sent to them.

    Whoever reads their mail may press this too; it opens nothing. Raises `NoPasscode`.
    """
    participant = (
        Participant.objects.select_for_update(no_key=True, of=("self",))
        .select_related("request")
        .get(pk=participant_id)
    )
    if not participant.passcode_hash:
        raise NoPasscode
    row, _ = NewPasscode.objects.get_or_create(participant=participant)
    if row.asked_at is not None:
        return
    row.asked_at = now
    row.save(update_fields=["asked_at"])
    journal.record(
        kind="passcode_forgotten",
        subject_type="request",
        subject_id=participant.request_id,
        revision=participant.request.revision,
        actor=journal.client(participant_id),
        at=now,
        snapshot={"participant": str(participant_id)},
    )


@transaction.atomic(durable=True)
def give_word(*, participant_id: UUID, practitioner_id: UUID, now: datetime) -> str:
    """A word that lets one person choose a new passcode, for half an hour and once.

    The practitioner has made sure who it is, and says the word to them; it is kept as a hash only
    and never sent. A new word replaces the one before. Raises `NotTheirPractitioner` and
    `NoPasscode`.
    """
    participant = (
        Participant.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk=participant_id, request__practitioner_id=practitioner_id)
        .first()
    )
    if participant is None:
        raise NotTheirPractitioner
    if not participant.passcode_hash:
        raise NoPasscode
    word = "".join(secrets.choice("0123456789") for _ in range(_WORD_DIGITS))
    NewPasscode.objects.update_or_create(
        participant=participant,
        defaults={
            "word_hash": make_password(word),
            "word_until": now + WORD_LIVES,
            "given_by_id": practitioner_id,
        },
    )
    journal.note(
        kind="passcode_word_given",
        subject_type="participant",
        subject_id=participant_id,
        actor=journal.practitioner(practitioner_id),
        at=now,
    )
    return word


def choose_with_word(*, participant_id: UUID, word: str, passcode: str, now: datetime) -> None:
    """Set a new passcode with the word that one was told. The word is gone then.

    A wrong one counts like a wrong passcode. Raises `WrongPasscode` (also for a word that is over)
    and `TooManyTries`.
    """
    if not _is_chosen(participant_id=participant_id, word=word, passcode=passcode, now=now):
        raise WrongPasscode


@transaction.atomic(durable=True)
def _is_chosen(*, participant_id: UUID, word: str, passcode: str, now: datetime) -> bool:
    participant = _locked_with_tries(participant_id, now=now)
    row = NewPasscode.objects.filter(participant=participant, word_until__gt=now).first()
    typed = "".join(c for c in word if c.isdigit())
    if row is None or not check_password(typed, row.word_hash):
        _count_wrong(participant_id, now=now)
        return False
    row.delete()
    store_passcode(participant_id=participant_id, passcode=passcode, now=now)
    return True
