"""A practitioner's hours, days off and energy: the rows, written and noted in the journal.

These are steps of one transaction, called under the practitioner's lock:
`booking.operations.availability` opens both, because what an edit leaves outside the hours is
booking's to say. Nothing here touches time that is booked or held.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from practice.domain.hours import Span, WeeklySpan, dates
from practice.models import EnergyRule, HoursOverride, Practitioner, TimeOff, WeeklyHours
from practice.operations import journal


def write_week(practitioner_id: UUID, spans: Sequence[WeeklySpan], *, now: datetime) -> None:
    """Make these the weekly hours."""
    WeeklyHours.objects.filter(practitioner_id=practitioner_id).delete()
    WeeklyHours.objects.bulk_create(
        WeeklyHours(
            practitioner_id=practitioner_id,
            weekday=span.weekday,
            opens_minute=span.opens_minute,
            closes_minute=span.closes_minute,
            from_date=span.from_date,
            until_date=span.until_date,
            modalities=list(span.modalities),
        )
        for span in spans
    )
    _note(
        "hours_changed",
        practitioner_id,
        now=now,
        weekly=[
            [
                span.weekday,
                span.opens_minute,
                span.closes_minute,
                _iso(span.from_date),
                _iso(span.until_date),
                list(span.modalities),
            ]
            for span in spans
        ],
    )


def write_days(
    practitioner_id: UUID, first: date, last: date, spans: Sequence[Span], *, now: datetime
) -> None:
    """Make these the hours of every date from the first to the last; none: closed."""
    HoursOverride.objects.filter(
        practitioner_id=practitioner_id, date__gte=first, date__lte=last
    ).delete()
    closed: list[tuple[int | None, int | None, list[str]]] = [(None, None, [])]
    windows: list[tuple[int | None, int | None, list[str]]] = [
        (s.opens_minute, s.closes_minute, list(s.modalities)) for s in spans
    ]
    HoursOverride.objects.bulk_create(
        HoursOverride(
            practitioner_id=practitioner_id,
            date=day,
            opens_minute=opens,
            closes_minute=closes,
            modalities=ways,
        )
        for day in dates(first, last)
        for opens, closes, ways in windows or closed
    )
    _note(
        "days_changed",
        practitioner_id,
        now=now,
        first=first.isoformat(),
        last=last.isoformat(),
        hours=[[s.opens_minute, s.closes_minute, list(s.modalities)] for s in spans],
    )


def clear_days(practitioner_id: UUID, first: date, last: date, *, now: datetime) -> None:
    """Give these dates their weekly hours back."""
    HoursOverride.objects.filter(
        practitioner_id=practitioner_id, date__gte=first, date__lte=last
    ).delete()
    _note(
        "days_cleared",
        practitioner_id,
        now=now,
        first=first.isoformat(),
        last=last.isoformat(),
    )


def write_time_off(
    practitioner_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    label: str,
    *,
    time_off_id: int | None,
    now: datetime,
) -> TimeOff:
    """Add time off, or change some. Adding the very same a second time changes nothing.

    Raises `TimeOff.DoesNotExist`.
    """
    own = TimeOff.objects.filter(practitioner_id=practitioner_id)
    if time_off_id is None:
        same = own.filter(starts_at=starts_at, ends_at=ends_at, label=label).first()
        if same is not None:
            return same
        row = TimeOff(practitioner_id=practitioner_id)
    else:
        row = own.get(pk=time_off_id)
    row.starts_at, row.ends_at, row.label = starts_at, ends_at, label
    row.save()
    _note(
        "time_off_changed" if time_off_id else "time_off_added",
        practitioner_id,
        now=now,
        time_off=row.pk,
        starts_at=starts_at.isoformat(),
        ends_at=ends_at.isoformat(),
    )
    return row


def delete_time_off(practitioner_id: UUID, time_off_id: int, *, now: datetime) -> None:
    """Take time off back. Raises `TimeOff.DoesNotExist`."""
    row = TimeOff.objects.get(practitioner_id=practitioner_id, pk=time_off_id)
    _note(
        "time_off_removed",
        practitioner_id,
        now=now,
        time_off=row.pk,
        starts_at=row.starts_at.isoformat(),
        ends_at=row.ends_at.isoformat(),
    )
    row.delete()


def write_energy(
    practitioner_id: UUID,
    *,
    at_most: Mapping[str, int],
    not_after: Collection[tuple[str, str]],
    now: datetime,
) -> None:
    """Make these the energy rules: limits by type, and pairs (type, after which it may not be)."""
    EnergyRule.objects.filter(practitioner_id=practitioner_id).delete()
    EnergyRule.objects.bulk_create(
        [
            *(
                EnergyRule(
                    practitioner_id=practitioner_id,
                    kind=EnergyRule.Kind.AT_MOST,
                    relationship_type=relationship_type,
                    limit=limit,
                )
                for relationship_type, limit in at_most.items()
            ),
            *(
                EnergyRule(
                    practitioner_id=practitioner_id,
                    kind=EnergyRule.Kind.NOT_AFTER,
                    relationship_type=relationship_type,
                    after_type=after_type,
                )
                for relationship_type, after_type in sorted(not_after)
            ),
        ]
    )
    _note(
        "energy_changed",
        practitioner_id,
        now=now,
        at_most=dict(at_most),
        not_after=[list(pair) for pair in sorted(not_after)],
    )


def write_time_zone(practitioner: Practitioner, time_zone: str, *, now: datetime) -> None:
    """Keep the hours in this zone: the same clock times, there. Theirs already: nothing changes."""
    before = practitioner.time_zone
    if before == time_zone:
        return
    practitioner.time_zone = time_zone
    practitioner.save(update_fields=["time_zone"])
    _note("time_zone_changed", practitioner.pk, now=now, before=before, time_zone=time_zone)


def _note(kind: str, practitioner_id: UUID, *, now: datetime, **snapshot: object) -> None:
    journal.note(
        kind=kind,
        subject_type="practitioner",
        subject_id=practitioner_id,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot=snapshot,
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
