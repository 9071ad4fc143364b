"""What `manage.py check` says of the settings: addresses that people read on their screens."""

from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004

from notifications.domain.discretion import words_in_address


@register(Tags.security)
def addresses_say_nothing(*, app_configs: Any, **_options: Any) -> Sequence[CheckMessage]:
    """A warning for each address that tells what the practice does, wherever it is seen.

    No error: a practice may have no other domain, and must still start.
    """
    seen = {
        "ATTUNE_MAIL_FROM": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "ATTUNE_INBOUND_ADDRESS": parseaddr(settings.INBOUND_ADDRESS)[1],
        "ATTUNE_BASE_URL": urlsplit(settings.BASE_URL).netloc,
    }
    found = {name: words_in_address(address) for name, address in seen.items()}
    return [
        Warning(
            f"{name} gives away what the practice does ({', '.join(words)}).",
            hint="It stands in every message, also to people whose mailbox others read.",
            id="attune.W001",
        )
        for name, words in found.items()
        if words
    ]
