"""Making, replacing and ending the calendars that programs subscribe to."""

import secrets
from datetime import datetime
from uuid import UUID

from django.db import transaction

from booking.models import Participant
from notifications.models import Feed
from practice.models import Practitioner
from practice.operations import journal
from practice.queries import token_digest

#: 256 bits, as text that can stand in an address.
_TOKEN_BYTES = 32


@transaction.atomic(durable=True)
def make_for_practitioner(*, practitioner_id: UUID, shows: Feed.Shows, now: datetime) -> str:
    """Give a practitioner a new address for their calendar and return its token, this once.

    The address before stops working at the same moment.
    """
    owner = Practitioner.objects.select_for_update().get(pk=practitioner_id)
    _end(practitioner=owner, now=now)
    return _make(actor=journal.practitioner(owner.pk), now=now, practitioner=owner, shows=shows)


@transaction.atomic(durable=True)
def make_for_client(*, participant_id: UUID, now: datetime) -> str:
    """Give a client a new address for their own appointments and return its token, this once."""
    # Not booking's lock on people: nothing of theirs changes.
    owner = Participant.objects.select_for_update(no_key=True).get(pk=participant_id)
    _end(participant=owner, now=now)
    return _make(actor=journal.client(owner.pk), now=now, participant=owner)


@transaction.atomic(durable=True)
def end_for_practitioner(*, practitioner_id: UUID, now: datetime) -> bool:
    """Stop a practitioner's calendar. False: there was none."""
    owner = Practitioner.objects.select_for_update().get(pk=practitioner_id)
    return _noted_end(owner.pk, _end(practitioner=owner, now=now), now=now)


@transaction.atomic(durable=True)
def end_for_client(*, participant_id: UUID, now: datetime) -> bool:
    """Stop a client's calendar. False: there was none."""
    owner = Participant.objects.select_for_update(no_key=True).get(pk=participant_id)
    return _noted_end(owner.pk, _end(participant=owner, now=now), now=now, is_client=True)


def _make(
    *,
    actor: str,
    now: datetime,
    practitioner: Practitioner | None = None,
    participant: Participant | None = None,
    shows: Feed.Shows = Feed.Shows.BUSY,
) -> str:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    feed = Feed.objects.create(
        practitioner=practitioner,
        participant=participant,
        token_hash=token_digest(token),
        shows=shows,
        made_at=now,
    )
    journal.note(kind="feed_made", subject_type="feed", subject_id=feed.pk, actor=actor, at=now)
    return token


def _end(
    *,
    now: datetime,
    practitioner: Practitioner | None = None,
    participant: Participant | None = None,
) -> UUID | None:
    """End the feed that there is; its id."""
    feed = Feed.objects.filter(
        practitioner=practitioner, participant=participant, revoked_at__isnull=True
    ).first()
    if feed is None:
        return None
    feed.revoked_at = now
    feed.save(update_fields=["revoked_at"])
    return feed.pk


def _noted_end(
    owner_id: UUID, feed_id: UUID | None, *, now: datetime, is_client: bool = False
) -> bool:
    if feed_id is None:
        return False
    actor = journal.client(owner_id) if is_client else journal.practitioner(owner_id)
    journal.note(kind="feed_ended", subject_type="feed", subject_id=feed_id, actor=actor, at=now)
    return True
