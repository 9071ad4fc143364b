"""A process that finds this folder on its path has a wall clock that is off by so many seconds.

Python runs a module of this name before anything else. Only drills put the folder on the path.
"""

import datetime as dt
import os

import time_machine

_OFF = dt.timedelta(seconds=float(os.environ["ATTUNE_DRILL_CLOCK_OFF"]))
time_machine.travel(dt.datetime.now(dt.UTC) + _OFF, tick=True).start()
