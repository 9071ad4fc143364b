"""Every address and everybody: what is not one's own cannot be told from what does not exist."""

from collections.abc import Sequence

import pytest
from django.urls import reverse

from practice.models import Change
from tests.intake.matrix.callers import Answer, callers, compared, words_on
from tests.intake.matrix.doors import DOORS, Addresses, Whose, addresses, doors
from tests.intake.matrix.world import ENDED, GONE, World

pytestmark = pytest.mark.django_db

#: What the API answers, by who calls. 405: another method. 422: what was sent is read before
#: anything is looked for, and is wrong for everybody alike.
STATUSES = {
    "stranger": {401},
    "cleo": {401, 404, 405, 422},
    "ira": {401, 404, 405, 422},
    GONE: {401},
    ENDED: {401},
    "another practitioner": {401, 404, 405, 422},
}

#: Where what is typed is kept until somebody has come in.
KEEPS = {"you-section", "you-after"}

#: What is left to somebody who has ended their part.
AFTER_THE_END = {
    "you",
    "you-copy",
    "you-copy-file",
    "you-copy-delete",
    "you-signed",
    "you-receipt",
    "you-receipt-file",
    "you-readers",
    "you-support",
    "passcode",
    "you-passcode",
    "passcode-ask",
    "passcode-forgotten",
}


def test_every_address_of_the_site_has_an_owner() -> None:
    found = addresses()

    assert set(found) - set(DOORS) == set(), "say in doors.py whose these are"
    assert set(DOORS) - set(found) == set(), "these are no addresses any more"


@pytest.mark.parametrize(
    ("owner", "others"),
    [
        ("kai", ("stranger", "ira", "sam", "val", GONE, ENDED, "cleo", "practitioner")),
        ("pip", (ENDED,)),
        (GONE, ("ira", GONE, "another practitioner")),
        ("ann", ("tim",)),
        ("gus", ("gea",)),
    ],
)
def test_a_persons_pages_are_not_there_for_anybody_else(
    world: World, told: Addresses, owner: str, others: Sequence[str]
) -> None:
    before = Change.objects.count()

    found = {
        (name in KEEPS, answer)
        for caller in callers(world, others).values()
        for name in doors(Whose.PERSON)
        for answer in compared(caller, told, name, owner)
    }

    assert {(a.status, a.leads_to) for _, a in found} == {(404, ""), (405, "")}
    pages = {a for _, a in found if a.status == 404}
    at_others = {a for keeps, a in found if a.status == 404 and not keeps}
    assert len(at_others) == 1, "one page for all, of one size"
    [kept] = pages - at_others
    assert "kept" in kept.body, "whoever sends words reads that they are kept, be it anybody's"
    assert Change.objects.count() == before


def test_whoever_ended_their_part_has_the_way_to_their_own_words_and_no_other(
    world: World, told: Addresses
) -> None:
    [caller] = callers(world, [ENDED]).values()

    found = {
        name
        for name in doors(Whose.PERSON)
        if any(
            caller(method, told.there(name, ENDED)).status_code not in (404, 405)
            for method in ("GET", "POST")
        )
    }

    assert found == AFTER_THE_END


def test_the_desk_is_not_there_for_anybody_but_its_practitioner(
    world: World, told: Addresses
) -> None:
    before = Change.objects.count()
    found = callers(world, ("stranger", "cleo", "another practitioner"))
    other = found.pop("another practitioner")
    buttons: set[str] = set()

    for caller in found.values():
        for name in doors(Whose.DESK, Whose.PRACTICE):
            if told.has_id(name):
                answers = compared(caller, told, name, "cleo")
            else:
                answers = (Answer.of(caller("GET", told.there(name))),) * 2
            assert {a.status for a in answers} <= {302, 405}, name
            assert {a.body for a in answers if a.status == 302} <= {""}, name
            buttons |= {a.body for a in answers if a.status == 405 and a.body}
            login = reverse("account_login")
            assert all(a.leads_to.startswith(login) for a in answers if a.status == 302), name
    assert len(buttons) == 1, "who opens a button's address reads one page, whichever it is"
    statuses = set()
    for name in doors(Whose.DESK):
        if told.has_id(name):
            statuses |= {a.status for a in compared(other, told, name, "cleo")}
        assert words_on(other("GET", told.there(name))) == frozenset(), name

    assert statuses == {404, 405}
    assert Change.objects.count() == before


@pytest.mark.parametrize("who", ["stranger", "cleo", "ira", GONE, ENDED, "another practitioner"])
def test_the_api_answers_nobody_about_what_is_not_theirs(
    world: World, told: Addresses, who: str
) -> None:
    before = Change.objects.count()
    [caller] = callers(world, [who]).values()
    owner = "kai" if who == "cleo" else "cleo"
    answers: set[Answer] = set()

    for name in doors(Whose.API_PERSON, Whose.API_DESK, Whose.API_KNOWN):
        if told.has_id(name):
            answers |= {*compared(caller, told, name, owner)}
        assert words_on(caller("GET", told.there(name, owner))) == frozenset(), name

    assert {a.status for a in answers} == STATUSES[who]
    assert len({a for a in answers if a.status == 404}) <= 1
    assert Change.objects.count() == before
