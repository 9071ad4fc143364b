"""Both clocks of Attune, stopped: this process's and the database's.

The database's is the function `clock_timestamp()`. A schema that is searched before PostgreSQL's
own has one of the same name that answers what a table says.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import time_machine
from django.db import connection

_STOP = """
    CREATE SCHEMA stopped;
    CREATE TABLE stopped.clock AS SELECT pg_catalog.clock_timestamp() AS at;
    CREATE FUNCTION stopped.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
        AS 'SELECT at FROM stopped.clock';
    SET search_path = stopped, public, pg_catalog;
"""
_GO_ON = "RESET search_path; DROP SCHEMA stopped CASCADE;"


class Clock:
    """It shows what it was set to."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller

    def set(self, at: datetime) -> datetime:
        """Set both clocks."""
        self._traveller.move_to(at, tick=False)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE stopped.clock SET at = %s", [at])
        return at


@contextmanager
def standing_clock(at: datetime) -> Iterator[Clock]:
    """Stop both clocks at a moment."""
    with connection.cursor() as cursor:
        cursor.execute(_STOP)
    try:
        with time_machine.travel(at, tick=False) as traveller:
            clock = Clock(traveller)
            clock.set(at)
            yield clock
    finally:
        with connection.cursor() as cursor:
            cursor.execute(_GO_ON)
