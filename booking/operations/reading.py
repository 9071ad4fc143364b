"""The practitioner reads what a requester wrote."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from booking.domain.refusals import NotTheirs
from booking.models import Request
from booking.queries.desk.request import WORDS_READ, Words, words_of
from practice.operations import journal


@transaction.atomic(durable=True)
def read_words(*, request_id: UUID, practitioner_id: UUID, now: datetime) -> Words:
    """Open what the requester wrote, and note who read it.

    What cannot be noted is not shown: both are one transaction. Raises `NotTheirs`, and
    `Tampered` or `UnknownKey` if it cannot be opened.
    """
    request = Request.objects.filter(pk=request_id, practitioner_id=practitioner_id).first()
    if request is None:
        raise NotTheirs
    if request.topics_sealed is None and request.words_sealed is None:
        return Words((), "")
    journal.note(
        kind=WORDS_READ,
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=journal.practitioner(practitioner_id),
        at=now,
    )
    return words_of(request)
