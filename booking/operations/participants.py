"""People in a request: taking part, leaving quietly, and what intake reports of them."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction

from booking.domain.refusals import NotTheirs
from booking.domain.states import OPEN_REQUEST_STATES, RequestState
from booking.models import DoNotContact, Participant, Request, TimeAnswer
from booking.operations import decisions, proposals
from booking.operations.calendar import live_candidates, lock_calendar_and_request
from booking.operations.issuing import address_hash
from booking.operations.requests import leave_request, settle
from booking.queries.people import undisclosed
from practice.operations import journal

#: Columns of a person's own profile: their questionnaire and their choices fill them.
PROFILE_COLUMNS = frozenset(
    {
        "chosen_name",
        "pronouns",
        "time_zone",
        "phone",
        "shared_mailbox",
        "sender_name",
        "calendar_entry",
        "event_title",
        "wants_reminders",
        "may_name_me",
        "subject_style",
        "channel",
        "reminder_cadence",
        "quiet_from",
        "quiet_until",
        "wants_aftercare",
        "wants_feedback",
        "chose_messages_at",
    }
)


@transaction.atomic(durable=True)
def join(*, participant_id: UUID, answers: Mapping[UUID, bool], now: datetime) -> None:
    """Accept to take part. `answers` says yes or no to each held time that they were shown.

    A "sometimes" person may still join when the session is booked. Raises `NotTheirs` if the
    invitation is not open any more.
    """
    request, participant = _lock(participant_id)
    is_late_guest = (
        request.state == RequestState.CONFIRMED
        and participant.attends == Participant.Attends.SOMETIMES
    )
    is_open = request.state in OPEN_REQUEST_STATES or is_late_guest
    if participant.left_at is not None or not is_open:
        raise NotTheirs
    actor = journal.client(participant.id)
    if participant.joined_at is None:
        participant.joined_at = now
        participant.agreed = True
        participant.save(update_fields=["joined_at", "agreed"])
        journal.record(
            kind="participant_joined",
            subject_type="request",
            subject_id=request.id,
            revision=request.revision,
            actor=actor,
            at=now,
            snapshot={"participant": str(participant.id)},
        )
    if request.state != RequestState.PROPOSED:
        hidden = set(undisclosed(request.id))
        for appointment in live_candidates(request, now=now):
            if appointment.id in answers and str(appointment.id) not in hidden:
                TimeAnswer.objects.update_or_create(
                    appointment=appointment,
                    participant=participant,
                    defaults={"accepts": answers[appointment.id], "answered_at": now},
                )
    settle(request, actor=actor, now=now)


@transaction.atomic(durable=True)
def decline_invitation(*, participant_id: UUID, never_again: bool, now: datetime) -> None:
    """Say no quietly. The requester is told nothing; the practitioner decides what follows.

    `never_again` keeps a hash of the address, so that Attune never writes to it again.
    Raises `NotTheirs`.
    """
    request, participant = _lock(participant_id)
    if participant.is_requester or participant.joined_at is not None:
        raise NotTheirs
    if never_again and participant.email:
        DoNotContact.objects.get_or_create(
            address_hash=address_hash(participant.email), defaults={"created_at": now}
        )
    leave_request(
        participant,
        request,
        kind="participant_declined",
        actor=journal.client(participant.id),
        now=now,
    )


@transaction.atomic(durable=True)
def excuse(*, participant_id: UUID, practitioner_id: UUID, now: datetime) -> None:
    """The practitioner goes on without somebody. Raises `NotTheirs` for a closed request."""
    request, participant = _lock(participant_id)
    if request.state not in OPEN_REQUEST_STATES or request.practitioner_id != practitioner_id:
        raise NotTheirs
    if participant.is_requester or participant.excused_at is not None:
        raise NotTheirs
    actor = journal.practitioner(practitioner_id)
    participant.excused_at = now
    participant.save(update_fields=["excused_at"])
    if participant.left_at is None:
        leave_request(participant, request, kind="participant_excused", actor=actor, now=now)
    else:
        settle(request, actor=actor, now=now)
    proposals.reconsider(request, actor=actor, now=now)


@transaction.atomic(durable=True)
def set_passcode(*, participant_id: UUID, passcode: str, now: datetime) -> None:
    """Guard the reading of one's saved answers with a passcode, stored as a slow hash."""
    store_passcode(participant_id=participant_id, passcode=passcode, now=now)


def store_passcode(*, participant_id: UUID, passcode: str, now: datetime) -> None:
    """The same in the caller's transaction. One in place of another is told to its owner."""
    before = Participant.objects.select_for_update(no_key=True).get(pk=participant_id)
    Participant.objects.filter(pk=participant_id).update(passcode_hash=make_password(passcode))
    write = journal.record if before.passcode_hash else journal.note
    write(
        kind="passcode_replaced" if before.passcode_hash else "passcode_set",
        subject_type="participant",
        subject_id=participant_id,
        actor=journal.client(participant_id),
        at=now,
    )


def save_profile(
    *,
    participant_id: UUID,
    profile: Mapping[str, str | bool | int | datetime],
    now: datetime,
    zone_is_guessed: bool = False,
) -> None:
    """Store what a person says about contact and discretion. Runs in the caller's transaction.

    The change is recorded, so that messages already planned follow the new wishes. Raises
    `ValueError` for a column that is not theirs to set.
    """
    unknown = profile.keys() - PROFILE_COLUMNS
    if unknown:
        raise ValueError(f"not profile columns: {sorted(unknown)}")
    if not profile:
        return
    # A zone that they gave is theirs: no page guesses at another.
    is_choice = "time_zone" in profile and not zone_is_guessed
    chosen = {"chose_zone_at": now} if is_choice else {}
    Participant.objects.filter(pk=participant_id).update(**profile, **chosen)
    journal.record(
        kind="profile_changed",
        subject_type="participant",
        subject_id=participant_id,
        actor=journal.client(participant_id),
        at=now,
    )


def mark_cleared(*, participant_id: UUID, now: datetime) -> None:
    """Intake reports that a person's own part is complete. Runs in the caller's transaction."""
    request, participant = _lock(participant_id)
    if participant.cleared_at is not None:
        return
    participant.cleared_at = now
    participant.save(update_fields=["cleared_at"])
    actor = journal.client(participant.id)
    journal.record(
        kind="participant_cleared",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=actor,
        at=now,
        snapshot={"participant": str(participant.id)},
    )
    settle(request, actor=actor, now=now)
    if request.confirm_when_ready and request.state == RequestState.READY:
        decisions.confirm_beforehand(request, now=now)


def mark_uncleared(*, participant_id: UUID, now: datetime) -> None:
    """Intake reports that something is missing again. Runs in the caller's transaction."""
    request, participant = _lock(participant_id)
    if participant.cleared_at is None:
        return
    participant.cleared_at = None
    participant.save(update_fields=["cleared_at"])
    actor = journal.client(participant.id)
    journal.note(
        kind="participant_uncleared",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=actor,
        at=now,
        snapshot={"participant": str(participant.id)},
    )
    settle(request, actor=actor, now=now)


def _lock(participant_id: UUID) -> tuple[Request, Participant]:
    request_id = (
        Participant.objects.values_list("request_id", flat=True).filter(pk=participant_id).first()
    )
    if request_id is None:
        raise NotTheirs
    request = lock_calendar_and_request(request_id)
    participant = Participant.objects.select_for_update(no_key=True).get(pk=participant_id)
    participant.request = request
    return request, participant
