"""What somebody has heard of an appointment, or asked never to hear."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from django.db.models import F, Q

from booking.models import Attendance, Participant
from booking.operations.issuing import wants_no_mail
from notifications.domain.kinds import TELLS_A_NEW_TIME, TELLS_A_TIME
from notifications.domain.plan.planned import REQUEST
from notifications.models import Delivery
from practice.models import Change

#: What may have arrived.
POSSIBLY_SENT = Q(state__in=(Delivery.State.SENT, Delivery.State.SENDING)) | Q(maybe_sent=True)

#: What arrived, or may have: claimed and not begun was not sent, and may never be.
_LEFT = (
    Q(state=Delivery.State.SENT)
    | Q(state=Delivery.State.SENDING, begun_at__isnull=False)
    | Q(maybe_sent=True)
)

_FIRST = [kind for kind in TELLS_A_TIME if kind not in TELLS_A_NEW_TIME]


def has_entry(delivery: Delivery) -> bool:
    """Whether an entry may stand in the reader's calendar before this message's file arrives."""
    earlier = Delivery.objects.filter(_LEFT, invite=delivery.invite, sequence__lt=delivery.sequence)
    last = earlier.order_by("-sequence").values_list("method", flat=True).first()
    return last == REQUEST


def needless_because(delivery: Delivery, participant: Participant | None, *, address: str) -> str:
    """Why a message that is true must not be sent to `address` all the same; empty: it may.

    Asked just before sending: whoever asks never to be written to is not reached by what somebody
    else had sent on its way before that.
    """
    if participant is None:
        return ""
    is_asked_in = participant.joined_at is None and not participant.is_requester
    if is_asked_in and wants_no_mail(address):
        return "they asked never to be written to"
    if delivery.kind in TELLS_A_NEW_TIME and _was_told_this(delivery):
        return "they were told this time before, and of no other since"
    return ""


def _was_told_this(delivery: Delivery) -> bool:
    """Whether the last that this person heard of the appointment was the time it has now.

    What may have arrived counts as another time, so in doubt it is said once more.
    """
    told = Delivery.objects.filter(
        POSSIBLY_SENT,
        subject_type=delivery.subject_type,
        subject_id=delivery.subject_id,
        participant=delivery.participant_id,
    ).exclude(pk=delivery.pk)
    last = (
        told.order_by(F("settled_at").desc(nulls_first=True))
        .values_list("state", "says_start")
        .first()
    )
    return last == (Delivery.State.SENT, delivery.says_start)


def untold(
    changes: Iterable[Change], journal: Mapping[UUID, Sequence[Change]]
) -> dict[UUID, Collection[UUID]]:
    """Who was to hear that an appointment is booked and has not, of those that were moved.

    What says so waited for the morning, and they were moved in the same night; or it is still to
    be planned. `journal`: what was written of them lately. Three queries at most.
    """
    moved = {c.subject_id for c in changes if c.kind == "appointment_moved"}
    if not moved:
        return {}
    rows = Delivery.objects.filter(subject_type="appointment", subject_id__in=moved)
    heard = set(rows.filter(POSSIBLY_SENT).values_list("subject_id", "participant_id"))
    first = rows.filter(kind__in=_FIRST).values_list("subject_id", "participant_id")
    lately = {
        pk for pk in moved for c in journal[pk] if c.kind == "appointment_booked" and _is_news(c)
    }
    coming = Attendance.objects.filter(appointment__in=lately).values_list(
        "appointment_id", "participant_id"
    )
    waiting = {*first, *(coming if lately else ())} - heard
    return {pk: {who for about, who in waiting if about == pk and who} for pk in moved}


def _is_news(change: Change) -> bool:
    """Whether no message about something larger tells of this booking."""
    return not {"series", "seat"} & change.snapshot.keys()
