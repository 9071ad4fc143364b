"""What a client asks for, and everything that can be wrong with it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from booking.domain.refusals import Problem
from booking.domain.waiting import Wishes
from practice.domain.wall import UnknownZone, zone

WORDS_MAX = 500
LABEL_MAX = 60
LISTED_MAX = 10
TIMES_MAX = 3
AHEAD_MAX = timedelta(days=2 * 365)

TOPICS: tuple[str, ...] = (
    "desire",
    "arousal",
    "pain",
    "erection",
    "communication",
    "conflict",
    "emotions",
    "trust",
    "opening_up",
    "jealousy",
    "identity",
    "kink",
    "shame",
    "body_changes",
    "behaviour",
    "separation",
    "something_else",
)


@dataclass(frozen=True, slots=True)
class Requester:
    """The person who writes first."""

    name: str
    email: str
    pronouns: str = ""


@dataclass(frozen=True, slots=True)
class OtherPerson:
    """Somebody the requester names. `attends`: yes, sometimes or no; `route`: email or link."""

    label: str
    attends: str
    agreed: bool = False
    route: str = "link"
    email: str = ""
    invited_as: str = "name"


@dataclass(frozen=True, slots=True)
class Asking:
    """A request as it arrives. `times` are aware instants, best first."""

    relationship_type: str
    service: str
    times: Sequence[datetime]
    time_zone: str
    modality: str
    country: str
    region: str
    requester: Requester
    practitioner: str | None = None
    others: Sequence[OtherPerson] = ()
    cadence: str = "unsure"
    article: str = ""
    topics: Sequence[str] = ()
    words: str = ""
    adult: bool = False
    not_emergency: bool = False
    #: Everyone marks what suits them; no times then.
    find_together: bool = False
    #: None of the open times suit: wait for one to open up; no times then.
    wait: bool = False
    #: Which times would suit somebody who waits for one; None: nothing was said of it.
    wishes: Wishes | None = None
    #: The group that a seat is asked for, by slug, and the name that it will see.
    cohort: str = ""
    seat_name: str = ""


def tidied(asking: Asking) -> Asking:
    """The same request with addresses as they are compared everywhere: trimmed, lower case."""
    requester = replace(asking.requester, email=asking.requester.email.strip().lower())
    others = [replace(p, email=p.email.strip().lower()) for p in asking.others]
    return replace(asking, requester=requester, others=others)


def dates_around(times: Sequence[datetime], *, now: datetime) -> tuple[date, date]:
    """The dates [first, end) that these times fall on, in whatever zone; without times, today's.

    Of a time that nobody can ask for (`problems` says so) the nearest that somebody can.
    """
    asked = [min(max(at, now), now + AHEAD_MAX) for at in times] or [now]
    return (
        min(asked).astimezone(UTC).date() - timedelta(days=1),
        max(asked).astimezone(UTC).date() + timedelta(days=2),
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """What the practice says about the service asked for; `locations` empty: anywhere."""

    relationship_type: str
    modalities: Collection[str]
    people_max: int
    locations: Collection[tuple[str, str]]
    location_labels: Sequence[str] = ()


def problems(asking: Asking, offer: Offer | None, *, now: datetime) -> list[Problem]:
    """Everything that keeps this from being a request, in the order of the form."""
    found = [*_session_problems(asking, offer, now), *_people_problems(asking, offer)]
    if not asking.adult:
        found.append(Problem("adult", "adults_only", "Sessions are for people of 18 and older."))
    if not asking.not_emergency:
        found.append(
            Problem(
                "not_emergency",
                "not_an_emergency_service",
                "Please confirm that you know this is not an emergency service.",
            )
        )
    return found


def _session_problems(asking: Asking, offer: Offer | None, now: datetime) -> list[Problem]:
    found: list[Problem] = []
    if offer is None:
        return [Problem("service", "unknown_service", "Please choose one of the sessions offered.")]
    if offer.relationship_type != asking.relationship_type:
        found.append(
            Problem(
                "service",
                "service_does_not_fit",
                "This session is meant for somebody else: please choose one that fits.",
            )
        )
    if asking.modality not in offer.modalities:
        found.append(
            Problem("modality", "modality_not_offered", "Please choose one of the ways to meet.")
        )
    try:
        zone(asking.time_zone)
    except UnknownZone:
        found.append(
            Problem("time_zone", "unknown_zone", "Please choose your time zone from the list.")
        )
    found += _ways_problems(asking)
    if asking.find_together or (asking.wait and not asking.times):
        pass
    elif not 1 <= len(asking.times) <= TIMES_MAX:
        found.append(Problem("times", "one_to_three_times", "Please choose a time."))
    elif len(set(asking.times)) < len(asking.times):
        found.append(Problem("times", "same_time_twice", "Please choose different times."))
    elif any(at <= now for at in asking.times):
        found.append(
            Problem("times", "time_passed", "That time has passed: please choose another one.")
        )
    elif any(at - now > AHEAD_MAX for at in asking.times):
        found.append(
            Problem("times", "time_too_far", "That is too far ahead: please choose another time.")
        )
    if not location_allowed(asking.country, asking.region, offer.locations):
        places = "; ".join(offer.location_labels)
        found.append(
            Problem(
                "location",
                "location_not_served",
                "Sessions are possible for people who are in: %(places)s.",
                {"places": places},
            )
        )
    if len(asking.words) > WORDS_MAX:
        found.append(
            Problem(
                "words",
                "too_long",
                "Please keep it to %(count)s characters for now.",
                {"count": WORDS_MAX},
            )
        )
    unknown = [t for t in asking.topics if t not in TOPICS]
    if unknown:
        found.append(Problem("topics", "unknown_topic", "Please choose topics from the list."))
    return found


def _ways_problems(asking: Asking) -> list[Problem]:
    """Times of one's own, finding one together and waiting for one exclude each other."""
    found: list[Problem] = []
    if asking.find_together and asking.relationship_type not in ("couple", "non_monogamous"):
        found.append(
            Problem(
                "find_together",
                "only_for_several",
                "Finding a time together is for two or more people: please choose a time.",
            )
        )
    # Who asks for a seat may wait for that and choose a time for the call all the same.
    waits_for_a_time = asking.wait and not asking.cohort
    if asking.times and (asking.find_together or waits_for_a_time):
        found.append(
            Problem("times", "no_times_then", "Leave the times empty, or choose times yourself.")
        )
    if asking.find_together and asking.wait:
        found.append(
            Problem("wait", "one_way", "Please choose one way: to find a time, or to wait for one.")
        )
    if asking.wishes is not None and (not asking.wait or asking.times):
        found.append(
            Problem(
                "wishes", "only_waiting", "Only who waits for a time says which ones would suit."
            )
        )
    if asking.cohort and not asking.seat_name.strip():
        found.append(
            Problem("seat_name", "required", "Under which name should the group know you?")
        )
    elif len(asking.seat_name.strip()) > LABEL_MAX:
        found.append(
            Problem(
                "seat_name",
                "too_long",
                "Please keep it to %(count)s characters for now.",
                {"count": LABEL_MAX},
            )
        )
    return found


