"""PostgreSQL's dialect without a server.

Many commands import the settings and need no connection: mypy's Django plugin, `makemigrations`,
`collectstatic`, `--help`. They must not demand a running server; whatever does connect is told what
to do.
"""

from typing import Any, NoReturn

from django.db import OperationalError
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> NoReturn:
        raise OperationalError(
            "No database: start Attune with `make run` and leave it running, or set DATABASE_URL."
        )
