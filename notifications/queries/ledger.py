"""What became of the messages, for the practitioner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from booking.domain.states import AppointmentState
from booking.models import Appointment, Participant, PrivateLink
from notifications.domain.kinds import REMINDERS
from notifications.domain.rejections import SETTINGS_REFUSED
from notifications.models import SWEEP, Delivery, Round
from notifications.queries.bounces import UNREACHABLE, own_unreachable
from practice.models import Pending

#: A message or a change that has waited longer than this means that something does not work.
LATE = timedelta(minutes=5)
_RECENT = 50
_FAILED_DAYS = 30


@dataclass(frozen=True, slots=True)
class Trouble:
    """What needs a look: messages that failed, are late, or cannot even be planned.

    `untried`: not even tried, because something before came back from there. `is_refused`: the
    mail server takes nothing from us as we are set up. `own_unreachable`: how many addresses of
    the practice itself sent something back.
    """

    failed: int
    late: int
    unplanned: int
    untried: int = 0
    is_refused: bool = False
    own_unreachable: int = 0

    @property
    def total(self) -> int:
        """All messages among it."""
        return self.failed + self.late + self.unplanned + self.untried


def _failed(now: datetime) -> Q:
    since = now - timedelta(days=_FAILED_DAYS)
    return Q(state=Delivery.State.FAILED, settled_at__gt=since)


def _untried(now: datetime) -> Q:
    """What nobody was told. A reminder that is not sent leaves nobody without the news."""
    since = now - timedelta(days=_FAILED_DAYS)
    skipped = Q(state=Delivery.State.SKIPPED, reason=UNREACHABLE, settled_at__gt=since)
    return skipped & ~Q(kind__in=REMINDERS)


def _late(now: datetime) -> Q:
    return Q(state=Delivery.State.PENDING, due_at__lt=now - LATE)


def _of(practitioner_id: UUID) -> QuerySet[Delivery]:
    """Only what concerns this practitioner's own clients, and their own messages."""
    return Delivery.objects.filter(
        Q(practitioner_id=practitioner_id)
        | Q(participant__request__practitioner_id=practitioner_id)
    ).select_related("participant", "practitioner")


def trouble(*, now: datetime) -> Trouble:
    """How much needs a look; a handful of small indexed queries."""
    return Trouble(
        failed=Delivery.objects.filter(_failed(now)).count(),
        late=Delivery.objects.filter(_late(now)).count(),
        unplanned=Pending.objects.filter(change__occurred_at__lt=now - LATE).count(),
        untried=Delivery.objects.filter(_untried(now)).count(),
        is_refused=Delivery.objects.filter(
            state=Delivery.State.PENDING,
            due_at__lte=now,
            attempts__gt=0,
            reason__startswith=SETTINGS_REFUSED,
        ).exists(),
        own_unreachable=own_unreachable(),
    )


def oldest_due(*, now: datetime) -> timedelta | None:
    """For how long the oldest due message has been waiting; None: nothing is due."""
    first = (
        Delivery.objects.filter(state=Delivery.State.PENDING, due_at__lte=now)
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first()
    )
    return now - first if first else None


def oldest_unplanned(*, now: datetime) -> timedelta | None:
    """For how long the oldest change has been waiting to be planned; None: none waits."""
    first = (
        Pending.objects.order_by("change_id").values_list("change__occurred_at", flat=True).first()
    )
    return now - first if first else None


def needing_a_look(*, practitioner_id: UUID, now: datetime) -> Sequence[Delivery]:
    """Failed messages of the last month and those not even tried, newest first, then late ones."""
    deliveries = _of(practitioner_id)
    return [
        *deliveries.filter(_failed(now) | _untried(now)).order_by("-settled_at")[:_RECENT],
        *deliveries.filter(_late(now)).order_by("due_at")[:_RECENT],
    ]


def settled(states: Sequence[str], *, practitioner_id: UUID) -> Sequence[Delivery]:
    """The messages that ended so most recently, newest first."""
    return list(
        _of(practitioner_id)
        .filter(state__in=states, settled_at__isnull=False)
        .order_by("-settled_at")[:_RECENT]
    )


def upcoming(*, practitioner_id: UUID, now: datetime) -> Sequence[Delivery]:
    """The messages that are due next."""
    return list(
        _of(practitioner_id)
        .filter(state=Delivery.State.PENDING, due_at__gte=now - LATE)
        .order_by("due_at")[:_RECENT]
    )


def of_appointment(appointment_id: UUID, *, practitioner_id: UUID) -> Sequence[Delivery]:
    """Every message about one appointment, in the order of time."""
    return _about("appointment", appointment_id, _of(practitioner_id))


def of_request(request_id: UUID, *, practitioner_id: UUID) -> Sequence[Delivery]:
    """Every message of one request until it was booked, in the order of time."""
    return _about("request", request_id, _of(practitioner_id))


def appointments_of(request_id: UUID) -> Sequence[Appointment]:
    """What came of a request: from then on messages are about these."""
    never_booked = (AppointmentState.HELD, AppointmentState.RELEASED)
    came = Appointment.objects.filter(request_id=request_id).exclude(state__in=never_booked)
    return list(came.order_by("starts_at"))


def by_any_id(any_id: UUID) -> Sequence[Delivery]:
    """One delivery, or those about one appointment or request, of whatever practitioner."""
    everything = Delivery.objects.select_related("participant", "practitioner")
    if found := list(everything.filter(pk=any_id).select_related("change")):
        return found
    return _about("appointment", any_id, everything) or _about("request", any_id, everything)


def _about(what: str, pk: UUID, deliveries: QuerySet[Delivery]) -> Sequence[Delivery]:
    if what == "appointment":
        about = Q(subject_type="appointment", subject_id=pk)
    else:
        links = PrivateLink.objects.filter(participant__request=pk).values("pk")
        people = Participant.objects.filter(request=pk).values("pk")
        about = (
            Q(subject_type="request", subject_id=pk)
            | Q(subject_type="link", subject_id__in=links)
            | Q(subject_type="participant", subject_id__in=people)
        )
    rows = deliveries.filter(about).select_related("change").prefetch_related("tries")
    return list(rows.order_by("due_at", "planned_at", "key"))


def last_sweep() -> datetime | None:
    """When a sweep last ran to its end."""
    return Round.objects.filter(name=SWEEP).values_list("ended_at", flat=True).first()


def counts() -> Mapping[str, int]:
    """How many deliveries there are that wait, are being sent or failed lately: no names."""
    states = (Delivery.State.PENDING, Delivery.State.SENDING, Delivery.State.FAILED)
    rows = Delivery.objects.filter(state__in=states).values_list("state").annotate(n=Count("pk"))
    return dict.fromkeys(map(str, states), 0) | dict(rows)
