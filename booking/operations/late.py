"""After the cut-off, and on the way: a wish for another time, and somebody who runs late."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from booking.domain.asking import WORDS_MAX
from booking.domain.late import MINUTES_MAX, MINUTES_MIN, can_say_so
from booking.domain.refusals import InvalidRequest, NotTheirs, Problem
from booking.models import Appointment, LateWish
from booking.operations import appointments, calendar
from practice.models import Change
from practice.operations import journal
from practice.sealing import seal, unseal

#: The same words once more within this are a second press of one button.
_SAME_PRESS = timedelta(minutes=2)


@transaction.atomic(durable=True)
def ask_late(*, participant_id: UUID, appointment_id: UUID, words: str, now: datetime) -> LateWish:
    """Somebody asks the practitioner to change what they cannot change themselves any more.

    Nothing changes by it. Asking again replaces the words. Raises `InvalidRequest` (before the
    cut-off they need not ask) and `NotTheirs`.
    """
    appointment = _coming(appointment_id, participant_id)
    if appointment.starts_at <= now:
        raise NotTheirs
    if now <= appointments.last_free_change(appointment):
        raise InvalidRequest(
            [Problem("words", "not_late_yet", "You can still change this yourself.")]
        )
    if len(words) > WORDS_MAX:
        raise InvalidRequest(
            [
                Problem(
                    "words",
                    "too_long",
                    "Please keep it to %(count)s characters for now.",
                    {"count": WORDS_MAX},
                )
            ]
        )
    open_already = LateWish.objects.filter(
        appointment=appointment, participant_id=participant_id, settled_at__isnull=True
    ).first()
    if open_already is not None:
        open_already.words_sealed = _seal(open_already, words)
        open_already.save(update_fields=["words_sealed"])
        journal.note(
            kind="late_wish_reworded",
            subject_type="appointment",
            subject_id=appointment.id,
            revision=appointment.revision,
            actor=journal.client(participant_id),
            at=now,
            snapshot={"participant": str(participant_id), "wish": str(open_already.id)},
        )
        return open_already
    wish = LateWish(appointment=appointment, participant_id=participant_id, asked_at=now)
    wish.words_sealed = _seal(wish, words)
    wish.save(force_insert=True)
    journal.record(
        kind="late_wish",
        subject_type="appointment",
        subject_id=appointment.id,
        revision=appointment.revision,
        actor=journal.client(participant_id),
        at=now,
        snapshot={"participant": str(participant_id), "wish": str(wish.id)},
    )
    return wish


@transaction.atomic(durable=True)
def settle_late(*, wish_id: UUID, practitioner_id: UUID, outcome: str, now: datetime) -> None:
    """The practitioner answers a wish. Moving or cancelling the appointment settles it by itself.

    Whoever asked is told that it stays as it is. Raises `NotTheirs`.
    """
    wish = _own_wish(wish_id, practitioner_id)
    if wish.settled_at is not None:
        raise NotTheirs
    wish.settled_at = now
    wish.outcome = LateWish.Outcome(outcome)
    wish.save(update_fields=["settled_at", "outcome"])
    write = journal.record if wish.outcome == LateWish.Outcome.KEPT else journal.note
    write(
        kind=f"late_wish_{wish.outcome}",
        subject_type="appointment",
        subject_id=wish.appointment_id,
        revision=wish.appointment.revision,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={"participant": str(wish.participant_id), "wish": str(wish.id)},
    )


@transaction.atomic(durable=True)
def read_wish(*, wish_id: UUID, practitioner_id: UUID, now: datetime) -> str:
    """Open what somebody wrote with their wish, and note who read it.

    Raises `NotTheirs`, and `Tampered` or `UnknownKey` if it cannot be opened.
    """
    wish = LateWish.objects.filter(pk=wish_id, appointment__practitioner_id=practitioner_id).first()
    if wish is None:
        raise NotTheirs
    if wish.words_sealed is None:
        return ""
    journal.note(
        kind="late_wish_read",
        subject_type="appointment",
        subject_id=wish.appointment_id,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={"wish": str(wish.id)},
    )
    return unseal(wish.words_sealed, label="late_wish", row=wish.id, field="words")


@transaction.atomic(durable=True)
def running_late(
    *,
    appointment_id: UUID,
    minutes: int,
    now: datetime,
    practitioner_id: UUID | None = None,
    participant_id: UUID | None = None,
) -> None:
    """Somebody who is expected now says how late they will be. The appointment stays as it is.

    The practitioner's word reaches everybody coming; a client's reaches the practitioner alone.
    Raises `InvalidRequest`, `NotTheirs`.
    """
    if practitioner_id is not None:
        appointment = appointments.own(appointment_id, practitioner_id)
        appointments.people_coming(appointment)
        actor, by = journal.practitioner(practitioner_id), "practitioner"
    elif participant_id is not None:
        appointment = _coming(appointment_id, participant_id)
        actor, by = journal.client(participant_id), str(participant_id)
    else:
        raise NotTheirs
    if not MINUTES_MIN <= minutes <= MINUTES_MAX:
        raise InvalidRequest(
            [
                Problem(
                    "minutes",
                    "out_of_range",
                    "Please choose between %(least)s and %(most)s minutes.",
                    {"least": MINUTES_MIN, "most": MINUTES_MAX},
                )
            ]
        )
    if not can_say_so(appointment.starts_at, appointment.ends_at, now=now):
        raise InvalidRequest(
            [Problem("minutes", "not_now", "This is for the two hours before the session.")]
        )
    snapshot = {"minutes": minutes, "by": by}
    just_said = Change.objects.filter(
        kind="running_late",
        subject_type="appointment",
        subject_id=appointment.id,
        snapshot=snapshot,
        occurred_at__gt=now - _SAME_PRESS,
    )
    if just_said.exists():
        return
    journal.record(
        kind="running_late",
        subject_type="appointment",
        subject_id=appointment.id,
        revision=appointment.revision,
        actor=actor,
        at=now,
        snapshot=snapshot,
    )


def _coming(appointment_id: UUID, participant_id: UUID) -> Appointment:
    try:
        appointment = calendar.lock_appointment(appointment_id)
    except Appointment.DoesNotExist:
        raise NotTheirs from None
    if participant_id not in appointments.people_coming(appointment):
        raise NotTheirs
    return appointment


def _own_wish(wish_id: UUID, practitioner_id: UUID) -> LateWish:
    found = LateWish.objects.filter(pk=wish_id).first()
    if found is None:
        raise NotTheirs
    appointments.own(found.appointment_id, practitioner_id)
    return (
        LateWish.objects.select_for_update(of=("self",), no_key=True)
        .select_related("appointment")
        .get(pk=wish_id)
    )


def _seal(wish: LateWish, words: str) -> bytes | None:
    text = words.strip()
    return seal(text, label="late_wish", row=wish.id, field="words") if text else None
