"""What the pool of database connections needs to know of ours."""

import select

from psycopg import Connection, OperationalError
from psycopg.rows import TupleRow


def still_open(connection: Connection[TupleRow]) -> None:
    """Raise `OperationalError` if the server has hung up on a connection that lay idle.

    A server that stops says so on the socket, and asking the socket costs microseconds; asking
    the server (`SELECT 1`) would cost every request a round trip.
    """
    socket = select.poll()
    socket.register(connection.pgconn.socket, select.POLLIN)
    if socket.poll(0):
        raise OperationalError("the server has closed the connection")
