"""Intake reports that a request needs a private talk first, and that it has been had.

Nothing outward follows from either: no state, no revision, no message, no time given back. The
practitioner cannot confirm meanwhile, and that is all (`booking.domain.gate`).
"""

from datetime import datetime
from uuid import UUID

from booking.domain.refusals import NotTheirs
from booking.models import Request
from booking.operations.calendar import lock_calendar_and_request
from practice.operations import journal


def open_review(*, request_id: UUID, now: datetime) -> None:
    """Hold a request for a review. Runs in the caller's transaction; twice is as good as once."""
    request = lock_calendar_and_request(request_id)
    if not request.review_open:
        _set(request, is_open=True, actor=journal.SYSTEM, now=now)


def close_review(*, request_id: UUID, practitioner_id: UUID, now: datetime) -> None:
    """Let a request go on. Runs in the caller's transaction. Raises `NotTheirs`."""
    request = lock_calendar_and_request(request_id)
    if request.practitioner_id != practitioner_id:
        raise NotTheirs
    if request.review_open:
        _set(request, is_open=False, actor=journal.practitioner(practitioner_id), now=now)


def _set(request: Request, *, is_open: bool, actor: str, now: datetime) -> None:
    request.review_open = is_open
    request.save(update_fields=["review_open"])
    journal.note(
        kind="review_opened" if is_open else "review_closed",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=actor,
        at=now,
    )
