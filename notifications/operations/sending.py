"""Sending what is due, outside any transaction, and what comes of it."""

import logging
import time
from collections import Counter, deque
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError

from booking.operations.issuing import address_hash
from notifications.domain.kinds import ALERTS, REMINDERS, Kind
from notifications.domain.pacing import domain_of, waits_for_nobody
from notifications.domain.retry import Backoff
from notifications.domain.truth import untrue_because
from notifications.models import Attempt, Delivery
from notifications.operations import bounces
from notifications.operations.claiming import claim_due, give_back, put_off, was_tried_twice
from notifications.operations.envelopes import Envelope, envelope
from notifications.operations.files import needless_file_because
from notifications.operations.pacing import note_taken, note_wait, take_turns
from notifications.operations.post import Answer, Outcome, Post
from notifications.operations.settling import Ending, begin, settle
from notifications.queries.bounces import UNREACHABLE, is_unreachable, suspects
from notifications.queries.heard import needless_because
from notifications.queries.letters import letter
from notifications.queries.matters import Matter, matters_of
from notifications.queries.persons import practitioner_names
from practice.models import Practice

logger = logging.getLogger(__name__)

BACKOFF = Backoff()
#: Rows claimed in one go: few at first, so that a dead worker leaves little to wait for. Where
#: they leave before what was read of them is stale, twice as many the next time.
_BATCH, _BATCH_MAX = 25, 100
#: A round begins no further message after this many seconds, well before a task's time limit.
_SECONDS = 20.0
#: What was read this long ago is read again, or a change made meanwhile would be overlooked.
_LOOK_SECONDS = 0.5
#: Writing again and again on a machine that is too slow for that must end.
_LOOKS_MAX = 3

_STATE = Delivery.State
#: Nothing is wrong with the message: the database is away, or this worker is to stop.
_NOT_THE_MESSAGE = (OperationalError, InterfaceError, SoftTimeLimitExceeded)
_OUTCOMES = {
    Answer.TAKEN: Attempt.Outcome.TAKEN,
    Answer.LATER: Attempt.Outcome.LATER,
    Answer.UNKNOWN: Attempt.Outcome.UNKNOWN,
    Answer.REFUSED: Attempt.Outcome.REFUSED,
}


@dataclass(slots=True)
class Sent:
    """How a round of sending went."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    dropped: int = 0

    @property
    def total(self) -> int:
        """How many deliveries were dealt with."""
        return self.settled + self.retried

    @property
    def settled(self) -> int:
        """How many deliveries are dealt with for good."""
        return self.sent + self.failed + self.dropped

    def count(self, state: Delivery.State) -> None:
        """One more that stands so after its turn."""
        match state:
            case Delivery.State.SENT:
                self.sent += 1
            case Delivery.State.PENDING:
                self.retried += 1
            case Delivery.State.FAILED:
                self.failed += 1
            case _:
                self.dropped += 1


@dataclass(slots=True)
class _Round:
    """One round of sending: what it needs throughout."""

    now: datetime
    post: Post
    result: Sent = field(default_factory=Sent)
    practice: Practice = field(default_factory=Practice.objects.get)
    names: Collection[str] = field(default_factory=practitioner_names)
    began: float = field(default_factory=time.monotonic)
    waiting_domains: set[str] = field(default_factory=set)
    #: Of the addresses in hand, which were looked up, and those that something came back from.
    asked: set[str] = field(default_factory=set)
    suspects: set[str] = field(default_factory=set)
    matters: dict[UUID, Matter | Exception] = field(default_factory=dict)
    #: When each was looked at.
    looked: dict[UUID, float] = field(default_factory=dict)
    #: Domains that asked to be left alone in this batch, and until when.
    resting: dict[str, datetime] = field(default_factory=dict)
    #: How many are claimed in one go.
    batch: int = _BATCH

    @property
    def seconds(self) -> float:
        """For how long it has been going on."""
        return time.monotonic() - self.began

    def is_stale(self, delivery: Delivery) -> bool:
        """Whether something may have changed since the last look at it."""
        return time.monotonic() - self.looked[delivery.pk] > _LOOK_SECONDS

    @property
    def at(self) -> datetime:
        """The time now: when it began, by the database's clock, and what went by since."""
        return self.now + timedelta(seconds=self.seconds)


def send_due(*, worker: str, now: datetime, limit: int = 500) -> Sent:
    """Send up to `limit` messages that are due at `now`, in the name of `worker`.

    Stops early rather than run into the task's time limit. Any number may run at once. `now`
    is the time at which this began; what it writes down is that time plus what went by since.
    """
    began = time.monotonic()
    claimed = _claim(worker, now=now, limit=min(_BATCH, limit))
    if not claimed:
        return Sent()
    with Post() as post:
        this = _Round(now, post, began=began)
        while claimed:
            before = this.seconds
            _send_batch(claimed, this)
            if post.is_down or this.seconds > _SECONDS or this.result.total >= limit:
                break
            this.batch = _size_after(this.batch, this.seconds - before)
            claimed = _claim(worker, now=this.at, limit=min(this.batch, limit - this.result.total))
    return this.result


