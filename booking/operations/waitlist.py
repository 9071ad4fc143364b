"""The waitlist: joining it, and a freed time that is offered to one after the other.

A freed time is held for the next in line inside the operation that frees it, overnight included;
people are told in their daytime. There is never a second offer of one time.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from booking.domain.refusals import NotTheirs
from booking.domain.waiting import SILENCES_MAX, Wishes
from booking.models import (
    Appointment,
    Participant,
    Request,
    TimeAnswer,
    WaitlistEntry,
    WaitlistOffer,
)
from booking.operations import calendar, line, offering
from booking.operations.requests import attending, is_single
from booking.queries.waitlist import can_take, is_on_list, may_wait, suits
from practice.models import Practice
from practice.operations import journal


@transaction.atomic(durable=True)
def join(*, participant_id: UUID, now: datetime, wishes: Wishes | None = None) -> WaitlistEntry:
    """The requester of an open request puts it on the list; or says that they still wait.

    `wishes` are the times that would suit; left out, they stay as they are. Its turn is by when
    everyone's own part was complete, so joining again loses nothing. Raises `NotTheirs`.
    """
    request, participant = _lock_requester(participant_id)
    if not may_wait(request, now=now) and not is_on_list(request):
        raise NotTheirs
    entry, is_new = WaitlistEntry.objects.get_or_create(
        request=request, defaults={"joined_at": now}
    )
    actor = journal.client(participant.id)
    if wishes is not None and wishes != entry.wishes:
        _wish(entry, wishes, actor=actor, now=now)
    if not is_new and entry.left_at is None:
        if entry.silences:
            entry.silences = 0
            entry.save(update_fields=["silences"])
            journal.note(
                kind="waitlist_stayed",
                subject_type="request",
                subject_id=request.id,
                revision=request.revision,
                actor=actor,
                at=now,
            )
        return entry
    if not is_new:
        entry.joined_at, entry.left_at, entry.silences = now, None, 0
        entry.save(update_fields=["joined_at", "left_at", "silences"])
    journal.record(
        kind="waitlist_joined",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=actor,
        at=now,
    )
    return entry


def _wish(entry: WaitlistEntry, wishes: Wishes, *, actor: str, now: datetime) -> None:
    entry.wish(wishes)
    entry.save(update_fields=["weekdays", "parts", "from_date"])
    journal.note(
        kind="waitlist_wishes",
        subject_type="request",
        subject_id=entry.request_id,
        revision=entry.request.revision,
        actor=actor,
        at=now,
    )


@transaction.atomic(durable=True)
def leave(*, participant_id: UUID, now: datetime) -> None:
    """The requester takes it off the list. Raises `NotTheirs` if it is not on it.

    A time that people were told of stays theirs to answer; one that they were not goes on to the
    next in line.
    """
    request, participant = _lock_requester(participant_id)
    entry = WaitlistEntry.objects.filter(request=request, left_at__isnull=True).first()
    if entry is None:
        raise NotTheirs
    entry.left_at = now
    entry.save(update_fields=["left_at"])
    # A place on the list keeps a request open; without it there is time to find another way.
    patience = timedelta(days=Practice.objects.get().gathering_days)
    request.expires_at = max(request.expires_at, now + patience)
    request.save(update_fields=["expires_at"])
    journal.note(
        kind="waitlist_left",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=journal.client(participant.id),
        at=now,
    )
    for offer in line.open_offers(request).filter(told_at__isnull=True):
        _tell_if_due(line.settle(offer, WaitlistOffer.Outcome.DROPPED, now=now), now=now)


def offer_freed(
    appointment: Appointment, *, now: datetime, starts_at: datetime | None = None
) -> WaitlistOffer | None:
    """Offer a time that was just given back to the first in line whom it fits.

    `starts_at` is the time that a moved appointment left. In the caller's transaction, under the
    practitioner's lock. Returns the offer that stands now, if the time fits anybody.
    """
    freed = starts_at or appointment.starts_at
    return _tell_if_due(line.keep_for_next(appointment.practitioner, freed, now=now), now=now)


def tell(offer: WaitlistOffer, *, now: datetime) -> WaitlistOffer | None:
    """Put an offer before its people; if they cannot take it any more, it goes on to the next.

    Returns the offer that stands. In the caller's transaction, under the practitioner's lock.
    """
    request = calendar.lock_request(offer.entry.request_id)
    offer.entry.request = request
    is_wanted = suits(offer.entry, offer.appointment.starts_at)
    if now >= offer.expires_at or not is_wanted or not can_take(offer.entry, now=now, offer=offer):
        return _tell_if_due(line.settle(offer, WaitlistOffer.Outcome.DROPPED, now=now), now=now)
    offer.told_at = now
    offer.save(update_fields=["told_at"])
    held = Appointment.objects.get(pk=offer.appointment_id)
    offering.offer_times(
        request,
        [held],
        actor=journal.SYSTEM,
        now=now,
        until=offer.expires_at,
        kind="waitlist_offered",
    )
    Appointment.objects.filter(pk=held.pk).update(held_until=offer.expires_at + line.GRACE)
    return offer


def settle_offer(request: Request, candidate_id: UUID | None, *, now: datetime) -> str:
    """How the offer ended that people of this request have answered, or let pass.

    The step of `proposals.settle_proposal` for a time of the waitlist: declined or not answered,
    it goes on to the next in line. Returns the outcome; "" when no such offer was before them.
    """
    offer = line.open_offers(request).filter(told_at__isnull=False).first()
    if offer is None:
        return ""
    people = set(attending(request).values_list("id", flat=True))
    answered = set(
        TimeAnswer.objects.filter(appointment_id=offer.appointment_id).values_list(
            "participant_id", flat=True
        )
    )
    if candidate_id is not None:
        outcome = WaitlistOffer.Outcome.ACCEPTED
    elif people <= answered:
        outcome = WaitlistOffer.Outcome.DECLINED
    elif now >= offer.expires_at:
        outcome = WaitlistOffer.Outcome.LAPSED
    else:
        outcome = WaitlistOffer.Outcome.DROPPED
    if outcome != WaitlistOffer.Outcome.DROPPED:
        _count_silence(offer.entry, is_silent=not answered & people, now=now)
    if outcome == WaitlistOffer.Outcome.DECLINED and is_single(request):
        # They said so themselves. People of several hear it when the time would have ended
        # anyway, so that nobody learns what another has answered.
        request.hold_lapsed_at = now
        request.save(update_fields=["hold_lapsed_at"])
    _tell_if_due(line.settle(offer, outcome, now=now), now=now)
    return outcome


def run_out(request: Request, *, now: datetime) -> set[UUID]:
    """The times offered to a request whose end has come, though no sweep has passed them on yet."""
    due = line.open_offers(request).filter(expires_at__lte=now)
    return set(due.values_list("appointment_id", flat=True))


def was_last(request: Request) -> bool:
    """Whether what people of this request were offered last came from the waitlist, in vain."""
    latest = request.appointments.filter(suggested_by__isnull=True).order_by("-created_at").first()
    return (
        latest is not None
        and WaitlistOffer.objects.filter(appointment=latest, told_at__isnull=False)
        .exclude(outcome=WaitlistOffer.Outcome.ACCEPTED)
        .exists()
    )


def note_gone(request: Request, *, now: datetime) -> None:
    """Tell people that the time they were offered is gone. In the caller's transaction."""
    journal.record(
        kind="waitlist_gone",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=journal.SYSTEM,
        at=now,
    )


