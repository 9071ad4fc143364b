"""`manage.py explain_delivery`: what became of a message, and why."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError

from notifications.domain.kinds import Kind
from notifications.messages.explaining import explain
from notifications.messages.titles import title
from notifications.queries import ledger


class Command(BaseCommand):
    """Explain one delivery, or all about one appointment or request."""

    help = "Explain why a message was due, what became of it, and why. Names nobody."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Any id will do."""
        parser.add_argument(
            "id", type=UUID, help="of a delivery (or its Message-ID), an appointment or a request"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print it, in UTC."""
        found = ledger.by_any_id(options["id"])
        if not found:
            raise CommandError("No message, appointment or request with messages has this id.")
        for delivery in found:
            whom = delivery.participant_id or delivery.practitioner_id
            kind = Kind(delivery.kind)
            self.stdout.write(f"{delivery.pk}  {title(kind)} ({kind}), to {whom}")
            for sentence in explain(delivery, list(delivery.tries.all()), tz=ZoneInfo("UTC")):
                self.stdout.write(f"  {sentence}")