def _size_after(size: int, seconds: float) -> int:
    """How many to claim after so many took so long."""
    return min(_BATCH_MAX, 2 * size) if seconds < _LOOK_SECONDS else max(_BATCH, size // 2)


def _claim(worker: str, *, now: datetime, limit: int) -> deque[Delivery]:
    claim = f"{worker[:40]}:{uuid4().hex[:12]}"
    return deque(claim_due(claim=claim, now=now, limit=limit))


def _send_batch(claimed: deque[Delivery], this: _Round) -> None:
    """See a claimed batch through, in its order; what is not begun in the end is given back."""
    claim = claimed[0].claimed_by
    try:
        _look(claimed, this)
        _wait_their_turn(claimed, this)
        while claimed and not this.post.is_down and this.seconds < _SECONDS:
            # Of two calls in one batch the second may be needless once the first has left.
            if this.is_stale(claimed[0]) or claimed[0].kind in ALERTS:
                _look(claimed, this)
            delivery = claimed.popleft()
            _deal_with(delivery, this, then=claimed[0] if claimed else None)
            if this.resting:
                _leave_alone(claimed, this)
    finally:
        if claimed:
            give_back(claim=claim, ids=[d.pk for d in claimed])


def _look(deliveries: deque[Delivery], this: _Round) -> None:
    """Read how things stand for each of them."""
    this.looked |= dict.fromkeys((d.pk for d in deliveries), time.monotonic())
    this.matters |= _read(deliveries)
    addresses = {_address(d, this.matters[d.pk]) for d in deliveries}
    for delivery in deliveries:
        _note_where(delivery, _address(delivery, this.matters[delivery.pk]))
    this.asked |= addresses
    this.suspects = (this.suspects - addresses) | suspects(addresses)


def _read(deliveries: deque[Delivery]) -> dict[UUID, Matter | Exception]:
    """How things stand for each; in place of what cannot be read, the reason."""
    try:
        return dict(matters_of(list(deliveries)))
    except _NOT_THE_MESSAGE:
        raise
    except Exception as error:  # noqa: BLE001  (whatever it is, it must not keep the others back)
        if len(deliveries) == 1:
            return {deliveries[0].pk: error}
    return {pk: found for d in deliveries for pk, found in _read(deque([d])).items()}


def _wait_their_turn(claimed: deque[Delivery], this: _Round) -> None:
    """Put off what its domain has no room for now; the first of the rest begins."""
    domains = {d.pk: _domain(d, this.matters[d.pk]) for d in claimed}
    wanted = Counter(domain for domain in domains.values() if domain)
    turns = take_turns(wanted, now=this.at)
    this.waiting_domains |= {domain for domain, turn in turns.items() if turn.is_watched}
    until: dict[UUID, datetime] = {}
    so_far = Counter(domains[d.pk] for d in claimed if waits_for_nobody(d.kind))
    for delivery in claimed:
        domain = domains[delivery.pk]
        if waits_for_nobody(delivery.kind):
            continue
        so_far[domain] += 1
        if domain and so_far[domain] > turns[domain].granted:
            until[delivery.pk] = turns[domain].again_at
    _put_off(claimed, until, this)


def _leave_alone(claimed: deque[Delivery], this: _Round) -> None:
    """Put off the rest for a domain that asked to be left alone."""
    domains = {
        d.pk: _domain(d, this.matters[d.pk]) for d in claimed if not waits_for_nobody(d.kind)
    }
    until = {pk: this.resting[name] for pk, name in domains.items() if name in this.resting}
    this.resting.clear()
    _put_off(claimed, until, this)


def _put_off(claimed: deque[Delivery], until: dict[UUID, datetime], this: _Round) -> None:
    if until:
        put_off(claim=claimed[0].claimed_by, until=until)
        kept = [d for d in claimed if d.pk not in until]
        claimed.clear()
        claimed.extend(kept)
    if claimed:
        begin(claimed[0], now=this.at)


def _domain(delivery: Delivery, matter: Matter | Exception) -> str:
    return domain_of(_address(delivery, matter))


def _address(delivery: Delivery, matter: Matter | Exception) -> str:
    """Where it will go, as far as that is known before it is written."""
    if isinstance(matter, Exception):
        return ""
    if delivery.practitioner is not None:
        return delivery.practitioner.email
    if matter.link is not None:
        return matter.link.address
    return matter.participant.email if matter.participant else ""


def _deal_with(delivery: Delivery, this: _Round, *, then: Delivery | None) -> None:
    """See one claimed delivery through, whatever happens."""
    if delivery.lease_until is None or delivery.lease_until <= this.at:
        return  # by now somebody else may have it
    written = _parked_or_written(delivery, this)
    if isinstance(written, Envelope):
        written = this.post.connect() or written
    # Finding the server or writing may have taken long: what was true then may not be now.
    for _ in range(_LOOKS_MAX):
        if isinstance(written, Envelope) and this.is_stale(delivery):
            _look(deque([delivery]), this)
            written = _parked_or_written(delivery, this)
    address = ""
    if isinstance(written, Envelope):
        address = written.to[0]
        written = this.post.hand_over(written)
    if isinstance(written, Outcome):
        _heed(written, address, this)
        written = _ending(delivery, written, now=this.at)
    then = None if this.post.is_down else then
    if written.is_gone:
        # What else goes there in this round is looked up again.
        this.suspects.add(address)
        bounces.settle_refused(delivery, written, then=then, now=this.at)
    else:
        settle(delivery, written, then=then, now=this.at)
    this.result.count(written.state)


def _parked_or_written(delivery: Delivery, this: _Round) -> Envelope | Ending | Outcome:
    """The e-mail, or how the delivery ends instead; one that cannot be written is parked."""
    matter = this.matters[delivery.pk]
    try:
        if isinstance(matter, Exception):
            raise matter
        return _written(delivery, matter, this, now=this.at)
    except _NOT_THE_MESSAGE:
        raise  # its lease brings it back
    except Exception as error:  # whatever is wrong with one message must not stop the others
        logger.exception("delivery parked", extra={"delivery": str(delivery.pk)})
        reason = f"not writable: {type(error).__name__}"
        return Ending(_STATE.FAILED, reason, Attempt.Outcome.UNWRITABLE)


def _written(
    delivery: Delivery, matter: Matter, this: _Round, *, now: datetime
) -> Envelope | Ending:
    """The e-mail for a delivery, or how it ends instead."""
    kind = Kind(delivery.kind)
    if delivery.not_after is not None and delivery.not_after <= now:
        # A reminder after its time is worth nothing; other news that never arrived is a failure.
        return Ending(_STATE.SKIPPED if kind in REMINDERS else _STATE.FAILED, "too late")
    reason = untrue_because(
        kind,
        person_id=delivery.participant_id,
        says_start=delivery.says_start,
        facts=matter.facts,
    )
    if reason:
        return Ending(_STATE.SUPERSEDED, reason)
    if delivery.invite is not None and delivery.invite.sequence != delivery.sequence:
        return Ending(_STATE.SUPERSEDED, "a newer calendar entry follows")
    reason = needless_file_because(delivery, matter.participant)
    if reason:
        return Ending(_STATE.SUPERSEDED, reason)
    facts_for_letter = letter(delivery, matter, practice=this.practice, names=this.names, now=now)
    if not facts_for_letter.address:
        # Somebody who called and has none: nothing went wrong, and nothing can be done again.
        return Ending(_STATE.SKIPPED, "no address")
    address = facts_for_letter.address
    needless = needless_because(delivery, matter.participant, address=address)
    if needless:
        return Ending(_STATE.SUPERSEDED, needless)
    may_be = address in this.suspects or address not in this.asked
    if may_be and is_unreachable(address, kind):
        return Ending(_STATE.SKIPPED, UNREACHABLE)
    _note_where(delivery, address)
    return envelope(delivery, facts_for_letter)


def _note_where(delivery: Delivery, address: str) -> None:
    """Have it written down with what is written down of its turn anyway."""
    delivery.sent_to_hash = address_hash(address) if address else None


def _heed(outcome: Outcome, address: str, this: _Round) -> None:
    """Remember of a domain that it asked us to wait, or that it takes messages again."""
    domain = domain_of(address)
    if outcome.answer is Answer.LATER and outcome.asks_to_wait:
        rests_until = note_wait(address, now=this.at, backoff=BACKOFF)
        this.waiting_domains.add(domain)
        if rests_until is not None:
            this.resting[domain] = rests_until
    elif outcome.answer is Answer.TAKEN and domain in this.waiting_domains:
        note_taken(domain)
        this.waiting_domains.discard(domain)


def _ending(delivery: Delivery, outcome: Outcome, *, now: datetime) -> Ending:
    """How a delivery stands after an attempt."""
    tried = _OUTCOMES[outcome.answer]
    if outcome.answer is Answer.TAKEN:
        return Ending(_STATE.SENT, "", tried)
    is_unknown = outcome.answer is Answer.UNKNOWN
    again_at = BACKOFF.next_try(attempts=delivery.attempts, now=now, not_after=delivery.not_after)
    is_over = outcome.answer is Answer.REFUSED or again_at is None
    if is_over or (is_unknown and was_tried_twice(delivery)):
        return Ending(
            _STATE.FAILED, outcome.reason, tried, maybe_sent=is_unknown, is_gone=outcome.is_gone
        )
    return Ending(_STATE.PENDING, outcome.reason, tried, again_at, maybe_sent=is_unknown)
