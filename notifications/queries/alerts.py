"""The rows behind calls to look at the list, and who is called besides the practitioner."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet

from intake.models import Alert
from intake.queries.settings import intake_settings
from notifications.domain.facts import AlertFacts
from notifications.domain.kinds import ALERTS, Kind
from notifications.models import Delivery
from notifications.queries.persons import recipient

#: Two calls to one reader within this time say the same: the later one is dropped.
_JUST_NOW = timedelta(minutes=30)
_TO_PRACTITIONER = (Kind.PRACTITIONER_ALERT, Kind.PRACTITIONER_ALERT_AGAIN)


def alerts_in(request_ids: Collection[UUID]) -> Sequence[Alert]:
    """Every alert of these requests, the oldest first."""
    return list(_alerts().filter(request__in=request_ids))


def alert(alert_id: UUID) -> Alert:
    """An alert, with whose list it is on."""
    return _alerts().get(pk=alert_id)


def _alerts() -> QuerySet[Alert]:
    return Alert.objects.select_related("request__practitioner").order_by("raised_at", "pk")


def alert_facts_of(ids: Collection[UUID]) -> dict[UUID, AlertFacts]:
    """Many alerts as the plan sees them. Two queries, however many there are."""
    named = intake_settings().alert_email
    return {row.pk: alert_facts(row, named=named) for row in _alerts().filter(pk__in=ids)}


def alert_facts(
    row: Alert, *, delivery: Delivery | None = None, named: str | None = None
) -> AlertFacts:
    """An alert as the plan sees it; with the delivery at hand, as its last look does."""
    practitioner = row.request.practitioner
    named = (intake_settings().alert_email if named is None else named).casefold()
    return AlertFacts(
        id=row.id,
        level=row.level,
        practitioner=recipient(practitioner),
        is_acknowledged=row.acknowledged_at is not None,
        has_named=named not in ("", practitioner.email.casefold()),
        is_told=delivery is not None and _is_told(row, delivery),
    )


def _is_told(row: Alert, delivery: Delivery) -> bool:
    """Whether the reader was called to the same request already, after this was raised.

    The second person is called once by what was raised, and once by each day's repeat; everybody
    else not twice in a row, as after an hour without a mail server, or when one answer raised two
    alerts.
    """
    kind = Kind(delivery.kind)
    sent = Delivery.objects.filter(
        kind__in=_TO_PRACTITIONER if kind in _TO_PRACTITIONER else (kind,),
        state=Delivery.State.SENT,
        subject_type="alert",
        subject_id__in=Alert.objects.filter(request=row.request_id).values("pk"),
        settled_at__gte=row.raised_at,
    ).exclude(pk=delivery.pk)
    if kind is Kind.ALERT_SECOND:
        sent = sent.filter(settled_at__gte=delivery.change.occurred_at)
    else:
        sent = sent.filter(settled_at__gt=delivery.due_at - _JUST_NOW)
    return sent.exists()


def called_besides(kind: Kind) -> tuple[str, str] | None:
    """Name and address of whom such a message goes to if not to the practitioner; else None.

    Read from the settings as they are now. Both are empty if nobody is named.
    """
    if kind not in ALERTS or kind in _TO_PRACTITIONER:
        return None
    named = intake_settings()
    if kind is Kind.ALERT_SECOND:
        return named.second_name, named.second_email
    return named.alert_name, named.alert_email
