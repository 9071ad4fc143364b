"""`manage.py rotate_keys`: seal everything again with the first key of the keyring."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.sealed import PLACES
from practice.operations.rotation import BATCH, Progress, rotate


class Command(BaseCommand):
    """May be stopped at any moment and started again, also while the practice works."""

    help = (
        "Seal every private text again with the first key of ATTUNE_ENCRYPTION_KEYS. Put the new "
        "key first and restart everything, run this, and take the old key out when it says that "
        "nothing is left. It may be stopped at any moment: the next run goes on where it was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--batch", type=int, default=BATCH, help="values per transaction (%(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch"] < 1:
            raise CommandError("--batch is at least 1.")
        over: list[Progress] = []
        for progress in rotate(PLACES, batch=options["batch"]):
            self._say(progress)
            if progress.is_over:
                over.append(progress)
        self._conclude(over)

    def _say(self, progress: Progress) -> None:
        end = "done" if progress.is_over else "…"
        self.stdout.write(f"{progress.place}: {progress.done} of {progress.total} {end}")
        self.stdout.flush()

    def _conclude(self, over: list[Progress]) -> None:
        """Raises `CommandError` if anything is left: the old key must not go yet."""
        problems = []
        lost: Counter[str] = sum((p.lost for p in over), Counter[str]())
        for key, count in sorted(lost.items()):
            places = ", ".join(p.place for p in over if key in p.lost)
            problems.append(
                f"{count} sealed with the key {key!r}, which is not in ATTUNE_ENCRYPTION_KEYS "
                f"({places}). Put it back, after the first one, and run this again; without it "
                "they stay unreadable. Everything else is not affected."
            )
        altered = {p.place: p.altered for p in over if p.altered}
        for place, count in altered.items():
            problems.append(f"{count} of {place} altered, or moved from another row: not touched.")
        busy = sum(p.left for p in over) - lost.total() - sum(altered.values())
        if busy > 0:
            problems.append(f"{busy} in use just now. Run this again.")
        if problems:
            raise CommandError("\n".join(["Some values are left as they are:", *problems]))
        self.stdout.write("Nothing is left that an older key has sealed.")
