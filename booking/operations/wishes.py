"""What somebody would like after the last dates of a series: said on their page, to nobody else."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from booking.domain.refusals import NotTheirs
from booking.models import Series
from booking.queries.wishes import Wish, last_dates, latest_wish
from practice.operations import journal


@transaction.atomic(durable=True)
def say_what_follows(*, series_id: UUID, participant_id: UUID, wish: Wish, now: datetime) -> bool:
    """Say whether to go on, to pause or to finish. It changes no date: the practitioner acts on it.

    It can be said anew as long as dates are to come; the last word counts. False: that was their
    word already. Raises `NotTheirs` unless one or two dates of it are left for them.
    """
    series = Series.objects.select_for_update(no_key=True).filter(pk=series_id).first()
    if series is None or not last_dates(series_id, participant_id, now=now):
        raise NotTheirs
    if latest_wish(series_id, participant_id) == wish:
        return False
    journal.record(
        kind=f"dates_wish_{wish}",
        subject_type="series",
        subject_id=series_id,
        revision=series.revision,
        actor=journal.client(participant_id),
        at=now,
        snapshot={"participant": str(participant_id)},
    )
    return True
