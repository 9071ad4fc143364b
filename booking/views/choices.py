"""What somebody has chosen so far on their way to a request: nothing sensitive, and no names."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime

from django.http import HttpRequest

from booking.domain.asking import TIMES_MAX

_KEY = "choices"
TIME_NAMES = ("start", "second", "third")


@dataclass(frozen=True, slots=True)
class Choices:
    """One choice after the other; an empty one has yet to be made.

    `start`, `second` and `third` are the times wanted, best first, as RFC 3339. `way` is empty
    for choosing times, else how a time is found instead: together, or by waiting for one.
    """

    relationship_type: str = ""
    service: str = ""
    modality: str = ""
    practitioner: str = ""
    time_zone: str = ""
    start: str = ""
    second: str = ""
    third: str = ""
    way: str = ""
    cohort: str = ""

    @property
    def times(self) -> list[datetime]:
        """The times wanted, best first, without what is none of our instants."""
        found = (instant_of(text) for text in (self.start, self.second, self.third))
        return list(dict.fromkeys(start for start in found if start is not None))

    def with_times(self, times: Sequence[datetime]) -> "Choices":
        """The same choices with these times, best first."""
        values = [value_of(start) for start in times[:TIMES_MAX]]
        filled = dict.fromkeys(TIME_NAMES, "") | dict(zip(TIME_NAMES, values, strict=False))
        return replace(self, **filled)

    @property
    def are_begun(self) -> bool:
        """Whether anything has been chosen."""
        return any(getattr(self, name) for name in NAMES)


NAMES = tuple(field.name for field in fields(Choices))
#: Everything about when.
WHEN_NAMES = (*TIME_NAMES, "way")


def load(request: HttpRequest) -> Choices:
    """The choices that this browser has made."""
    kept = request.session.get(_KEY, {})
    return Choices(**{name: kept[name] for name in NAMES if name in kept})


def save(request: HttpRequest, choices: Choices) -> None:
    """Remember them for this browser."""
    request.session[_KEY] = asdict(choices)


def forget(request: HttpRequest, *names: str) -> Choices:
    """Drop the choices of these names, or all of them."""
    choices = replace(load(request), **dict.fromkeys(names or NAMES, ""))
    save(request, choices)
    return choices


def instant_of(text: str) -> datetime | None:
    """The instant that a start names; None for anything that is not one of our days."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    is_ours = at.utcoffset() is not None and 2000 <= at.year < 2200
    return at if is_ours else None


def value_of(start: datetime) -> str:
    """A start as forms carry it."""
    return start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
