"""Whose words everybody finds where they may come in: exactly what `domain.md` says."""

from collections.abc import Mapping, Set
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.test import Client
from django.urls import reverse

from booking.models import Participant
from intake.queries.answers import ANSWERS_READ
from intake.queries.feedback import FEEDBACK_READ
from intake.queries.standings import standing
from notifications.operations.sending import send_due
from practice.models import Change
from tests.conftest import MailCatcher
from tests.intake.matrix.callers import callers, signed_in, words_on
from tests.intake.matrix.canaries import SHARED, canaries_in, canary, is_sealed
from tests.intake.matrix.doors import Addresses, Whose, doors
from tests.intake.matrix.world import ENDED, GONE, World
from tests.notifications.helpers import plan_all

pytestmark = pytest.mark.django_db

PEOPLE = ("ann", "cleo", "dan", "ira", "kai", "val", "sam", "gus")
#: Off the roster: they are not greeted by name any more.
OFF_THE_ROSTER = "val"
IN_THE_GROUP = ("gus", "gea")
#: They wrote something when they asked.
ASKED = ("ann", "cleo", "ira", ENDED)

#: What the practitioner sees of everybody, wherever people are named.
NAMES = frozenset({"id_chosen", "id_pronouns", "seat"})
#: Where they see more than names. Every such page leaves a row for each person it shows.
READING = frozenset({"desk-answers", "desk-reading", "desk-reading-file", "desk-flags"})
#: What was not asked in a questionnaire, where it is needed.
BESIDES: Mapping[str, Set[str]] = {
    "desk:request": {"words", "mentioned"},
    "desk:appointment": {"late"},
    "desk:hours": {"away"},
    "desk:time-off": {"away"},
    "desk:time-off-one": {"away"},
    "desk:calendar": {"away"},
    "api-availability": {"away"},
    "api-request": {"words", "mentioned"},
    "api-requests": {"mentioned"},
    "api-late-wishes": {"late"},
    "desk-answers": {"mentioned"},
    "desk-feedback": {"after"},
    "desk-reading": {"words", "mentioned"},
}


def page(client: Client, address: str) -> frozenset[str]:
    return words_on(client.get(address))


def fellows(world: World, name: str) -> frozenset[str]:
    """What somebody sees of those who come along, names included."""
    return frozenset().union(
        *(
            world.written[other].for_others | {canary(other, "id_chosen")}
            for other in world.fellows(name)
        )
    )


def beside(name: str) -> frozenset[str]:
    """What this person wrote beside the questionnaire."""
    late = {canary(name, "late")} if name == "cleo" else set()
    return frozenset(late | ({canary(name, "words")} if name in ASKED else set()))


def seats(name: str) -> frozenset[str]:
    """The names in the group, for those who are in it."""
    return frozenset(canary(n, "seat") for n in IN_THE_GROUP if name in IN_THE_GROUP)


@pytest.mark.parametrize("name", PEOPLE)
def test_a_person_sees_their_own_words_and_what_the_others_show(
    world: World, told: Addresses, name: str
) -> None:
    own = world.written[name]
    comes_alone = name in ("ann", "tim", *IN_THE_GROUP)
    greeting = frozenset() if name == OFF_THE_ROSTER else frozenset({canary(name, "id_chosen")})
    expected: dict[str, frozenset[str]] = {
        "you": greeting | seats(name),
        "you-receipt": frozenset({canary(name, "legal")}),
        "you-receipt-file": frozenset({canary(name, "legal")}),
        "messages:choices": frozenset({canary(name, "ct_cal_title")}),
        "messages:own-feed": frozenset({canary(name, "ct_cal_title")}),
        "you-answers-seen": own.of({"gr_name"} if comes_alone else SHARED | own.shared),
        "you-copy": own.open | beside(name),
        "you-after": own.of({"after"}),
        "you-others": fellows(world, name),
        "you-section": frozenset(),  # each of them below
    }
    [caller] = callers(world, [name]).values()
    client, _link = world.knows(name)

    found = {
        address: words_on(caller("GET", told.there(address, name)))
        for address in doors(Whose.PERSON)
        if address != "you-section"
    }

    assert {a: c for a, c in found.items() if c} == {a: c for a, c in expected.items() if c}
    for section in standing(world.people[name].pk).form.sections:
        keys = {q.key for q in section.questions if not is_sealed(q.key)}
        address = reverse("you-section", args=[world.people[name].pk, section.slug])
        assert page(client, address) == own.of(keys), section.slug


def test_whoever_ended_their_part_finds_their_own_words_and_nobody_elses(
    world: World, told: Addresses
) -> None:
    [caller] = callers(world, [ENDED]).values()

    found = {
        address: words_on(caller("GET", told.there(address, ENDED)))
        for address in doors(Whose.PERSON)
    }

    assert {a: c for a, c in found.items() if c} == {
        "you-receipt": frozenset({canary(ENDED, "legal")}),
        "you-receipt-file": frozenset({canary(ENDED, "legal")}),
        "you-copy": world.written[ENDED].open | beside(ENDED),
    }


@pytest.mark.parametrize("name", PEOPLE)
def test_the_file_to_take_along_holds_ones_own_answers_and_no_sealed_one(
    world: World, told: Addresses, name: str
) -> None:
    client, _link = world.knows(name)

    answer = client.post(told.there("you-copy-file", name))

    assert canaries_in(answer.content.decode()) == world.written[name].open | beside(name)
    assert {a["key"] for a in answer.json()["answers"]} == {
        key for key in world.written[name].keys if not is_sealed(key)
    }