def _people_problems(asking: Asking, offer: Offer | None) -> list[Problem]:
    found: list[Problem] = []
    if not asking.requester.name.strip():
        found.append(Problem("requester.name", "required", "What should we call you?"))
    if not asking.requester.email:
        found.append(Problem("requester.email", "required", "Where can we write to you?"))
    coming = [p for p in asking.others if p.attends != "no"]
    if asking.relationship_type in ("individual", "group") and asking.others:
        found.append(
            Problem(
                "participants",
                "for_one_person",
                "This kind of session is asked for by each person alone.",
            )
        )
    elif asking.relationship_type == "couple" and (len(asking.others) != 1 or len(coming) != 1):
        found.append(
            Problem("participants", "exactly_two", "A session for two needs one other person.")
        )
    elif asking.relationship_type == "non_monogamous":
        if not coming:
            found.append(
                Problem("participants", "somebody_else", "Please name at least one other person.")
            )
        if offer is not None and 1 + len(coming) > offer.people_max:
            found.append(
                Problem(
                    "participants",
                    "too_many_people",
                    "At most %(count)s people can attend this session.",
                    {"count": offer.people_max},
                )
            )
        if len(asking.others) > LISTED_MAX:
            found.append(
                Problem(
                    "participants",
                    "too_many_listed",
                    "Please name at most %(count)s people.",
                    {"count": LISTED_MAX},
                )
            )
    found += _contact_problems(asking)
    return found


def _contact_problems(asking: Asking) -> list[Problem]:
    found: list[Problem] = []
    addresses = {asking.requester.email}
    for index, person in enumerate(asking.others):
        where = f"participants.{index}"
        if not person.label.strip():
            found.append(
                Problem(f"{where}.label", "required", "A first name, an initial or a nickname.")
            )
        if person.attends == "no":
            if person.email:
                found.append(
                    Problem(
                        f"{where}.email",
                        "not_attending",
                        "Somebody who is only mentioned is not contacted: leave this empty.",
                    )
                )
            continue
        if person.route == "email":
            if not person.agreed:
                found.append(
                    Problem(
                        f"{where}.route",
                        "not_agreed",
                        "We write only to people who agreed. Choose the link to hand over.",
                    )
                )
            elif not person.email:
                found.append(Problem(f"{where}.email", "required", "Where can we write to them?"))
            elif person.email in addresses:
                found.append(
                    Problem(
                        f"{where}.email",
                        "address_in_use",
                        "Each person needs an address that only they read.",
                    )
                )
            addresses.add(person.email)
    return found


def location_allowed(country: str, region: str, locations: Collection[tuple[str, str]]) -> bool:
    """Whether sessions are offered there. A location without a region is the whole country."""
    if not country:
        return False
    return not locations or any(
        country == c and (not r or r.casefold() == region.casefold()) for c, r in locations
    )
