"""The desk's sentences: refusals, gate reasons, standings, and the journal told in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext
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
from booking.models import Appointment, Decision, Participant
from booking.queries.desk.standings import Person, Standing
from booking.queries.desk.waiting import Section
from practice.models import Change, Practice, RelationshipType

REASONS: Mapping[Unmet, Promise] = {
    Unmet.DECIDED: _("This request has been decided already."),
    Unmet.UNVERIFIED: _("The person who asked has not entered the code from their mail yet."),
    Unmet.NOT_JOINED: _("Somebody has not accepted to take part yet."),
    Unmet.NOT_FINISHED: _("Somebody has not finished their own part yet."),
    Unmet.NOT_MARKED: _("Somebody has not said yet which times suit them."),
    Unmet.NOT_MARKED: _("Somebody has not said yet which times suit them."),
    Unmet.REVIEW_OPEN: _("Something in the answers needs your attention first."),
    Unmet.LOCATION: _("The place they will be in is not one you offer sessions for."),
    Unmet.NO_TIME: _("No time is held for them any more. You can propose other times."),
    Unmet.TIME_NOT_ACCEPTED: _("Not everybody attending has accepted the time."),
    Unmet.TIME_PASSED: _("The time that was held has passed."),
    Unmet.BEFORE_BATCH: _("This time begins before your decision would leave."),
    Unmet.NOBODY: _("Nobody is attending any more."),
}

SECTIONS: Mapping[Section, tuple[Promise, Promise]] = {
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


def moment(at: datetime, tz: ZoneInfo) -> str:
    """A date and time in one line: "Tue 24 Nov, 15:00"."""
    return formats.date_format(at.astimezone(tz), "D j M, H:i")


def names(people: Sequence[Participant]) -> str:
    """Who it is for, in one line: the names they chose, or what the requester calls them."""
    found = [p.chosen_name or p.label for p in people]
    if len(found) < 2:
        return found[0] if found else gettext("Nobody")
    return gettext("%(names)s and %(last)s") % {"names": ", ".join(found[:-1]), "last": found[-1]}


def entry_title(appointment: Appointment, people: Sequence[Participant]) -> str:
    """What an appointment is called in lists: its group, or its people."""
    return appointment.cohort.title if appointment.cohort is not None else names(people)


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


def missing(person: Person) -> str:
    """What a person has yet to do, with their name."""
    sentences: Mapping[Standing, str] = {
        Standing.UNVERIFIED: gettext("%(name)s has not entered the code yet"),
        Standing.NOT_OPENED: gettext("%(name)s has not come in yet (address not verified)"),
        Standing.NOT_JOINED: gettext("%(name)s has come in and not accepted yet"),
        Standing.NOT_FINISHED: gettext("%(name)s has not finished"),
        Standing.LEFT: gettext("%(name)s won't take part"),
    }
    return sentences.get(person.standing, "%(name)s") % {"name": person.name}


# --- The journal ----------------------------------------------------------------------------------

_HISTORY: Mapping[str, Promise] = {
    "request_received": _("%(who)s sent the request."),
    "request_entered": _("%(who)s entered the request after a call."),
    "request_verified": _("With that, the request reached you."),
    "participant_joined": _("%(person)s accepted to take part."),
    "participant_cleared": _("%(person)s finished their own part."),
    "participant_uncleared": _("%(person)s has something to finish again."),
    "participant_declined": _("%(person)s left. Nobody else was told."),
    "participant_excused": _("%(who)s went on without %(person)s."),
    "request_ready": _("Everyone had finished."),
    "request_reopened": _("Somebody had something to finish again."),
    "request_proposed": _("Other times were proposed, held until %(until)s."),
    "times_answered": _("%(who)s answered the times."),
    "hold_lapsed": _("The time was given back."),
    "decision_queued": _("%(who)s decided: %(decision)s. To leave %(due_at)s."),
    "decision_undone": _("%(who)s took the decision back."),
    "decision_failed": _("The decision could not leave."),
    "request_confirmed": _("Confirmed."),
    "request_declined": _("Declined."),
    "request_expired": _("It closed by itself."),
    "request_withdrawn": _("%(who)s withdrew the request."),
    "address_verified": _("%(who)s verified their address."),
    "address_changed": _("%(who)s changed their address."),
    "profile_changed": _("%(who)s changed how they want to be reached."),
    "passcode_set": _("%(who)s set a passcode."),
    "appointment_booked": _("Booked for %(starts_at)s."),
    "appointment_moved": _("%(who)s moved it from %(from)s to %(starts_at)s."),
    "appointment_cancelled": _("%(who)s cancelled the appointment."),
    "attendance_added": _("%(person)s comes along too."),
    "attendance_left": _("%(person)s left the appointment; the others still come."),
    "poll_answered": _("%(who)s marked when they can."),
    "poll_reopened": _("Everyone was asked about later days."),
    "series_booked": _("%(who)s booked %(dates)s dates."),
    "series_moved": _("%(who)s moved %(dates)s dates."),
    "series_paused": _("%(who)s paused it: %(dates)s dates were cancelled."),
    "series_missed_twice": _("Two dates in a row were missed."),
    "waitlist_joined": _("%(who)s put it on the waitlist."),
    "waitlist_stayed": _("%(who)s said that they still wait."),
    "waitlist_left": _("%(who)s took it off the waitlist."),
    "waitlist_offered": _("A time that opened up was offered, until %(until)s."),
    "waitlist_gone": _("The time that had opened up is gone."),
    "waitlist_still": _("They were asked whether they still wait."),
    "late_wish": _("%(who)s asked for a change, too late to make it themselves."),
    "late_wish_reworded": _("%(who)s wrote something else to the practice about it."),
    "late_wish_kept": _("%(who)s answered that it stays as it is."),
    "late_wish_changed": _("With that, what was asked for is settled."),
    "running_late": _("%(who)s said: %(minutes)s minutes late."),
    "cohort_published": _("%(who)s published the group."),
    "cohort_edited": _("%(who)s changed the group."),
    "cohort_called_off": _("%(who)s called the group off."),
    "cohort_short": _("The date to decide came, and too few had a place."),
    "seat_given": _("%(person)s got a place."),
    "seat_refused": _("%(person)s got a kind no."),
    "seat_left": _("%(person)s left."),
    "seat_released": _("The seat that was kept for %(person)s is free again."),
    "seat_lapsed": _("The seat that was kept for %(person)s is free again."),
    "request_ended_with_seat": _("It ended with the seat."),
    "move_asked": _("%(who)s asked for another time; answers until %(until)s."),
    "move_dropped": _("No new time was agreed: it stays as it was."),
    "appointment_fulfilled": _("The session took place."),
    "appointment_missed": _("%(who)s marked it as missed."),
}

_MOMENTS = ("until", "due_at", "starts_at", "from")


@dataclass(frozen=True, slots=True)
class Told:
    """One row of the journal in words."""

    at: datetime
    text: str


def history(changes: Sequence[Change], *, names: Mapping[str, str], tz: ZoneInfo) -> list[Told]:
    """The journal in sentences. `names` are the people's by id; an unknown kind is left out."""
    return [
        Told(change.occurred_at, _told(change, names, tz))
        for change in changes
        if change.kind in _HISTORY or change.kind == "proposal_settled"
    ]


