"""`manage.py purge`: delete what is kept no longer, or list it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from intake.operations.retention import Going, purge, totals, would_go
from practice.queries import database_now


class Command(BaseCommand):
    """What the task does every hour, by hand."""

    help = (
        "Delete what is older than the days set at the desk under Questionnaires: answers, sealed "
        "answers, signatures, names and addresses. --dry-run lists what would go and keeps it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only list, delete nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        is_dry = options["dry_run"]
        now = database_now()
        going = list(would_go(now=now)) if is_dry else list(purge(now=now))
        for one in going:
            self.stdout.write(_line(one))
        if not going:
            self.stdout.write("Nothing is due.")
            return
        counts = ", ".join(f"{kept} {count}" for kept, count in sorted(totals(going).items()))
        self.stdout.write(f"{'Would go' if is_dry else 'Gone'}: {counts}.")


def _line(one: Going) -> str:
    counts = ", ".join(f"{kept} {count}" for kept, count in one.counts.items())
    return f"request {one.request_id}: {counts}"
