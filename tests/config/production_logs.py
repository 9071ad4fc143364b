"""The settings of the tests, logging as production does; at DEBUG, which says most."""

from config import logs
from config.settings import *  # noqa: F403

LOGGING = logs.configuration(as_json=True, level="DEBUG")
