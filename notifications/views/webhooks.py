"""What mail services post: reports about messages, and mail that came in for us.

anymail knows how each service writes and signs; here its events become calls of ours. An address
is open only for services that the settings name, and only with the password that they set.
"""

import hashlib
import logging
import re
from collections.abc import Callable
from email.message import Message
from functools import cache
from typing import Any
from uuid import UUID

import anymail.urls
from anymail.exceptions import AnymailError
from anymail.signals import (
    AnymailInboundEvent,
    AnymailTrackingEvent,
    EventType,
    RejectReason,
    inbound,
    tracking,
)
from anymail.utils import get_request_basic_auth
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import Error as DatabaseError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications.domain.replies import Fate
from notifications.models import Delivery
from notifications.operations import bounces, replies
from notifications.operations.incoming import MAIL_MAX
from practice.queries import database_now

logger = logging.getLogger(__name__)

_INBOUND = "inbound"
#: Why a service did not even try: there is no such address, or it has sent things back before.
_GONE = (RejectReason.INVALID, RejectReason.BOUNCED)
#: Where services say of what sort a bounce is, and how.
_WORDS = ("Type", "event", "type", "bounceType", "bounce_type", "severity")
_FOR_NOW = ("soft", "transient", "temporary")
_STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")


@csrf_exempt
@require_http_methods(["HEAD", "POST"])
def webhook(request: HttpRequest, provider: str, what: str) -> HttpResponse:
    """Hand a post to anymail's view for this service. Not named in the settings: not here.

    A mail that breaks anymail's reading is noted as unreadable: to refuse it would only have the
    service bring it again.
    """
    view = _views().get((provider, what))
    if view is None or provider not in settings.WEBHOOK_PROVIDERS or not _secret():
        return HttpResponse("Not here.\n", status=404, content_type="text/plain")
    try:
        if what == _INBOUND and _length(request) > MAIL_MAX:
            raise RequestDataTooBig
        return view(request)
    except RequestDataTooBig:
        return _not_read(request, Fate.TOO_LARGE)
    except (SuspiciousOperation, DatabaseError):
        raise  # not from the service; or to be brought again
    except (AnymailError, ValueError, KeyError, TypeError, AttributeError, LookupError):
        if what != _INBOUND:
            raise
        logger.exception("incoming mail not readable")
        return _not_read(request, Fate.UNREADABLE)


def _not_read(request: HttpRequest, fate: Fate) -> HttpResponse:
    """Note it, if it does come from the service; the password is compared before anything else."""
    given = get_request_basic_auth(request) or ""
    if not constant_time_compare(given, _secret()):
        raise SuspiciousOperation
    replies.refuse(fate=fate, now=database_now())
    return HttpResponse()


def _secret() -> str:
    return str(settings.ANYMAIL.get("WEBHOOK_SECRET", ""))


def _length(request: HttpRequest) -> int:
    text = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(text) if text.isdecimal() else 0


@cache
def _views() -> dict[tuple[str, str], Callable[[HttpRequest], HttpResponse]]:
    """anymail's views by service and purpose ("tracking", "inbound")."""
    found = {}
    for pattern in anymail.urls.urlpatterns:
        # Named anymail:mailgun_inbound_webhook and the like.
        name = str(pattern.name).removesuffix("_webhook")
        provider, _underscore, what = name.rpartition("_")
        found[provider, what] = pattern.callback
    return {key: view for key, view in found.items() if all(key)}


@receiver(inbound, dispatch_uid="notifications.mail_came_in")
def mail_came_in(event: AnymailInboundEvent, **_: Any) -> None:
    """A service passes on a mail."""
    now = database_now()
    if isinstance(event.message, Message):
        replies.receive(message=event.message, now=now)
    else:
        replies.refuse(fate=Fate.UNREADABLE, now=now)


@receiver(tracking, dispatch_uid="notifications.report_came_in")
def report_came_in(event: AnymailTrackingEvent, esp_name: str, **_: Any) -> None:
    """A service reports what became of a message; what we do not ask for is left alone."""
    kind = _kind(event)
    if kind is None:
        return
    now = database_now()
    bounces.report(
        key=_key(event, esp_name),
        kind=kind,
        delivery_id=_delivery_id(event),
        address=str(event.recipient or ""),
        at=event.timestamp or now,
        now=now,
    )


def _kind(event: AnymailTrackingEvent) -> str | None:
    match event.event_type:
        case EventType.DELIVERED:
            return bounces.DELIVERED
        case EventType.COMPLAINED:
            return Delivery.Bounce.COMPLAINT
        case EventType.BOUNCED if event.reject_reason in (*_GONE, None):
            return Delivery.Bounce.SOFT if _is_for_now(event) else Delivery.Bounce.HARD
        case EventType.REJECTED if event.reject_reason in _GONE:
            return Delivery.Bounce.HARD
        case EventType.REJECTED if event.reject_reason == RejectReason.SPAM:
            return Delivery.Bounce.COMPLAINT
        case EventType.BOUNCED | EventType.REJECTED | EventType.FAILED:
            return Delivery.Bounce.SOFT
    return None


def _is_for_now(event: AnymailTrackingEvent) -> bool:
    """Whether it only did not work this time, a full mailbox for example.

    anymail does not say; the services do, in words of their own, or pass on the status code of
    the other mail server (RFC 3463: 4.x.x is for now).
    """
    try:
        said = dict(event.esp_event or {})
    except (TypeError, ValueError):
        said = {}
    words = " ".join(str(said.get(key, "")) for key in _WORDS).casefold()
    if any(word in words for word in _FOR_NOW) or said.get("hard_bounce") is False:
        return True
    status = _STATUS.search(f"{said.get('status', '')} {event.mta_response or ''}")
    return status is not None and status.group(1) == "4"


def _key(event: AnymailTrackingEvent, esp_name: str) -> str:
    """The report's own id; not every service gives one to every report."""
    own = event.event_id or f"{event.message_id}|{event.recipient}|{event.timestamp}"
    return hashlib.sha256(f"{esp_name}|{event.event_type}|{own}".encode()).hexdigest()


def _delivery_id(event: AnymailTrackingEvent) -> UUID | None:
    """Which message it is about: what we gave along, else the Message-ID, which is made of it."""
    local = str(event.message_id or "").strip("<> ").partition("@")[0]
    for text in (dict(event.metadata or {}).get("delivery", ""), local):
        try:
            return UUID(hex=str(text))
        except ValueError:
            continue
    return None
