"""What every desk page says when messages do not get through."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from notifications.queries import ledger
from practice.queries import database_now


def message_trouble(_request: HttpRequest) -> dict[str, Any]:
    """Context processor: `message_trouble`, a `Trouble`.

    Nothing is asked of the database unless a template looks at it; only the desk's frame does.
    """
    return {"message_trouble": SimpleLazyObject(lambda: ledger.trouble(now=database_now()))}