@pytest.mark.parametrize("name", ["ann", "cleo", "sam", "gus"])
def test_the_api_tells_people_no_answers(world: World, told: Addresses, name: str) -> None:
    [caller] = callers(world, [name]).values()

    found = {
        address: words_on(caller("GET", told.there(address, name)))
        for address in doors(Whose.API_PERSON, Whose.API_KNOWN, Whose.API_DESK)
    }

    expected = {"api-request-seat": seats(name)} if name in IN_THE_GROUP else {}
    assert {a: c for a, c in found.items() if c} == expected


@pytest.mark.parametrize("owner", ["tim", "cleo", "ira", "gus"])
def test_the_practitioner_reads_answers_where_each_reading_leaves_a_row(
    world: World, told: Addresses, owner: str
) -> None:
    [caller] = callers(world, ["practitioner"]).values()
    person = world.people[owner]
    request = person.request_id
    theirs = {n: p for n, p in world.people.items() if p.request_id == request and n != GONE}
    found = {}
    read = {}

    open_to_them = (Whose.DESK, Whose.PRACTICE, Whose.API_DESK, Whose.API_KNOWN, Whose.API_PERSON)
    for address in doors(*open_to_them):
        if owner != "cleo" and not told.has_id(address):
            continue  # the same page, whoever is meant
        wanted = told.there(address, owner)
        if address == "desk-answers":
            wanted += f"?person={person.pk}"
        before = Change.objects.filter(kind=ANSWERS_READ).count()
        found[address] = words_on(caller("GET", wanted))
        read[address] = Change.objects.filter(kind=ANSWERS_READ).count() - before

    for address in set(found) - READING:
        kept = NAMES | BESIDES.get(address, set())
        allowed = {canary(n, key) for n in [*world.people, "morgan"] for key in kept}
        assert found[address] <= allowed, address
    own = world.written[owner]
    names = {canary(n, key) for n in theirs for key in ("id_chosen", "mentioned")}
    # The sealed ones stand on the page of flags, which is never printed.
    safety = {key for key in own.keys if key.startswith("sf_")} | {"gr_conflict"}
    assert found["desk-answers"] - names == own.of(own.keys - safety) - names
    written = frozenset().union(*(world.written[n].open for n in theirs))
    asked = {canary(n, key) for n in theirs for key in ("words", "mentioned")}
    assert canary(owner, "go_why_now") in found["desk-reading"]
    assert found["desk-reading"] <= written | asked
    assert found["desk-reading-file"] <= found["desk-reading"]
    assert canary(owner, "go_why_now") in found["desk-reading-file"]
    assert own.of({"sf_phrase", "sf_private_route"}) <= found["desk-flags"]
    assert found["desk-flags"] - names <= own.of(own.keys)
    assert {a: n for a, n in read.items() if n} == {
        "desk-answers": 1,
        "desk-reading": len(theirs),
        "desk-reading-file": len(theirs),
        "desk-flags": 1,
    }


def test_what_somebody_said_after_a_session_is_read_on_one_page_and_leaves_a_row(
    world: World, told: Addresses
) -> None:
    [caller] = callers(world, ["practitioner"]).values()
    word = canary("cleo", "after")

    found = {
        address
        for address in doors(Whose.DESK, Whose.PRACTICE, Whose.API_DESK, Whose.API_KNOWN)
        if word in words_on(caller("GET", told.there(address)))
    }

    assert found == {"desk-feedback"}
    [row] = Change.objects.filter(kind=FEEDBACK_READ)
    assert row.subject_id == world.people["cleo"].pk


def test_only_the_requester_and_the_practitioner_know_who_is_mentioned(
    world: World, told: Addresses
) -> None:
    word = canary("ira", "mentioned")

    assert Participant.objects.get(label=word).attends == "no"
    assert word in page(signed_in(world), told.there("desk:request", "ira"))


@pytest.mark.parametrize("who", ["stranger", GONE, "cleo", "practitioner"])
def test_what_is_open_to_all_shows_nobodys_words(world: World, told: Addresses, who: str) -> None:
    [caller] = callers(world, [who]).values()

    found = {
        address: words_on(caller("GET", told.there(address)))
        for address in doors(Whose.ALL, Whose.ACCOUNT)
    }

    assert {a: c for a, c in found.items() if c} == {}


def test_another_practitioner_sees_nobody_of_ours(world: World, told: Addresses) -> None:
    [caller] = callers(world, ["another practitioner"]).values()

    found = {
        address: words_on(caller("GET", told.there(address)))
        for address in doors(Whose.DESK, Whose.PRACTICE, Whose.API_DESK, Whose.API_KNOWN)
    }

    assert {a: c for a, c in found.items() if c} == {}


def test_messages_and_calendar_files_hold_no_answer_of_anybody(
    world: World, mailcatcher: MailCatcher
) -> None:
    plan_all(world.now)
    for hours in range(0, 24 * 40, 12):
        send_due(worker="test", now=world.now + timedelta(hours=hours))
    addresses = {p.email: n for n, p in world.people.items() if n not in ("ann", "tim")}

    found: dict[str, set[str]] = {}
    for message in mailcatcher.messages:
        parts = [message.as_string(), *(_content(part) for part in message.walk())]
        words = {word for part in parts for word in canaries_in(part)}
        found.setdefault(str(message["To"]), set()).update(words)

    for name in addresses.values():
        # Nobody said that messages may name them; the title of the event is its reader's own.
        person = world.people[name]
        assert found.get(person.email, set()) <= {canary(name, "ct_cal_title")}, name
    assert canary("cleo", "ct_cal_title") in found[world.people["cleo"].email]
    assert found[world.practitioner.email] == set()


def _content(part: EmailMessage) -> str:
    """A part as its reader has it, with folded lines of a calendar put together."""
    if part.is_multipart():
        return ""
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode().replace("\r\n ", "")
