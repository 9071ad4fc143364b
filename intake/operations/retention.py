"""Deleting what is kept no longer. The journal stays: it holds ids, times and states only."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from booking.domain.states import AppointmentState, RequestState
from booking.models import Appointment, LateWish, Participant, Request
from booking.operations import forgetting
from intake.domain.definitions import Tier
from intake.domain.loader import library
from intake.domain.retention import Kept, due
from intake.models import (
    Alert,
    Answer,
    AnswerSheet,
    Feedback,
    Flag,
    NewPasscode,
    Review,
    Signature,
)
from intake.queries.retention import ENDED, SESSIONS, history
from intake.queries.settings import intake_settings
from practice.operations import journal

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Going:
    """What goes, or would go, of one request: how many rows of each part."""

    request_id: UUID
    counts: Mapping[Kept, int]


def would_go(*, now: datetime) -> Iterator[Going]:
    """What `purge` would delete at `now`; changes nothing."""
    days = intake_settings().retention_days
    for request in _candidates(now - timedelta(days=min(days.values()))).iterator(chunk_size=200):
        counts = {kept: _count(request, kept) for kept in _due(request, days, now=now)}
        if any(counts.values()):
            yield Going(request.pk, {k: n for k, n in counts.items() if n})


def purge(*, now: datetime) -> Sequence[Going]:
    """Delete everything whose time is up, one transaction per request. Twice is as good as once.

    One request that cannot be purged does not hold up the others; the next run tries again.
    """
    gone = []
    for planned in list(would_go(now=now)):
        try:
            gone.append(_purge(planned.request_id, now=now))
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            logger.exception("purge could not finish", id=str(planned.request_id))
    return [going for going in gone if going.counts]


@transaction.atomic(durable=True)
def _purge(request_id: UUID, *, now: datetime) -> Going:
    # Sheets before booking's rows, as wherever intake writes: somebody may be deleting their own.
    sheets = AnswerSheet.objects.select_for_update().filter(participant__request_id=request_id)
    list(sheets.order_by("pk").values_list("pk"))
    request = forgetting.lock(request_id)
    # Looked at again under the lock: a session may have been booked meanwhile.
    days = intake_settings().retention_days
    counts = {kept: _delete(request, kept, now=now) for kept in _due(request, days, now=now)}
    counts = {kept: count for kept, count in counts.items() if count}
    if counts:
        journal.note(
            kind="data_purged",
            subject_type="request",
            subject_id=request.pk,
            revision=request.revision,
            actor=journal.SYSTEM,
            at=now,
            snapshot={str(kept): count for kept, count in counts.items()},
        )
    return Going(request_id, counts)


def _candidates(before: datetime) -> QuerySet[Request]:
    """Requests that were over `before`, as far as one query can tell, with something left."""
    of_request = {"participant__request": OuterRef("pk")}
    later = Appointment.objects.filter(
        Q(state=AppointmentState.BOOKED) | Q(state__in=SESSIONS, ends_at__gt=before),
        request=OuterRef("pk"),
    )
    left = (
        Exists(AnswerSheet.objects.filter(**of_request))
        | Exists(Feedback.objects.filter(**of_request))
        | Exists(Signature.objects.filter(**of_request))
        | Exists(Flag.objects.filter(**of_request))
        | Exists(Alert.objects.filter(request=OuterRef("pk")))
        | Exists(Review.objects.filter(request=OuterRef("pk")))
        | Exists(LateWish.objects.filter(words_sealed__isnull=False, **of_request))
        | Exists(Participant.objects.filter(request=OuterRef("pk")).exclude(email="", label=""))
        | Q(topics_sealed__isnull=False)
        | Q(words_sealed__isnull=False)
    )
    over = Q(state__in=ENDED, closed_at__lte=before) | Q(state=RequestState.CONFIRMED)
    return Request.objects.filter(left, over).exclude(Exists(later))


def _due(request: Request, days: Mapping[str, int], *, now: datetime) -> Sequence[Kept]:
    clocks = due(history(request, now=now), days)
    return [kept for kept in Kept if kept in clocks and clocks[kept] <= now]


def _answers(request: Request, *, sealed: bool) -> QuerySet[Answer]:
    """The answers that are sealed, or those that are not, by the form each sheet is pinned to."""
    mine = Q(pk__in=[])
    for sheet in AnswerSheet.objects.filter(participant__request=request):
        form = library().form(sheet.form, sheet.version)
        keys = [q.key for q in form.questions if q.tier is Tier.SEALED]
        of_sheet = Q(sheet=sheet, question__in=keys)
        mine |= of_sheet if sealed else Q(sheet=sheet) & ~of_sheet
    return Answer.objects.filter(mine)


def _raised(request: Request) -> Sequence[QuerySet[Any]]:
    """What came of the sealed answers: that somebody was in danger, and what was decided."""
    return (
        Flag.objects.filter(participant__request=request),
        Alert.objects.filter(request=request),
        Review.objects.filter(request=request),
    )


def _count(request: Request, kept: Kept) -> int:
    match kept:
        case Kept.ANSWERS:
            wishes = LateWish.objects.filter(participant__request=request)
            return (
                _answers(request, sealed=False).count()
                + Feedback.objects.filter(participant__request=request).count()
                + wishes.filter(words_sealed__isnull=False).count()
                + int(request.topics_sealed is not None or request.words_sealed is not None)
                + forgetting.profiles(request.pk).count()
            )
        case Kept.SEALED:
            came_of = sum(rows.count() for rows in _raised(request))
            return _answers(request, sealed=True).count() + came_of
        case Kept.SIGNATURES:
            return Signature.objects.filter(participant__request=request).count()
        case Kept.CONTACT:
            return Participant.objects.filter(request=request).exclude(email="", label="").count()


def _delete(request: Request, kept: Kept, *, now: datetime) -> int:
    match kept:
        case Kept.ANSWERS:
            said = Feedback.objects.filter(participant__request=request)
            deleted = _rows(_answers(request, sealed=False).delete()) + _rows(said.delete())
            deleted += forgetting.forget_profiles(request.pk)
            return deleted + forgetting.forget_words(request.pk)
        case Kept.SEALED:
            forgetting.forget_review(request.pk)
            came_of = sum(_rows(rows.delete()) for rows in _raised(request))
            return _rows(_answers(request, sealed=True).delete()) + came_of
        case Kept.SIGNATURES:
            return _rows(Signature.objects.filter(participant__request=request).delete())
        case Kept.CONTACT:
            empty = AnswerSheet.objects.filter(participant__request=request, answers=None)
            empty.delete()
            NewPasscode.objects.filter(participant__request=request).delete()
            return forgetting.forget_people(request.pk, now=now)


def _rows(deleted: tuple[int, Mapping[str, int]]) -> int:
    return deleted[0]


def totals(going: Sequence[Going]) -> Counter[Kept]:
    """All requests together."""
    return sum((Counter(one.counts) for one in going), Counter[Kept]())
