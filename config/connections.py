"""What the pool of database connections needs to know of ours.

While the database is up, a request takes a connection that lies ready, or a new one. When it goes
away, the requests of the first moments wait for `PATIENCE`, which is longer than most restarts;
those after them are told within `PATIENCE_WHILE_AWAY`, so that the few threads of a web server are
not all spent on waiting. It is tried again as long as anybody waits.
"""

import select
from typing import Any

from django.db import connection as default
from psycopg import Connection, OperationalError
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

#: Seconds for which a request waits for a connection.
PATIENCE = 5.0
#: The same, once it is known that the database does not answer.
PATIENCE_WHILE_AWAY = 1.0
#: Seconds after which a new connection that does not come about is given up, and begun anew if
#: somebody waits for it. Tries within that time would come ever more rarely.
GIVE_UP = 0.5


def still_open(connection: Connection[TupleRow]) -> None:
    """Raise `OperationalError` if the server has hung up on a connection that lay idle.

    A server that stops says so on the socket, and asking the socket costs microseconds; asking
    the server (`SELECT 1`) would cost every request a round trip.
    """
    pool: ConnectionPool[Any] = default.pool  # type: ignore[attr-defined]  # PostgreSQL's has it
    socket = select.poll()
    socket.register(connection.pgconn.socket, select.POLLIN)
    if socket.poll(0):
        # Nobody has read what it said, so the connection still thinks that it is open, and the
        # pool would hand it out for ever: closed, it is replaced. Those that lay beside it have
        # most likely gone with it; found one by one, they would cost a second, then two, then four.
        connection.close()
        pool.drain()
        raise OperationalError("the server has closed the connection")
    if pool.timeout != PATIENCE:
        pool.timeout = PATIENCE


def away(pool: ConnectionPool[Any]) -> None:
    """The database did not answer: from now on nobody waits long, and it is tried while they do."""
    pool.timeout = PATIENCE_WHILE_AWAY
    if pool.get_stats().get("requests_waiting"):
        pool.check()
