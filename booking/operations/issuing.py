"""Issuing private links: the steps that every way of sending one shares."""

import hmac
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from booking.domain.refusals import TooMany
from booking.models import DoNotContact, Participant, PrivateLink
from booking.queries.limits import MailSoFar, mail_so_far
from practice.operations import journal

_LINKS_PER_HOUR = 5


def address_hash(address: str) -> bytes:
    """A keyed hash of an address: enough to recognise it, useless without the key."""
    return hmac.digest(settings.LINK_KEY, b"address:" + address.lower().encode(), "sha256")


def issue_link(
    participant: Participant,
    *,
    address: str,
    purpose: str,
    actor: str,
    now: datetime,
    wants_none: bool | None = None,
) -> PrivateLink | None:
    """Send somebody a way in: a link with a code. Runs in the caller's transaction.

    `purpose` is verify, claim, again, invite or call, and decides which message is sent.
    Returns None for an address that asked not to be written to (`wants_none`, where the caller
    knows it already); nobody is told so.
    """
    if wants_no_mail(address) if wants_none is None else wants_none:
        return None
    link = PrivateLink.objects.create(
        participant=participant, address=address, purpose=purpose, created_at=now
    )
    journal.record(
        kind="link_issued",
        subject_type="link",
        subject_id=link.id,
        actor=actor,
        at=now,
        snapshot={"participant": str(participant.id), "purpose": purpose},
    )
    return link


def wants_no_mail(address: str) -> bool:
    """Whether this address asked never to be written to again."""
    return DoNotContact.objects.filter(address_hash=address_hash(address)).exists()


def check_rate(address: str, *, purpose: str, now: datetime) -> MailSoFar:
    """Raise `TooMany` when an address has been sent enough links of this kind within the hour.

    Each kind counts for itself: what others bring upon an address must not keep its reader
    from asking for their own link.
    """
    so_far = mail_so_far(
        address, address_hash(address), purpose=purpose, since=now - timedelta(hours=1)
    )
    if so_far.links >= _LINKS_PER_HOUR:
        raise TooMany
    return so_far


def check_own_rate(participant_id: UUID, *, now: datetime) -> None:
    """Raise `TooMany` when one place in a request has caused enough mail within the hour."""
    recent = PrivateLink.objects.filter(
        participant_id=participant_id, created_at__gt=now - timedelta(hours=1)
    )
    if recent.count() >= _LINKS_PER_HOUR:
        raise TooMany
