"""Issuing private links: the steps that every way of sending one shares."""

import hmac
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection

from booking.domain.refusals import TooMany
from booking.models import DoNotContact, Participant, PrivateLink
from booking.operations.calendar import lock_number
from booking.queries.limits import MailSoFar, mail_so_far
from practice.models import Change
from practice.operations import journal
from practice.rows import new

_LINKS_PER_HOUR = 5


def address_hash(address: str) -> bytes:
    """A keyed hash of an address: enough to recognise it, useless without the key."""
    return hmac.digest(settings.LINK_KEY, b"address:" + address.lower().encode(), "sha256")


def issue_link(
    participant: Participant, *, address: str, purpose: str, actor: str, now: datetime
) -> PrivateLink | None:
    """Send somebody a way in: a link with a code. Runs in the caller's transaction.

    `purpose` is verify, claim, again, invite, call or paper, and decides which message is sent:
    none for paper, where another one carries the link.
    Returns None for an address that asked not to be written to; nobody is told so.
    """
    if wants_no_mail(address):
        return None
    link, change = new_link(participant, address=address, purpose=purpose, actor=actor, now=now)
    journal.write({PrivateLink: [link]}, changes=[change], told={change.kind})
    return link


def new_link(
    participant: Participant, *, address: str, purpose: str, actor: str, now: datetime
) -> tuple[PrivateLink, Change]:
    """A way in and the change that has it sent, not written yet."""
    link = new(
        PrivateLink, participant=participant, address=address, purpose=purpose, created_at=now
    )
    change = journal.change(
        kind="link_issued",
        subject_type="link",
        subject_id=link.id,
        actor=actor,
        at=now,
        snapshot={"participant": str(participant.id), "purpose": purpose},
    )
    return link, change


def wants_no_mail(address: str) -> bool:
    """Whether this address asked never to be written to again."""
    return DoNotContact.objects.filter(address_hash=address_hash(address)).exists()


def check_rate(address: str, *, purpose: str, now: datetime) -> None:
    """Raise `TooMany` when an address has been sent enough links of this kind within the hour.

    Each kind counts for itself: what others bring upon an address must not keep its reader
    from asking for their own link. Runs in the caller's transaction, before it locks anything
    else: until that ends, others who have mail sent to this address wait.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s::bigint)", [lock_number(address_hash(address))]
        )
    refuse_many(
        mail_so_far(address, address_hash(address), purpose=purpose, since=counted_from(now))
    )


def counted_from(now: datetime) -> datetime:
    """From when on links count for `refuse_many`."""
    return now - timedelta(hours=1)


def refuse_many(so_far: MailSoFar) -> None:
    """Raise `TooMany` when that is enough for an hour."""
    if so_far.links >= _LINKS_PER_HOUR:
        raise TooMany


def check_own_rate(participant_id: UUID, *, now: datetime) -> None:
    """Raise `TooMany` when one place in a request has caused enough mail within the hour."""
    recent = PrivateLink.objects.filter(
        participant_id=participant_id, created_at__gt=now - timedelta(hours=1)
    )
    if recent.count() >= _LINKS_PER_HOUR:
        raise TooMany
