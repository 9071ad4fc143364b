"""Logging that never holds an answer, an address or a private link.

A path of Attune can carry the token of a private link, so no path is logged. The route is logged in
its place (`request/<uuid:id>/`), which says the same to whoever operates the service.
"""

import logging
import re
from http import HTTPStatus
from typing import Any

import structlog
from django.dispatch import receiver
from django.http import HttpRequest
from django_structlog import signals
from structlog.typing import EventDict, Processor, WrappedLogger

# What django-structlog binds for each request that says who asked for what.
_PERSONAL = ("request", "user_agent", "ip", "user_id")
# Nobody logs addresses on purpose, but a database error quotes the row it refused.
_ADDRESS = re.compile(r"[^\s@<>()=,;:'\"]+@[^\s@<>()=,;:'\"]+\.[^\s@<>()=,;:'\"]+")


def without_personal_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for name in _PERSONAL:
        event.pop(name, None)
    return event


def without_health_checks(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Healthy, they come every few seconds and say nothing."""
    if event.get("code") == HTTPStatus.OK and str(event.get("route")).startswith("healthz/"):
        raise structlog.DropEvent
    return event


def without_addresses(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for name in ("event", "exception"):
        if isinstance(text := event.get(name), str):
            event[name] = _ADDRESS.sub("(address)", text)
    return event


class RouteInsteadOfPath(logging.Filter):
    """Rewrites Django's own lines about a request ("Not Found: /the/path")."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest):
            record.msg = (
                f"{getattr(record, 'status_code', '')} {request.method} {route_of(request)}"
            )
            record.args = ()
        return True


def route_of(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.route if match is not None else "(no route)"


@receiver(signals.bind_extra_request_finished_metadata)
@receiver(signals.bind_extra_request_failed_metadata)
def _bind_route(request: HttpRequest, logger: structlog.BoundLogger, **_: Any) -> None:
    structlog.contextvars.bind_contextvars(method=request.method, route=route_of(request))


def configuration(*, as_json: bool, level: str) -> dict[str, Any]:
    """The LOGGING setting, and structlog set up to go the same way."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_health_checks,
        without_personal_data,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        # What is below the level costs next to nothing: most requests say "started" to nobody.
        wrapper_class=structlog.make_filtering_bound_logger(level.lower()),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    # As JSON, one record is one line, whatever a name typed by somebody contains. The exception is
    # made text first, without the values of local variables, so that neither form can show them.
    last: list[Processor] = [
        structlog.processors.format_exc_info,
        without_addresses,
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(),
    ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"route": {"()": RouteInsteadOfPath}},
        "formatters": {
            "structlog": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
            }
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "structlog",
                "filters": ["route"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # These propagate to the root; Django would otherwise mail errors and print to the
            # console.
            "django": {"handlers": [], "level": level, "propagate": True},
            # At DEBUG a variable that a template looks for in vain is logged with every other
            # variable of the page, a person's answers among them.
            "django.template": {"level": "INFO"},
            # "request_started" adds nothing that "request_finished" does not say.
            "django_structlog": {"level": level},
        },
    }
