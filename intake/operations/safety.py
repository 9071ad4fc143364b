"""What answers make urgent: flags raised, reviews opened and closed, alerts acknowledged.

Nothing here reaches a participant. A flagged request and another one differ in intake's own tables,
in `Request.review_open`, and in what the practice is told.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from booking.models import Participant
from booking.operations import reviews
from booking.operations.calendar import lock_calendar_and_request
from intake.domain.definitions import Value
from intake.domain.flags import HOLDING, Found, Level, found_in
from intake.domain.refusals import NotContacted, NotTheirPractitioner, ReviewClosed
from intake.models import Alert, AnswerSheet, Flag, Review
from intake.queries.answers import flag_sources
from intake.queries.attention import uncontacted
from practice.operations import journal
from practice.sealing import seal

#: Decisions after which the request stays held: what is left is to decline it.
_STAYS_HELD = (Review.Decision.REFER, Review.Decision.DECLINE)
#: An alert that nobody acknowledged is repeated this long after it was repeated last: each day.
REPEATED_AFTER = timedelta(hours=23)
#: From when on, by level: after the repeats that were planned when it was raised.
REPEATED_FROM: Mapping[Level, timedelta] = {
    Level.ACUTE: timedelta(hours=23),
    Level.REVIEW: timedelta(hours=47),
}


def assess(
    sheet: AnswerSheet, answers: Mapping[str, Value], *, is_set_aside: bool, now: datetime
) -> Level | None:
    """Look at one person's answers and raise what is new in them.

    Runs in the caller's transaction, under the lock on the sheet. Returns the most urgent level
    that is new, None if nothing is. `answers` are opened, sealed ones included; they stay here.
    A reason that was raised before is not raised again.
    """
    return _raise_new(sheet.participant, found_in(answers, is_set_aside=is_set_aside), now=now)


@transaction.atomic(durable=True)
def hear(*, participant_id: UUID, said: Mapping[str, Value], now: datetime) -> Level | None:
    """Somebody says that they are in danger now: raise it, whatever else keeps the page closed.

    An agreement that has changed, a module that was switched off, a passcode, a request that has
    ended: none of it counts here. `said` are the urgent answers alone. They are kept as the reason
    of the flag and nowhere else, so that no sealed answer that was given is written over. Returns
    as `assess` does; said twice is as good as once.
    """
    # The sheet before booking's rows, as wherever intake writes.
    AnswerSheet.objects.select_for_update().filter(participant_id=participant_id).first()
    participant = Participant.objects.get(pk=participant_id)
    return _raise_new(participant, found_in(said, is_set_aside=False), now=now)


def _raise_new(participant: Participant, found: Sequence[Found], *, now: datetime) -> Level | None:
    new = _not_known(participant, found)
    if any(f.level in HOLDING for f in new):
        # Booking takes its locks first; only then is anything else written. Looked at again under
        # them: whoever has no sheet yet may say it in two windows at once.
        reviews.open_review(request_id=participant.request_id, now=now)
        new = _not_known(participant, found)
    levels = [level for level in Level if any(f.level is level for f in new)]
    for level in levels:
        _raise(participant, level, [f for f in new if f.level is level], now=now)
    return levels[0] if levels else None


def _not_known(participant: Participant, found: Iterable[Found]) -> Sequence[Found]:
    flags = Flag.objects.filter(participant_id=participant.id)
    known = {source for flag in flags for source in flag_sources(flag)}
    return [f for f in found if f.source.value not in known]


def _raise(
    participant: Participant, level: Level, found: Iterable[Found], *, now: datetime
) -> None:
    flag = Flag(id=uuid4(), participant_id=participant.id, level=level, raised_at=now)
    flag.sources_sealed = seal(
        json.dumps([f.source.value for f in found]), label="flag", row=flag.id, field="sources"
    )
    flag.save(force_insert=True)
    if level not in HOLDING:
        return
    request_id = participant.request_id
    if not Review.objects.filter(request_id=request_id, closed_at__isnull=True).exists():
        Review.objects.create(request_id=request_id, opened_at=now)
    # One for each flag: an older alert, unseen or seen, must not swallow this one.
    alert = Alert.objects.create(
        request_id=request_id, participant_id=participant.id, level=level, raised_at=now
    )
    _call("flag_raised", alert, now=now)


def _call(kind: str, alert: Alert, *, now: datetime) -> None:
    """The outbox hears that the practice is to be called. Nobody's name is in it, and not how
    urgent it is: the journal outlives the alert, which knows.
    """
    journal.record(
        kind=kind,
        subject_type="request",
        subject_id=alert.request_id,
        actor=journal.SYSTEM,
        at=now,
        snapshot={"alert": str(alert.id)},
    )


def repeat(*, now: datetime) -> int:
    """Have the practice called again, once a day, for what nobody acknowledged; how many times.

    It ends when somebody says that they have seen it, or when the flag behind it is deleted.
    """
    waiting = _to_repeat(now).order_by("raised_at").values_list("pk", flat=True)
    return sum(_repeat(pk, now=now) for pk in list(waiting))


@transaction.atomic(durable=True)
def _repeat(alert_id: UUID, *, now: datetime) -> bool:
    # Looked at again under the lock: it may have been acknowledged, or repeated, meanwhile.
    alert = _to_repeat(now).select_for_update(of=("self",)).filter(pk=alert_id).first()
    if alert is None:
        return False
    alert.repeated_at = now
    alert.save(update_fields=["repeated_at"])
    _call("alert_repeated", alert, now=now)
    return True


def _to_repeat(now: datetime) -> QuerySet[Alert]:
    behind = Flag.objects.filter(participant=OuterRef("participant"), level=OuterRef("level"))
    is_time = Q()
    for level, after in REPEATED_FROM.items():
        is_time |= Q(level=level, raised_at__lte=now - after)
    is_quiet = Q(repeated_at__isnull=True) | Q(repeated_at__lte=now - REPEATED_AFTER)
    return Alert.objects.filter(is_time, is_quiet, Exists(behind), acknowledged_at__isnull=True)


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
    about: dict[str, object] = {"alert": str(alert.id)}
    _record("alert_acknowledged", alert.request_id, practitioner_id, about, now)


@transaction.atomic(durable=True)
def record_contact(
    *, review_id: UUID, participant_id: UUID, practitioner_id: UUID, now: datetime
) -> None:
    """The practitioner has talked to this person alone; what they say later asks for another talk.

    Raises `NotTheirPractitioner` and `ReviewClosed`. Twice does no harm.
    """
    review = _locked_review(review_id, practitioner_id)
    _contact(review, [participant_id], practitioner_id, now=now)


@transaction.atomic(durable=True)
def close(
    *,
    review_id: UUID,
    practitioner_id: UUID,
    contacted: Collection[UUID],
    decision: str,
    supervised: bool,
    now: datetime,
) -> None:
    """Record the decision after the private talks; the request goes on, or waits to be declined.

    `contacted` are those who were talked to and not recorded yet.
    After "refer" and "decline" it stays held, so that nobody confirms it by mistake; declining
    it is the ordinary step, and the decision may still be changed here. Alerts end with it.

    Raises `NotContacted` while a talk is open with anybody flagged who can still be reached,
    `ReviewClosed` if it was decided that the request goes on, `NotTheirPractitioner`, and
    `ValueError` for an unknown decision.
    """
    review = _locked_review(review_id, practitioner_id)
    chosen = Review.Decision(decision)
    if uncontacted(review.request_id) - set(contacted):
        raise NotContacted
    _contact(review, contacted, practitioner_id, now=now)
    review.decision = chosen
    review.supervised = supervised
    review.closed_at = now
    review.decided_by_id = practitioner_id
    review.save(update_fields=["decision", "supervised", "closed_at", "decided_by"])
    for alert in Alert.objects.filter(request_id=review.request_id, acknowledged_at__isnull=True):
        alert.acknowledged_at = now
        alert.acknowledged_by_id = practitioner_id
        alert.save(update_fields=["acknowledged_at", "acknowledged_by"])
    # Of somebody under 18 only who it was had been kept, until here.
    Flag.objects.filter(participant__request=review.request_id, emptied_at__isnull=False).delete()
    _record(
        "review_decided",
        review.request_id,
        practitioner_id,
        {"review": str(review.id), "decision": chosen.value, "supervised": supervised},
        now,
    )
    if chosen not in _STAYS_HELD:
        reviews.close_review(request_id=review.request_id, practitioner_id=practitioner_id, now=now)


def _contact(
    review: Review, people: Collection[UUID], practitioner_id: UUID, *, now: datetime
) -> None:
    """Note for each of these people that what was flagged until now has been talked about."""
    for person in uncontacted(review.request_id) & set(people):
        Flag.objects.filter(participant=person, contacted_at__isnull=True).update(contacted_at=now)
        review.contacted_at = now
        review.save(update_fields=["contacted_at"])
        journal.note(
            kind="review_contacted",
            subject_type="request",
            subject_id=review.request_id,
            actor=journal.practitioner(practitioner_id),
            at=now,
            snapshot={"participant": str(person)},
        )


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
