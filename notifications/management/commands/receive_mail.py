"""`manage.py receive_mail`: takes one mail from standard input, as a mail server pipes it."""

import os
import sys
from email import message_from_bytes
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandParser
from django.db import Error as DatabaseError

from notifications.domain.replies import Fate
from notifications.operations import replies
from notifications.operations.incoming import MAIL_MAX
from practice.queries import database_now


class Command(BaseCommand):
    """Reads a reply to an invite. Whatever else comes in is noted with its reason and dropped.

    The exit status is one of sysexits.h, which mail servers understand: 0 taken care of, whatever
    it was (to send strangers' mail back would make a nuisance of us); 75 try again later, the
    database is away; 78 no address is set for incoming mail.
    """

    help = "Take one mail from standard input: an answer of a calendar program to an invite."
    requires_system_checks: list[str] = []  # noqa: RUF012  (as Django declares it)

    def add_arguments(self, parser: CommandParser) -> None:
        """None of its own."""

    def handle(self, **options: Any) -> None:
        """Read, take, and say what became of it."""
        if not settings.INBOUND_ADDRESS:
            self.stderr.write("ATTUNE_INBOUND_ADDRESS is not set.")
            sys.exit(os.EX_CONFIG)
        content = sys.stdin.buffer.read(MAIL_MAX + 1)
        try:
            fate = self._take(content)
        except DatabaseError as error:
            self.stderr.write(f"Try again later: {type(error).__name__}.")
            sys.exit(os.EX_TEMPFAIL)
        if options["verbosity"] > 1:
            self.stdout.write(str(fate))

    def _take(self, content: bytes) -> Fate:
        now = database_now()
        if len(content) > MAIL_MAX:
            while sys.stdin.buffer.read(MAIL_MAX):
                pass  # a mail server whose pipe breaks thinks that we are broken
            replies.refuse(fate=Fate.TOO_LARGE, now=now)
            return Fate.TOO_LARGE
        return replies.receive(message=message_from_bytes(content), now=now)
