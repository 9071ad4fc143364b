"""What answers make urgent: flags raised, reviews opened and closed, alerts acknowledged.

Nothing here reaches a participant. A flagged request and another one differ in intake's own tables,
in `Request.review_open`, and in what the practice is told.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from booking.operations import reviews
from booking.operations.calendar import lock_calendar_and_request
from intake.domain.definitions import Value
from intake.domain.flags import HOLDING, Found, Level, found_in
from intake.domain.refusals import NotContacted, NotTheirPractitioner, ReviewClosed
from intake.models import Alert, AnswerSheet, Flag, Review
from intake.queries import flag_sources
from practice.operations import journal
from practice.sealing import seal

#: Decisions after which the request stays held: what is left is to decline it.
_STAYS_HELD = (Review.Decision.REFER, Review.Decision.DECLINE)


def assess(
    sheet: AnswerSheet, answers: Mapping[str, Value], *, is_set_aside: bool, now: datetime
) -> Level | None:
    """Look at one person's answers and raise what is new in them.

    Runs in the caller's transaction, under the lock on the sheet. Returns the most urgent level
    that is new, None if nothing is. `answers` are opened, sealed ones included; they stay here.
    A reason that was raised before is not raised again.
    """
    known = {
        s for f in Flag.objects.filter(participant_id=sheet.participant_id) for s in flag_sources(f)
    }
    new = [f for f in found_in(answers, is_set_aside=is_set_aside) if f.source.value not in known]
    levels = [level for level in Level if any(f.level is level for f in new)]
    if not levels:
        return None
    if any(level in HOLDING for level in levels):
        # Booking takes its locks first; only then is anything else written.
        reviews.open_review(request_id=sheet.participant.request_id, now=now)
    for level in levels:
        _raise(sheet, level, [f for f in new if f.level is level], now=now)
    return levels[0]


def _raise(sheet: AnswerSheet, level: Level, found: Iterable[Found], *, now: datetime) -> None:
    flag = Flag(id=uuid4(), participant_id=sheet.participant_id, level=level, raised_at=now)
    flag.sources_sealed = seal(
        json.dumps([f.source.value for f in found]), label="flag", row=flag.id, field="sources"
    )
    flag.save(force_insert=True)
    if level not in HOLDING:
        return
    request_id = sheet.participant.request_id
    if not Review.objects.filter(request_id=request_id, closed_at__isnull=True).exists():
        Review.objects.create(request_id=request_id, opened_at=now)
    _, is_new = Alert.objects.get_or_create(
        request_id=request_id,
        level=level,
        acknowledged_at__isnull=True,
        defaults={"raised_at": now},
    )
    if is_new:
        journal.record(
            kind="flag_raised",
            subject_type="request",
            subject_id=request_id,
            actor=journal.SYSTEM,
            at=now,
            snapshot={"level": level.value},
        )


@transaction.atomic(durable=True)
def acknowledge(*, alert_id: UUID, practitioner_id: UUID, now: datetime) -> None:
    """Somebody has seen it: no more repeats. Twice does no harm. Raises `NotTheirPractitioner`."""
    request_id = Alert.objects.values_list("request_id", flat=True).get(pk=alert_id)
    request = lock_calendar_and_request(request_id)
    if request.practitioner_id != practitioner_id:
        raise NotTheirPractitioner
    alert = Alert.objects.select_for_update().get(pk=alert_id)
    if alert.acknowledged_at is not None:
        return
    alert.acknowledged_at = now
    alert.acknowledged_by_id = practitioner_id
    alert.save(update_fields=["acknowledged_at", "acknowledged_by"])
    _record("alert_acknowledged", alert.request_id, practitioner_id, {"level": alert.level}, now)


@transaction.atomic(durable=True)
def record_contact(*, review_id: UUID, practitioner_id: UUID, now: datetime) -> None:
    """The practitioner has talked to somebody alone. Raises as `close` does."""
    review = _locked_review(review_id, practitioner_id)
    if review.contacted_at is None:
        review.contacted_at = now
        review.save(update_fields=["contacted_at"])
        _note("review_contacted", review.request_id, practitioner_id, {}, now)


@transaction.atomic(durable=True)
def close(
    *,
    review_id: UUID,
    practitioner_id: UUID,
    contacted: bool,
    decision: str,
    supervised: bool,
    now: datetime,
) -> None:
    """Record the decision after a private contact; the request goes on, or waits to be declined.

    After "refer" and "decline" it stays held, so that nobody confirms it by mistake; declining
    it is the ordinary step, and the decision may still be changed here. Alerts end with it.

    Raises `NotContacted` without a contact now or before, `ReviewClosed` if it was decided that
    the request goes on, `NotTheirPractitioner`, and `ValueError` for an unknown decision.
    """
    review = _locked_review(review_id, practitioner_id)
    chosen = Review.Decision(decision)
    if review.contacted_at is None:
        if not contacted:
            raise NotContacted
        review.contacted_at = now
    review.decision = chosen
    review.supervised = supervised
    review.closed_at = now
    review.decided_by_id = practitioner_id
    review.save(update_fields=["contacted_at", "decision", "supervised", "closed_at", "decided_by"])
    for alert in Alert.objects.filter(request_id=review.request_id, acknowledged_at__isnull=True):
        alert.acknowledged_at = now
        alert.acknowledged_by_id = practitioner_id
        alert.save(update_fields=["acknowledged_at", "acknowledged_by"])
    _record(
        "review_decided",
        review.request_id,
        practitioner_id,
        {"review": str(review.id), "decision": chosen.value, "supervised": supervised},
        now,
    )
    if chosen not in _STAYS_HELD:
        reviews.close_review(request_id=review.request_id, practitioner_id=practitioner_id, now=now)


def _locked_review(review_id: UUID, practitioner_id: UUID) -> Review:
    """The review under the request's locks, which everything that raises a flag takes as well."""
    request_id = Review.objects.values_list("request_id", flat=True).get(pk=review_id)
    request = lock_calendar_and_request(request_id)
    if request.practitioner_id != practitioner_id:
        raise NotTheirPractitioner
    review = Review.objects.select_for_update().get(pk=review_id)
    is_newest = not Review.objects.filter(
        request_id=request_id, opened_at__gt=review.opened_at
    ).exists()
    if review.closed_at is not None and not (is_newest and review.decision in _STAYS_HELD):
        raise ReviewClosed
    return review


def _record(
    kind: str, request_id: UUID, practitioner_id: UUID, snapshot: dict[str, object], now: datetime
) -> None:
    """The repeats that are planned end with it, so the outbox hears of it."""
    journal.record(
        kind=kind,
        subject_type="request",
        subject_id=request_id,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot=snapshot,
    )


def _note(
    kind: str, request_id: UUID, practitioner_id: UUID, snapshot: dict[str, object], now: datetime
) -> None:
    journal.note(
        kind=kind,
        subject_type="request",
        subject_id=request_id,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot=snapshot,
    )
