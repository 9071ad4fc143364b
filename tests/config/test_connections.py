"""Connections that the server has closed are found out before anybody uses them."""

import os
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg_pool import ConnectionPool

from config.embedded import Servers
from tests.conftest import PATIENCE


def _fill_the_pool() -> int:
    """Have every connection that the pool may have lie in it; how many.

    They are taken one after the other: asked for all at once, on a busy machine the last would have
    to come about within the few seconds for which a request waits.
    """
    connection.ensure_connection()
    pool: ConnectionPool[Any] = connection.pool  # type: ignore[attr-defined]  # PostgreSQL's has it
    connection.close()
    with ExitStack() as taken:
        for _ in range(pool.max_size):
            taken.enter_context(pool.connection(timeout=PATIENCE))
    return int(pool.get_stats()["pool_available"])


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="ends everybody's connections")
def test_after_the_server_has_hung_up_on_all_of_them_the_next_question_is_answered(
    servers: Servers, transactional_db: None
) -> None:
    idle = _fill_the_pool()
    with psycopg.connect(servers.database_url, autocommit=True) as other:
        ended = other.execute(
            "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE datname = %s",
            [connection.settings_dict["NAME"]],
        ).fetchall()

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        [found] = cursor.fetchone()

    assert (found, idle, len(ended) >= idle) == (1, 8, True)
