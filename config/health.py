"""Health checks for a proxy, a container engine or a monitor.

Live: the process answers. Ready: it can do its work. The answer names the part that fails and
nothing else: no version, no address, no error text. Messages: they leave in time; degraded, and not
unready, when they do not, because starting the web server anew would help nobody. Metrics: the same
in numbers, for whoever holds the token.
"""

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import InterfaceError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from notifications.queries import ledger
from practice.queries import database_now

log = structlog.get_logger(__name__)


@require_safe
@never_cache
def live(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(_request: HttpRequest) -> HttpResponse:
    parts: dict[str, bool] = {}
    for name, check in _CHECKS.items():
        # What needs a part that fails is not waited for as well.
        parts[name] = parts.get(_NEEDS.get(name, ""), True) and _works(name, check)
    healthy = all(parts.values())
    body = {
        "status": "ok" if healthy else "unavailable",
        **{name: "ok" if works else "unavailable" for name, works in parts.items()},
    }
    return JsonResponse(body, status=200 if healthy else 503)


@require_safe
@never_cache
def messages(_request: HttpRequest) -> HttpResponse:
    """Whether what is due leaves, and whether somebody is looking: with the ages in seconds."""
    try:
        oldest_due, last_sweep = _ages()
    except (OperationalError, InterfaceError):  # nothing leaves without a database
        log.warning("health_check_failed", part="messages", exc_info=True)
        return JsonResponse({"status": "unavailable"}, status=503)
    is_late = oldest_due is not None and oldest_due > ledger.LATE
    is_asleep = last_sweep is None or last_sweep > ledger.LATE
    body = {
        "status": "degraded" if is_late or is_asleep else "ok",
        "oldest_due_seconds": _seconds(oldest_due),
        "last_sweep_seconds": _seconds(last_sweep),
    }
    return JsonResponse(body, status=503 if is_late or is_asleep else 200)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The same in Prometheus's text format, counts besides. How busy a practice is, is its own."""
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not constant_time_compare(sent, settings.METRICS_TOKEN):
        raise Http404
    oldest_due, last_sweep = _ages()
    lines = [
        "# TYPE attune_messages gauge",
        *(f'attune_messages{{state="{s}"}} {n}' for s, n in ledger.counts().items()),
        "# TYPE attune_oldest_due_message_seconds gauge",
        f"attune_oldest_due_message_seconds {_seconds(oldest_due) or 0}",
    ]
    lines += [
        "# TYPE attune_clock_ahead_of_database_seconds gauge",
        f"attune_clock_ahead_of_database_seconds {_seconds(timezone.now() - database_now())}",
    ]
    if last_sweep is not None:
        lines += [
            "# TYPE attune_last_sweep_age_seconds gauge",
            f"attune_last_sweep_age_seconds {_seconds(last_sweep)}",
        ]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; version=0.0.4")


def _ages() -> tuple[timedelta | None, timedelta | None]:
    """Of the oldest message that is due, and of the last sweep."""
    now = database_now()
    swept = ledger.last_sweep()
    # What is not planned yet has no delivery that could be late, and is late all the same.
    waits = (ledger.oldest_due(now=now), ledger.oldest_unplanned(now=now))
    oldest = max((age for age in waits if age is not None), default=None)
    return oldest, max(now - swept, timedelta()) if swept else None


def _seconds(age: timedelta | None) -> int | None:
    return None if age is None else round(age.total_seconds())


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _redis() -> bool:
    cache.get("health")
    return True


def _migrations() -> bool:
    """Whether the database has every migration of this code: a web server may start before them."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


_CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "redis": _redis,
    "migrations": _migrations,
}
_NEEDS = {"migrations": "database"}


def _works(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:  # whatever is wrong with a part, the answer is that it is unavailable
        log.warning("health_check_failed", part=name, exc_info=True)
        return False
