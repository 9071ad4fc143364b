"""Taking back a change of address that somebody else made: from the mailbox it was taken from.

The link for it stands in the message to the address before, and only if its reader had said that
nobody else reads there: to anybody else it would give what the change was to take away.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from booking.domain import link_tokens
from booking.domain.link_tokens import Purpose
from booking.domain.refusals import LinkUnusable
from booking.models import OWN_ADDRESS, Participant, PrivateLink
from booking.operations.calendar import constraint_of, lock_calendar_and_request
from booking.operations.issuing import issue_link, wants_no_mail
from practice.models import Change
from practice.operations import journal

#: As long as somebody may be away from their mail.
UNDO_LIVES = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Undo:
    """What can be taken back: whose address it is, what it was and what it has become."""

    participant_id: UUID
    before: PrivateLink
    after: PrivateLink


def undo_token(change: Change) -> str:
    """What stands in the link that takes this change back; empty: there is none."""
    if not change.snapshot.get("may_undo") or "link_before" not in change.snapshot:
        return ""
    link_id = UUID(change.snapshot["link_after"])
    return link_tokens.signed(link_id, Purpose.UNDO, key=settings.LINK_KEY)


def undo_until(change: Change) -> datetime:
    """Until when it can be taken back."""
    return change.occurred_at + UNDO_LIVES


def usable_undo(token: str, *, now: datetime) -> Undo:
    """What this link takes back. Changes nothing.

    Raises `LinkUnusable`, without a difference, for what we did not make, what is too old, what
    has been taken back or changed again, for somebody who has no part any more or whose name and
    address are deleted, and where the address before takes no mail any more.
    """
    change = _change_of(token)
    if change is None or not undo_token(change) or undo_until(change) <= now:
        raise LinkUnusable
    links = PrivateLink.objects.select_related("participant").filter(participant=change.subject_id)
    before = links.filter(pk=change.snapshot["link_before"]).first()
    after = links.filter(pk=change.snapshot["link_after"]).first()
    if before is None or after is None:
        raise LinkUnusable
    person = after.participant
    if person.left_at is not None or not person.email or person.email != after.address:
        raise LinkUnusable
    if not before.address or wants_no_mail(before.address):
        raise LinkUnusable
    return Undo(person.pk, before, after)


def _change_of(token: str) -> Change | None:
    link_id = link_tokens.id_in(token, Purpose.UNDO, key=settings.LINK_KEY)
    link = PrivateLink.objects.filter(pk=link_id).first() if link_id else None
    if link is None:
        return None
    changes = Change.objects.filter(
        kind="address_changed", subject_type="participant", subject_id=link.participant_id
    )
    return changes.filter(snapshot__link_after=str(link_id)).order_by("-pk").first()


def undo_address(*, token: str, now: datetime) -> None:
    """Go back to the address before, and end every way in that the other address got.

    Both addresses are told, and this cannot be taken back in turn. Raises `LinkUnusable`.
    """
    try:
        _undo(token=token, now=now)
    except IntegrityError as error:
        if constraint_of(error) == OWN_ADDRESS:  # somebody else of the request has it by now
            raise LinkUnusable from error
        raise


@transaction.atomic(durable=True)
def _undo(*, token: str, now: datetime) -> None:
    found = usable_undo(token, now=now)
    request = lock_calendar_and_request(found.after.participant.request_id)
    participant = Participant.objects.select_for_update(no_key=True).get(pk=found.participant_id)
    participant.request = request
    found = usable_undo(token, now=now)  # somebody may have been first
    participant.email = found.before.address
    participant.verified_at = now
    participant.save(update_fields=["email", "verified_at"])
    participant.links.filter(revoked_at__isnull=True, is_handover=False).update(revoked_at=now)
    actor = journal.client(participant.id)
    journal.record(
        kind="address_changed",
        subject_type="participant",
        subject_id=participant.id,
        actor=actor,
        at=now,
        snapshot={"link_before": str(found.after.id)},
    )
    # The message about the change carries it.
    issue_link(participant, address=participant.email, purpose="paper", actor=actor, now=now)
