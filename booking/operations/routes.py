"""Other ways to somebody whom our mail does not reach, opened by the practitioner."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from booking.domain.refusals import NotTheirs
from booking.domain.states import OPEN_REQUEST_STATES, RequestState
from booking.models import Participant, PrivateLink
from booking.operations.calendar import lock_calendar_and_request
from booking.operations.issuing import check_own_rate, issue_link, wants_no_mail
from practice.operations import journal


@transaction.atomic(durable=True)
def write_elsewhere(
    *, participant_id: UUID, practitioner_id: UUID, address: str, now: datetime
) -> bool:
    """Send a code to another address that somebody gave, on the phone for instance.

    It becomes theirs once the code is entered; until then nothing changes. False: it is the
    address of somebody else in the request, or of somebody who asked never to be written to.
    Raises `NotTheirs` for somebody who has never come in, has left or reads their page only,
    `TooMany`, and `Participant.DoesNotExist` for another practitioner's.
    """
    address = address.strip().lower()
    participant = _locked(participant_id, practitioner_id)
    check_own_rate(participant.id, now=now)
    if participant.verified_at is None or participant.channel == Participant.Channel.PAGE:
        raise NotTheirs
    is_anothers = (
        Participant.objects.filter(
            request_id=participant.request_id, email=address, left_at__isnull=True
        )
        .exclude(pk=participant.pk)
        .exists()
    )
    if is_anothers:
        return False
    actor = journal.practitioner(practitioner_id)
    link = issue_link(participant, address=address, purpose="claim", actor=actor, now=now)
    return link is not None


@transaction.atomic(durable=True)
def offer_handover(*, participant_id: UUID, practitioner_id: UUID, now: datetime) -> bool:
    """Put a link to hand over on the page of whoever asked this person along.

    For an invitation that did not arrive. False: one stands there already. Raises `NotTheirs`
    for somebody who has come in, has left, is not asked along, or asked to be left alone, and
    `Participant.DoesNotExist` for another practitioner's.
    """
    participant = _locked(participant_id, practitioner_id)
    is_asked_along = (
        not participant.is_requester
        and participant.attends != Participant.Attends.NO
        and participant.verified_at is None
        and participant.request.verified_at is not None
    )
    if not is_asked_along or (participant.email and wants_no_mail(participant.email)):
        raise NotTheirs
    if participant.links.filter(is_handover=True, revoked_at__isnull=True).exists():
        return False
    PrivateLink.objects.create(
        participant=participant, is_handover=True, purpose="handover", created_at=now
    )
    journal.note(
        kind="handover_offered",
        subject_type="participant",
        subject_id=participant.id,
        actor=journal.practitioner(practitioner_id),
        at=now,
    )
    return True


def _locked(participant_id: UUID, practitioner_id: UUID) -> Participant:
    """Somebody who is still part of it, with their request. Raises `NotTheirs`."""
    found = Participant.objects.get(pk=participant_id, request__practitioner_id=practitioner_id)
    request = lock_calendar_and_request(found.request_id)
    participant = Participant.objects.select_for_update(no_key=True).get(pk=participant_id)
    participant.request = request
    is_live = request.state in (*OPEN_REQUEST_STATES, RequestState.CONFIRMED)
    if participant.left_at is not None or participant.ended_at is not None or not is_live:
        raise NotTheirs
    return participant
