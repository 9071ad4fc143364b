"""What asks for the practitioner's eyes: flags, alerts and reviews; the reasons stay sealed."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from booking.domain.states import OPEN_REQUEST_STATES
from booking.models import Participant, Request
from intake.domain.flags import HOLDING, Level
from intake.models import Alert, Flag, Review
from intake.queries.people import who_forgot
from practice.models import Change

#: What the page of a review tells of the journal.
REVIEW_KINDS = (
    "flag_raised",
    "review_opened",
    "alert_repeated",
    "alert_acknowledged",
    "review_contacted",
    "review_decided",
    "review_closed",
)


@dataclass(frozen=True, slots=True)
class Flagged:
    """A person with how urgent their answers are; the reasons stay sealed."""

    participant: Participant
    flags: Sequence[Flag]

    @property
    def level(self) -> Level | None:
        """The most urgent level; None if nothing was raised."""
        return most_urgent(Level(f.level) for f in self.flags)

    @property
    def contacted_at(self) -> datetime | None:
        """When the practitioner last talked to them about it."""
        return max((f.contacted_at for f in self.flags if f.contacted_at), default=None)

    @property
    def is_to_contact(self) -> bool:
        """Whether a private talk is open. Who deleted everything cannot be reached any more."""
        return bool(self.participant.email) and any(
            f.level in HOLDING and f.contacted_at is None for f in self.flags
        )


@dataclass(frozen=True, slots=True)
class Attention:
    """A request that asks for its practitioner's eyes, or did."""

    request: Request
    people: Sequence[Flagged]
    alerts: Sequence[Alert]
    reviews: Sequence[Review]

    @property
    def unseen(self) -> Sequence[Alert]:
        """The alerts that nobody has acknowledged."""
        return [a for a in self.alerts if a.acknowledged_at is None]

    @property
    def review(self) -> Review | None:
        """The newest review: the open one, if there is one."""
        return self.reviews[-1] if self.reviews else None

    @property
    def can_decide(self) -> bool:
        """Whether a decision may be recorded, or a "refer" or "decline" still be changed."""
        review = self.review
        return review is not None and (
            review.closed_at is None
            or review.decision in (Review.Decision.REFER, Review.Decision.DECLINE)
        )

    @property
    def to_contact(self) -> Sequence[Flagged]:
        """With whom a private talk is open, each of them."""
        return [p for p in self.people if p.is_to_contact]

    @property
    def level(self) -> Level | None:
        """The most urgent level of anybody in it."""
        return most_urgent(p.level for p in self.people)


def most_urgent(levels: Iterable[Level | None]) -> Level | None:
    """The first of the levels, which are in order of urgency."""
    found = set(levels)
    return next((level for level in Level if level in found), None)


def attention(practitioner_id: UUID) -> Sequence[Attention]:
    """Everything that waits to be seen or decided, most urgent first.

    A request that was closed meanwhile stays until somebody has looked. As many queries for one
    as for a hundred.
    """
    found = [_attention(request) for request in _with_flags(_waiting(practitioner_id))]
    order = list(Level)
    return sorted(
        found,
        key=lambda a: (
            not a.unseen,
            order.index(a.level) if a.level else len(order),
            a.review.opened_at if a.review else a.request.created_at,
        ),
    )


def attention_count(practitioner_id: UUID) -> int:
    """How many requests wait to be seen or decided, or have somebody who forgot their passcode."""
    flagged = _waiting(practitioner_id).values("pk")
    forgot = Request.objects.filter(participants__in=who_forgot(practitioner_id)).values("pk")
    return flagged.union(forgot).count()


def acute_count(practitioner_id: UUID) -> int:
    """How many of the requests that wait to be seen or decided are acute."""
    acute = Flag.objects.filter(participant__request=OuterRef("pk"), level=Level.ACUTE).exclude(
        participant__attends=Participant.Attends.NO
    )
    return _waiting(practitioner_id).filter(Exists(acute)).count()


def attention_of(request_id: UUID, practitioner_id: UUID) -> Attention | None:
    """One's own request with its flags, alerts and reviews; None of anybody else's."""
    own = Request.objects.filter(pk=request_id, practitioner_id=practitioner_id)
    request = _with_flags(own).first()
    return None if request is None else _attention(request)


def uncontacted(request_id: UUID) -> Set[UUID]:
    """The people of a request with whom a private talk is open."""
    people = (
        Participant.objects.filter(request=request_id)
        .exclude(attends=Participant.Attends.NO)
        .prefetch_related("flags")
    )
    return {p.id for p in people if Flagged(p, list(p.flags.all())).is_to_contact}


def review_history(attention: Attention) -> Sequence[Change]:
    """The audit trail of a request's reviews, oldest first."""
    return list(
        Change.objects.filter(
            subject_type="request", subject_id=attention.request.pk, kind__in=REVIEW_KINDS
        ).order_by("id")
    )


def _waiting(practitioner_id: UUID) -> QuerySet[Request]:
    alerts = Alert.objects.filter(request=OuterRef("pk"), acknowledged_at__isnull=True)
    reviews = Review.objects.filter(request=OuterRef("pk"), closed_at__isnull=True)
    is_held = Q(review_open=True, state__in=OPEN_REQUEST_STATES)
    return Request.objects.filter(
        Exists(alerts) | Exists(reviews) | is_held, practitioner_id=practitioner_id
    )


def _with_flags(requests: QuerySet[Request]) -> QuerySet[Request]:
    people = Participant.objects.order_by("position").prefetch_related("flags")
    return requests.select_related("service").prefetch_related(
        Prefetch("participants", people), "alerts", "reviews__decided_by"
    )


def _attention(request: Request) -> Attention:
    return Attention(
        request=request,
        people=[
            Flagged(p, list(p.flags.all()))
            for p in request.participants.all()
            if p.attends != Participant.Attends.NO
        ],
        alerts=list(request.alerts.all()),
        reviews=list(request.reviews.all()),
    )