def names_of(people: Sequence[Person]) -> dict[str, str]:
    """The names of a request's people by id, for `history`."""
    return {str(p.participant.pk): p.name for p in people}


def _told(change: Change, names: Mapping[str, str], tz: ZoneInfo) -> str:
    snapshot: Mapping[str, Any] = change.snapshot
    if change.kind == "proposal_settled":
        return (
            gettext("Everyone accepted one of the times.")
            if snapshot.get("agreed")
            else gettext("None of the proposed times was accepted by everyone.")
        )
    person = str(snapshot.get("participant", change.subject_id))
    words = {
        "who": _actor(change.actor, names),
        "person": names.get(person, gettext("Somebody")),
        "dates": len(snapshot.get("appointments", ())),
        "minutes": snapshot.get("minutes", ""),
        "decision": str(DECISIONS.get(str(snapshot.get("decision")), "")),
    } | {
        key: moment(datetime.fromisoformat(snapshot[key]), tz) if snapshot.get(key) else "–"
        for key in _MOMENTS
    }
    return str(_HISTORY[change.kind]) % words


def _actor(actor: str, names: Mapping[str, str]) -> str:
    kind, _colon, actor_id = actor.partition(":")
    if kind == "practitioner":
        return pgettext("who did it", "You")
    if kind == "client":
        return names.get(actor_id, gettext("Somebody"))
    return "Attune"
