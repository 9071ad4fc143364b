"""`manage.py check_wall_times`: what a change of time zone rules has moved."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand

from booking.queries.walls import ComeApart, come_apart
from practice.queries import database_now


class Command(BaseCommand):
    """Changes nothing: whether people come at the old instant or at the old wall time is for the
    practitioner to decide."""

    help = (
        "List the appointments to come, held or booked, whose wall time no longer gives the "
        "instant they were made for, because time zone rules have changed since. Run it after "
        "every update of tzdata. Nothing is changed: reschedule what should keep its wall time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        found = come_apart(now=database_now())
        for one in found:
            self.stdout.write(_line(one))
        if found:
            self.stdout.write(f"{len(found)} to decide about.")
        else:
            self.stdout.write("Every appointment to come begins at the wall time it was made for.")


def _line(one: ComeApart) -> str:
    wall = f"{one.wall_start.replace('T', ' ')} {one.wall_zone}"
    means = _utc(one.would_start_at) if one.would_start_at else "an unknown zone"
    return (
        f"{one.appointment_id} {one.state}: made for {wall}, begins at {_utc(one.starts_at)}; "
        f"that wall time is now {means}"
    )


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
