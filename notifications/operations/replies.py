"""Taking what people say to an appointment: on their page, or by their calendar program.

It never moves or cancels anything and no other person hears of it. A no becomes something for the
practitioner to look at.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from booking.domain.refusals import NotTheirs
from booking.domain.states import AppointmentState
from booking.models import Attendance
from booking.operations.issuing import address_hash
from notifications.domain.plan.planned import REQUEST
from notifications.domain.replies import COUNTER, CalendarReply, Fate, Sender, answer_in, is_proven
from notifications.models import Delivery, IncomingMail, Invite, Reply
from notifications.operations import bounces
from notifications.operations.incoming import (
    Returned,
    Unusable,
    reply_in,
    returned_in,
    sender_of,
)
from practice.operations import journal

#: How long it is kept that mails came in: enough to find out why a reply was not taken.
_KEPT = timedelta(days=90)
_ANSWERS = {
    "ACCEPTED": Reply.Answer.ACCEPTED,
    "TENTATIVE": Reply.Answer.TENTATIVE,
    "DECLINED": Reply.Answer.DECLINED,
}
#: What the practitioner has to look at.
_TASKS = (Reply.Answer.DECLINED, Reply.Answer.COUNTER)


@transaction.atomic(durable=True)
def answer(*, participant_id: UUID, appointment_id: UUID, comes: bool, now: datetime) -> Reply:
    """One person says on their own page whether they will be there. Raises `NotTheirs`."""
    attendance = (
        _attendances().filter(participant_id=participant_id, appointment_id=appointment_id).first()
    )
    if attendance is None or _is_over(attendance, now=now):
        raise NotTheirs
    reply = Reply(
        attendance=attendance,
        answer=Reply.Answer.ACCEPTED if comes else Reply.Answer.DECLINED,
        way=Reply.Way.PAGE,
        about_start=attendance.appointment.starts_at,
        received_at=now,
        said_at=now,
        is_verified=True,
    )
    _keep(reply, attendance, now=now)
    return reply


@transaction.atomic(durable=True)
def receive(*, message: "Message[Any, Any]", now: datetime) -> Fate:
    """Take a mail that came in, and say what became of it. Never fails because of what it says."""
    reply = None
    returned = returned_in(message)
    if returned is not None:
        _came_back(returned, now=now)
        _note(Fate.CAME_BACK, None, now=now)
        return Fate.CAME_BACK
    try:
        said, sender = reply_in(message), sender_of(message)
        reply = _taken(said, sender, now=now)
    except Unusable as unusable:
        fate = unusable.fate
    else:
        fate = Fate.TAKEN if reply.is_verified else Fate.UNVERIFIED
    _note(fate, reply, now=now)
    return fate


@transaction.atomic(durable=True)
def refuse(*, fate: Fate, now: datetime) -> None:
    """Note a mail that was not even read."""
    _note(fate, None, now=now)


@transaction.atomic(durable=True)
def settle(*, reply_id: UUID, practitioner_id: UUID, outcome: Reply.Outcome, now: datetime) -> bool:
    """The practitioner has looked: it is genuine, it is not, or it is seen. False: done before.

    Raises `Reply.DoesNotExist` for another practitioner's.
    """
    reply = (
        Reply.objects.select_for_update(of=("self",))
        .select_related("attendance")
        .filter(attendance__appointment__practitioner_id=practitioner_id)
        .get(pk=reply_id)
    )
    if reply.settled_at is not None:
        return False
    reply.settled_at, reply.outcome = now, outcome
    reply.save(update_fields=["settled_at", "outcome"])
    journal.note(
        kind="reply_settled",
        subject_type="appointment",
        subject_id=reply.attendance.appointment_id,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={"reply": str(reply.pk), "outcome": str(outcome)},
    )
    return True


def _attendances() -> QuerySet[Attendance]:
    """Locked, so that of two answers at the same moment one is the later."""
    return Attendance.objects.select_for_update(of=("self",), no_key=True).select_related(
        "appointment", "participant"
    )


def _is_over(attendance: Attendance, *, now: datetime) -> bool:
    appointment = attendance.appointment
    return (
        attendance.left_at is not None
        or attendance.participant.left_at is not None
        or appointment.state != AppointmentState.BOOKED
        or appointment.starts_at <= now
    )


def _taken(said: CalendarReply, sender: Sender, *, now: datetime) -> Reply:
    """The reply, once it is certain whose it is and what it is about. Raises `Unusable`."""
    invite = Invite.objects.filter(uid=said.uid).first() if said.uid else None
    if invite is None:
        raise Unusable(Fate.UNKNOWN)
    attendance = _attendances().get(pk=invite.attendance_id)
    own = attendance.participant.email
    partstat = answer_in(said, own=own, sender=sender) if own else None
    last = invite.sequence
    if partstat is None and own:
        # The calendar at an address that they had before still knows the session.
        before = _invited_before(invite, said, sender, attendance.appointment.starts_at)
        if before is not None:
            invited, last = before
            partstat = answer_in(said, own=invited, sender=sender)
    if partstat is None:
        raise Unusable(Fate.SOMEBODY_ELSE)
    given = Reply.Answer.COUNTER if said.method == COUNTER else _ANSWERS.get(partstat)
    if given is None:
        raise Unusable(Fate.NO_ANSWER)
    if said.sequence < last:
        raise Unusable(Fate.OUTDATED)
    if _is_over(attendance, now=now):
        raise Unusable(Fate.OVER)
    stamped_at = said.stamped_at.astimezone(UTC)
    same = Reply.objects.filter(
        attendance=attendance,
        way=Reply.Way.MAIL,
        sequence=said.sequence,
        stamped_at=stamped_at,
    )
    if same.exists():
        raise Unusable(Fate.REPEATED)
    reply = Reply(
        attendance=attendance,
        answer=given,
        way=Reply.Way.MAIL,
        about_start=attendance.appointment.starts_at,
        received_at=now,
        # A clock that runs ahead must not outdo whatever is said later.
        said_at=min(stamped_at, now),
        sequence=said.sequence,
        stamped_at=stamped_at,
        is_verified=is_proven(own=own, sender=sender),
    )
    _keep(reply, attendance, now=now)
    return reply


def _invited_before(
    invite: Invite, said: CalendarReply, sender: Sender, starts_at: datetime
) -> tuple[str, int] | None:
    """An earlier address of the invited person that a reply speaks for, and its last SEQUENCE.

    Known by its keyed hash, from where the files of this invite went; None: none went there.
    Raises `Unusable` if the last of them there tells another time than the session has by now.
    """
    named = (*(one.address for one in said.attendees), sender.address)
    spoken_for = {address_hash(address): address for address in named if address}
    last = (
        Delivery.objects.filter(invite=invite, sent_to_hash__in=spoken_for)
        .order_by("-sequence")
        .values_list("sent_to_hash", "sequence", "method", "says_start")
        .first()
    )
    if last is None:
        return None
    hashed, sequence, method, says_start = last
    if hashed is None or sequence is None or method != REQUEST or says_start != starts_at:
        raise Unusable(Fate.OUTDATED)
    return spoken_for[bytes(hashed)], sequence


def _keep(reply: Reply, attendance: Attendance, *, now: datetime) -> None:
    """Write it down, and call the practitioner unless something of this person waits already."""
    waits = Reply.objects.filter(
        attendance=attendance,
        about_start=reply.about_start,
        settled_at__isnull=True,
        answer__in=_TASKS,
    ).exists()
    reply.save(force_insert=True)
    if reply.answer not in _TASKS or waits:
        return
    journal.record(
        kind="attendance_doubted",
        subject_type="appointment",
        subject_id=attendance.appointment_id,
        revision=attendance.appointment.revision,
        # Whoever wrote a mail without proof is not known.
        actor=journal.client(attendance.participant_id) if reply.is_verified else journal.SYSTEM,
        at=now,
        snapshot={"participant": str(attendance.participant_id), "answer": str(reply.answer)},
    )


def _came_back(returned: Returned, *, now: datetime) -> None:
    key = hashlib.sha256(f"mail|{returned.delivery_id}|{returned.status}".encode()).hexdigest()
    bounces.take(
        key=key,
        kind=Delivery.Bounce.HARD if returned.is_gone else Delivery.Bounce.SOFT,
        delivery_id=returned.delivery_id,
        address="",
        at=now,
        now=now,
    )


def _note(fate: Fate, reply: Reply | None, *, now: datetime) -> None:
    IncomingMail.objects.filter(received_at__lt=now - _KEPT).delete()
    IncomingMail.objects.create(received_at=now, fate=fate, reply=reply)
