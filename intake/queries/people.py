"""The people of a request: who invites, who is named, whom the practitioner reads."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from booking.models import Participant


def inviter_of(participant: Participant) -> str:
    """The requester as they chose to be named in this person's invitation; empty if not at all."""
    if participant.is_requester:
        return ""
    requester = Participant.objects.filter(
        request_id=participant.request_id, is_requester=True
    ).first()
    name = requester.chosen_name if requester else ""
    is_initial = participant.invited_as == Participant.InvitedAs.INITIAL
    return f"{name[0]}." if name and is_initial else name


def names_known_to(participant: Participant) -> frozenset[str]:
    """Names of people who come along, as far as this person wrote or was shown them, folded."""
    names = {participant.chosen_name, inviter_of(participant)}
    if participant.is_requester:
        others = participant.request.participants.exclude(pk=participant.pk)
        names |= {p.label for p in others if p.attends != Participant.Attends.NO}
    return frozenset(name.strip().casefold() for name in names if name.strip())


def people_to_read(request_id: UUID, practitioner_id: UUID) -> Sequence[Participant]:
    """The people of one's own request who answer a questionnaire; nobody of anybody else's."""
    return list(
        Participant.objects.filter(
            request_id=request_id,
            request__practitioner_id=practitioner_id,
            excused_at__isnull=True,
        ).exclude(attends=Participant.Attends.NO)
    )


def person_to_let_in(
    request_id: UUID, participant_id: UUID, practitioner_id: UUID
) -> Participant | None:
    """Somebody of one's own request who has a passcode, and so may forget it."""
    return (
        Participant.objects.filter(
            pk=participant_id, request_id=request_id, request__practitioner_id=practitioner_id
        )
        .exclude(passcode_hash="")
        .first()
    )


def who_forgot(practitioner_id: UUID) -> QuerySet[Participant]:
    """People who ask for a new passcode, the longest wait first."""
    return (
        Participant.objects.filter(
            request__practitioner_id=practitioner_id, new_passcode__asked_at__isnull=False
        )
        .exclude(passcode_hash="")
        .select_related("request__service", "new_passcode")
        .order_by("new_passcode__asked_at")
    )
