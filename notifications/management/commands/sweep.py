"""`manage.py sweep`: do now what the beat does twice a minute."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from booking.operations import sweep as booking_sweep
from notifications.operations.sweep import sweep
from notifications.tasks import worker_name
from practice.queries import database_now

#: More rounds than any real backlog needs; a limit, so that a fault cannot spin for ever.
_ROUNDS_MAX = 1000


class Command(BaseCommand):
    """Sweep bookings and messages until nothing is due."""

    help = "Release what has lapsed, carry out what is due, and send every message that is due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One option: the time to pretend it is."""
        parser.add_argument(
            "--now",
            metavar="TIME",
            help="pretend it is this time (RFC 3339); on embedded servers only",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run, and say in sentences what was done."""
        now = self._now(options["now"])
        booking_sweep.sweep(now=now)
        planned = sent = failed = dropped = retried = reclaimed = unplannable = 0
        for _round in range(_ROUNDS_MAX):
            swept = sweep(worker=worker_name(), now=now)
            planned += swept.planned
            reclaimed += swept.reclaimed
            unplannable = swept.unplannable
            sent += swept.sending.sent
            failed += swept.sending.failed
            dropped += swept.sending.dropped
            retried += swept.sending.retried
            if not swept.progress:
                break
        self._say(f"It is {now.isoformat(timespec='seconds')}.")
        self._say(f"{_count(planned, 'change')} planned, {_count(sent, 'message')} sent.")
        for number, sentence in (
            (retried, "could not be handed over and will be tried again"),
            (failed, "failed and need a look"),
            (dropped, "no longer true and not sent"),
            (reclaimed, "taken back from a sender that died"),
        ):
            if number:
                self._say(f"{_count(number, 'message')} {sentence}.")
        if unplannable:
            self._say(f"{_count(unplannable, 'change')} could not be planned; the log says why.")

    def _now(self, text: str | None) -> datetime:
        if text is None:
            return database_now()
        if not settings.EMBEDDED:
            raise CommandError("--now works on embedded servers only: elsewhere time is real.")
        try:
            now = datetime.fromisoformat(text)
        except ValueError as error:
            raise CommandError(f"{text!r} is no time: write 2026-03-03T18:00:00Z.") from error
        if now.tzinfo is None:
            raise CommandError("Please write the time with its offset, such as Z or +01:00.")
        return now

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
