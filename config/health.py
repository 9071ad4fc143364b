"""Health checks for a proxy, a container engine or a monitor.

Live: the process answers. Ready: it can do its work. The answer names the part that fails and
nothing else: no version, no address, no error text.
"""

from collections.abc import Callable

import structlog
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

log = structlog.get_logger(__name__)


@require_safe
@never_cache
def live(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(_request: HttpRequest) -> HttpResponse:
    parts = {name: _works(name, check) for name, check in _CHECKS.items()}
    healthy = all(parts.values())
    body = {
        "status": "ok" if healthy else "unavailable",
        **{name: "ok" if works else "unavailable" for name, works in parts.items()},
    }
    return JsonResponse(body, status=200 if healthy else 503)


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


def _works(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:  # whatever is wrong with a part, the answer is that it is unavailable
        log.warning("health_check_failed", part=name, exc_info=True)
        return False
