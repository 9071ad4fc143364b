"""The desk's sentences: refusals, gate reasons, standings, and the journal told in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from booking.domain.gate import Unmet
from booking.domain.refusals import (
    CallFirst,
    DecisionWaiting,
    GateClosed,
    HoldExpired,
    InvalidRequest,
    MoveWaiting,
    NoSeatLeft,
    NotTheirs,
    Refusal,
    SlotTaken,
)
from booking.domain.series import Conflict
from booking.domain.states import TransitionNotAllowed
from booking.domain.waiting import DayPart, Wishes
from booking.models import Decision, Participant
from booking.queries.desk.standings import Person, Standing
from booking.queries.desk.waiting import Section
from booking.views.desk.names import Names
from practice.models import Practice, RelationshipType, Service

REASONS: Mapping[Unmet, Promise] = {
    Unmet.DECIDED: _("This request has been decided already."),
    Unmet.UNVERIFIED: _("The person who asked has not entered the code from their mail yet."),
    Unmet.NOT_JOINED: _("Somebody has not accepted to take part yet."),
    Unmet.NOT_FINISHED: _("Somebody has not finished their own part yet."),
    Unmet.NOT_MARKED: _("Somebody has not said yet which times suit them."),
    Unmet.REVIEW_OPEN: _("Something in the answers needs your attention first."),
    Unmet.LOCATION: _("The place they will be in is not one you offer sessions for."),
    Unmet.NO_TIME: _("No time is held for them any more. You can propose other times."),
    Unmet.TIME_NOT_ACCEPTED: _("Not everybody attending has accepted the time."),
    Unmet.TIME_PASSED: _("The time that was held has passed."),
    Unmet.BEFORE_BATCH: _("This time begins before your decision would leave."),
    Unmet.NOBODY: _("Nobody is attending any more."),
    Unmet.PARTED: _("They have gone separate ways: nothing more is booked for them together."),
}

_PARTS: Mapping[DayPart, Promise] = {
    DayPart.MORNING: _("in the morning"),
    DayPart.AFTERNOON: _("in the afternoon"),
    DayPart.EVENING: _("in the evening"),
}

SECTIONS: Mapping[Section, tuple[Promise, Promise]] = {
    Section.REVIEW: (
        _("Needs your attention"),
        _("Something in the answers asks for you first. Nobody outside can tell."),
    ),
    Section.FAILED: (
        _("Could not leave"),
        _("You decided, but something changed before the batch left. Please decide again."),
    ),
    Section.READY: (
        _("Ready for you"),
        _("Everyone has finished, and there is a time to confirm or to choose."),
    ),
    Section.LEFT: (
        _("Somebody can't take part"),
        _("Nobody else has been told. You decide how it goes on."),
    ),
    Section.SUGGESTED: (
        _("They suggest other times"),
        _("None of yours suited, and each time below is held for them."),
    ),
    Section.NO_TIME: (
        _("No time is held"),
        _("The time was given back. Propose others, or let them know that it won't go ahead."),
    ),
    Section.QUEUED: (
        _("Leaving with the next batch"),
        _("Decided, and invisible outside until then. You can still undo."),
    ),
    Section.PROPOSED: (_("Times you proposed"), _("Waiting for their answers.")),
    Section.GATHERING: (_("Gathering answers"), _("Nothing for you to do yet.")),
    Section.WAITLIST: (
        _("On the waitlist"),
        _("They wait for a time to open up. You can still propose one."),
    ),
    Section.RECEIVED: (
        _("Address not verified"),
        _("They have not entered the code from their mail. These close by themselves."),
    ),
}

STANDINGS: Mapping[Standing, Promise] = {
    Standing.MENTIONED: _("Only mentioned, not invited"),
    Standing.EXCUSED: _("It goes on without them"),
    Standing.LEFT: _("Won't take part"),
    Standing.UNVERIFIED: _("Has not entered the code from their mail"),
    Standing.NOT_OPENED: _("Has not come in yet; address not verified"),
    Standing.NOT_JOINED: _("Has come in, has not accepted yet"),
    Standing.NOT_FINISHED: _("Is taking part, has not finished their own part"),
    Standing.FINISHED: _("All set"),
}

DECISIONS: Mapping[str, Promise] = {
    Decision.Kind.CONFIRM: _("Confirm"),
    Decision.Kind.PROPOSE: _("Propose other times"),
    Decision.Kind.ASK_AGAIN: _("Ask everyone for more times"),
    Decision.Kind.DECLINE: _("Decline"),
}

TYPES: Mapping[str, Promise] = {
    RelationshipType.INDIVIDUAL: _("One person"),
    RelationshipType.COUPLE: _("Two people"),
    RelationshipType.NON_MONOGAMOUS: _("A non-monogamous relationship"),
    RelationshipType.GROUP: _("A group: the first talk"),
}


CONFLICTS: Mapping[str, Promise] = {
    Conflict.OUTSIDE_HOURS: _("outside your hours"),
    Conflict.TIME_OFF: _("you are away"),
    Conflict.TAKEN: _("taken by something else"),
    Conflict.PASSED: _("that time has passed"),
}

RHYTHMS: Mapping[int, Promise] = {
    1: _("Every week"),
    2: _("Every two weeks"),
    3: _("Every three weeks"),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """A refusal in words. `status`: what the page answers with."""

    title: str
    text: str = ""
    reasons: Sequence[str] = ()
    status: int = 409
    alternatives: Sequence[datetime] = field(default=())
    is_changed_meanwhile: bool = False  # what is edited stands differently than it was shown


def reason(unmet: Unmet, *, leaves: str = "") -> str:
    """Why it cannot be confirmed. `leaves`: when a decision made now would leave, in words."""
    if unmet is Unmet.BEFORE_BATCH and leaves:
        return gettext("This time begins before your decision would leave (%(when)s).") % {
            "when": leaves
        }
    return str(REASONS[unmet])


def refused(refusal: Refusal | TransitionNotAllowed, *, leaves: str = "") -> Notice:
    """Why it was not done, and what can be done instead. `leaves`: see `reason`."""
    match refusal:
        case GateClosed(reasons=reasons):
            return Notice(
                gettext("This can't be confirmed yet"),
                reasons=[reason(r, leaves=leaves) for r in reasons],
            )
        case DecisionWaiting():
            return Notice(
                gettext("A decision is already waiting"),
                gettext("It leaves with the next batch. Undo it first, then decide again."),
            )
        case SlotTaken(alternatives=alternatives):
            return Notice(
                gettext("That time is not free"),
                gettext("It was taken meanwhile, or it lies outside your hours. Nothing changed."),
                alternatives=alternatives,
            )
        case InvalidRequest(problems=problems):
            return Notice(
                gettext("Please have another look"),
                reasons=[gettext(p.message) % p.params for p in problems],
                status=400,
            )
        case NoSeatLeft():
            return Notice(
                gettext("Every seat is taken or kept for somebody"),
                gettext("Add a seat first, or settle somebody else's."),
            )
        case CallFirst():
            return Notice(
                gettext("They have not had their call yet"),
                gettext("You can give them a place without it."),
            )
        case MoveWaiting():
            return Notice(gettext("A new time is already being agreed for this appointment"))
        case HoldExpired():
            return Notice(gettext("The time is no longer held"))
        case TransitionNotAllowed() | NotTheirs():
            return Notice(
                gettext("Something else was first"),
                gettext("It changed while you were looking. This is how it stands now."),
            )
    return Notice(gettext("That was not possible"), gettext("Nothing changed."))


def failure(decision: Decision) -> list[str]:
    """Why a decision could not leave, from what the operation noted."""
    codes = decision.failure.split(", ")
    if all(code in Unmet for code in codes):
        return [str(REASONS[Unmet(code)]) for code in codes]
    if decision.kind == Decision.Kind.DECLINE:
        return [gettext("The request had ended before.")]
    return [gettext("The time was no longer held, or not free any more.")]


def kind_of_service(service: Service) -> str:
    """Whether it is a call or a session."""
    return gettext("A call") if service.is_call else gettext("A session")


def moment(at: datetime, tz: ZoneInfo) -> str:
    """A date and time in one line: "Tue 24 Nov, 15:00"."""
    return formats.date_format(at.astimezone(tz), "D j M, H:i")


def wishes(wishes: Wishes) -> str:
    """Which times would suit somebody who waits: "Monday, Friday; in the evening"; or nothing."""
    said = []
    if wishes.weekdays:
        said.append(", ".join(str(WEEKDAYS[day]) for day in sorted(wishes.weekdays)))
    if wishes.parts:
        said.append(", ".join(str(_PARTS[part]) for part in DayPart if part in wishes.parts))
    if wishes.from_date is not None:
        said.append(
            gettext("from %(date)s on") % {"date": formats.date_format(wishes.from_date, "D j M Y")}
        )
    return "; ".join(said)


def attending(people: Sequence[Person]) -> list[Participant]:
    """The people of a request who are to come, "sometimes" included; else whoever asked."""
    not_coming = (Standing.MENTIONED, Standing.EXCUSED)
    found = [p.participant for p in people if p.standing not in not_coming]
    return found or [p.participant for p in people if p.participant.is_requester]


def place(country: str, region: str, practice: Practice) -> str:
    """Where they will be, as the practice calls it."""
    for known in practice.locations:
        if (known["country"], known.get("region", "")) == (country, region):
            return str(known["label"])
    return ", ".join(part for part in (region, country) if part) or "–"


def missing(person: Person, names: Names) -> str:
    """What a person has yet to do, with their name."""
    sentences: Mapping[Standing, str] = {
        Standing.UNVERIFIED: gettext("%(name)s has not entered the code yet"),
        Standing.NOT_OPENED: gettext("%(name)s has not come in yet (address not verified)"),
        Standing.NOT_JOINED: gettext("%(name)s has come in and not accepted yet"),
        Standing.NOT_FINISHED: gettext("%(name)s has not finished"),
        Standing.LEFT: gettext("%(name)s won't take part"),
    }
    return sentences.get(person.standing, "%(name)s") % {"name": names.of(person.participant)}
