"""`manage.py transitions`: the tables of states, as docs/transitions.md prints them."""

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import Any

from django.core.management.base import BaseCommand

from booking.domain.states import (
    APPOINTMENT_TRANSITIONS,
    OPEN_REQUEST_STATES,
    REQUEST_TRANSITIONS,
    SEAT_TRANSITIONS,
    TAKING_A_SEAT,
    TAKING_TIME,
    AppointmentState,
    AppointmentVerb,
    RequestState,
    RequestVerb,
    SeatState,
    SeatVerb,
)

_HEAD = """# Which state follows which

Written by `manage.py transitions > docs/transitions.md` from `booking/domain/states.py`, which
alone decides it. Tests hold this page against the tables there and try every pair. Where a cell is
empty the verb is refused (`TransitionNotAllowed`; 409 over HTTP).
"""


class Command(BaseCommand):
    """Prints a page; changes nothing."""

    help = "Print the transitions of requests, appointments and seats as Markdown."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("\n".join(page()))


def page() -> Iterator[str]:
    """The lines of the page."""
    yield _HEAD
    yield from _table("Requests", RequestState, RequestVerb, REQUEST_TRANSITIONS)
    yield f"A new request is *received*. Still waiting for somebody: {_names(OPEN_REQUEST_STATES)}."
    yield ""
    yield from _table("Appointments", AppointmentState, AppointmentVerb, APPOINTMENT_TRANSITIONS)
    yield f"Taking time in the calendar, which nobody else can have: {_names(TAKING_TIME)}."
    yield ""
    yield from _table("Seats in a group", SeatState, SeatVerb, SEAT_TRANSITIONS)
    yield f"Counting toward the seats of the group: {_names(TAKING_A_SEAT)}."


def _table[S: StrEnum, V: StrEnum](
    title: str, states: type[S], verbs: type[V], transitions: Mapping[tuple[S, V], S]
) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield f"| | {' | '.join(verbs)} |"
    yield "| --- |" + " --- |" * len(verbs)
    for state in states:
        cells = [str(transitions.get((state, verb), "")) for verb in verbs]
        yield f"| **{state}** | {' | '.join(cells)} |"
    yield ""


def _names(states: Collection[StrEnum]) -> str:
    every = type(next(iter(states)))
    return ", ".join(f"*{state}*" for state in every if state in states)
