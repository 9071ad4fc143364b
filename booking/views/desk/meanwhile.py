"""Two tabs, or two devices, edit the same thing: the second save does not overwrite the first.

A form carries which version of what it edits was looked at (`seen`) and how that read (`stood`).
What decides is the version, under the lock; the words only say what is different now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext

from booking.views.desk.words import Notice

#: The hidden fields of the form.
SEEN, STOOD = "seen", "stood"


@dataclass(frozen=True, slots=True)
class Stand:
    """What is stored of the thing that is edited: its version, and how it reads, line by line."""

    version: str
    lines: Sequence[str]


def seen(request: HttpRequest) -> str | None:
    """The version that whoever sends this has looked at; None: the form carried none."""
    return request.POST.get(SEEN) or None


def carried(request: HttpRequest, stand: Stand, *, notice: Notice | None = None) -> dict[str, str]:
    """What the form carries: as it was sent, or how it stands now at a first look at it."""
    is_told = notice is not None and notice.is_changed_meanwhile
    if seen(request) is not None and not is_told:
        return {SEEN: request.POST[SEEN], STOOD: request.POST.get(STOOD, "")}
    return {SEEN: stand.version, STOOD: "\n".join(stand.lines)}


def is_changed(request: HttpRequest, stand: Stand) -> bool:
    """Whether something else stands there by now than what was looked at."""
    return seen(request) not in (None, stand.version)


def changed(request: HttpRequest, stand: Stand) -> Notice:
    """What is different now, for the form with everything that was typed."""
    before = request.POST.get(STOOD, "").replace("\r\n", "\n").split("\n")
    return Notice(
        gettext("This was changed meanwhile, perhaps in another tab"),
        gettext(
            "Nothing is saved yet, and what you typed is still here. If you go on, it takes the "
            "place of what stands now."
        ),
        reasons=[
            *(_line(gettext("Now: %(line)s"), x) for x in stand.lines if x not in before),
            *(_line(gettext("Before: %(line)s"), x) for x in before if x and x not in stand.lines),
        ],
        is_changed_meanwhile=True,
    )


def _line(sentence: str, line: str) -> str:
    values: Mapping[str, str] = {"line": line}
    return sentence % values
