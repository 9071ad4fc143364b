"""What somebody has chosen so far on their way to a request: nothing sensitive, and no names."""

from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime

from django.http import HttpRequest

_KEY = "choices"


@dataclass(frozen=True, slots=True)
class Choices:
    """One choice after the other; an empty one has yet to be made. `start` is RFC 3339."""

    relationship_type: str = ""
    service: str = ""
    modality: str = ""
    practitioner: str = ""
    time_zone: str = ""
    start: str = ""


NAMES = tuple(field.name for field in fields(Choices))


def load(request: HttpRequest) -> Choices:
    """The choices that this browser has made."""
    return Choices(**request.session.get(_KEY, {}))


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
