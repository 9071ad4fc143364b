"""How long to wait before a message is tried again."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Backoff:
    """Each wait is `factor` times the one before, from `first` up to `longest`."""

    first: timedelta = timedelta(seconds=30)
    factor: int = 3
    longest: timedelta = timedelta(minutes=30)

    def wait(self, attempts: int) -> timedelta:
        """How long to wait after that many failed attempts; at least one."""
        wait = self.first
        for _ in range(attempts - 1):
            wait *= self.factor
            if wait >= self.longest:
                return self.longest
        return min(wait, self.longest)

    def next_try(
        self, *, attempts: int, now: datetime, not_after: datetime | None
    ) -> datetime | None:
        """When to try again; None: it would be too late."""
        at = now + self.wait(attempts)
        return at if not_after is None or at < not_after else None