def settle_stale(offer: WaitlistOffer, *, now: datetime) -> None:
    """End an offer that nobody can answer any more. In the caller's transaction, under the lock.

    Its time was taken back with what it was held for, or its people could not be told in time.
    """
    _tell_if_due(line.settle(offer, WaitlistOffer.Outcome.DROPPED, now=now), now=now)


def _tell_if_due(offer: WaitlistOffer | None, *, now: datetime) -> WaitlistOffer | None:
    return tell(offer, now=now) if offer is not None and offer.opens_at <= now else offer


def _count_silence(entry: WaitlistEntry, *, is_silent: bool, now: datetime) -> None:
    entry.silences = entry.silences + 1 if is_silent else 0
    entry.save(update_fields=["silences"])
    if entry.silences != SILENCES_MAX:
        return
    journal.record(
        kind="waitlist_still",
        subject_type="request",
        subject_id=entry.request_id,
        revision=entry.request.revision,
        actor=journal.SYSTEM,
        at=now,
    )


def _lock_requester(participant_id: UUID) -> tuple[Request, Participant]:
    participant = Participant.objects.filter(
        pk=participant_id, is_requester=True, left_at__isnull=True
    ).first()
    if participant is None:
        raise NotTheirs
    return calendar.lock_calendar_and_request(participant.request_id), participant
