"""Other ways to somebody: every one that they allowed, and none that they refused."""

from dataclasses import replace
from itertools import product

import pytest

from notifications.domain.routes import Contact, Route, routes

EVERYTHING = Contact(has_phone=True, has_other_address=True)


def test_somebody_who_allows_everything_is_offered_everything_of_theirs() -> None:
    assert routes(EVERYTHING) == (
        Route.OTHER_ADDRESS,
        Route.PHONE,
        Route.NEW_ADDRESS,
        Route.PAGE,
    )


@pytest.mark.parametrize(
    ("refusal", "offered"),
    [
        ({"refuses_calls": True}, (Route.OTHER_ADDRESS, Route.NEW_ADDRESS, Route.PAGE)),
        ({"has_phone": False}, (Route.OTHER_ADDRESS, Route.NEW_ADDRESS, Route.PAGE)),
        ({"page_only": True}, (Route.PHONE, Route.PAGE)),
        ({"page_only": True, "refuses_calls": True}, (Route.PAGE,)),
        ({"refuses_mail": True}, (Route.PHONE, Route.PAGE)),
        ({"is_out": True}, ()),
    ],
)
def test_what_somebody_refused_is_not_offered(
    refusal: dict[str, bool], offered: tuple[Route, ...]
) -> None:
    assert routes(replace(EVERYTHING, **refusal)) == offered


def test_whoever_was_asked_along_and_has_not_come_in_may_be_handed_a_link() -> None:
    asked = Contact(is_verified=False, is_invited=True)

    assert routes(asked) == (Route.HAND_OVER,)
    assert routes(replace(asked, refuses_mail=True)) == ()


def test_whoever_asked_themselves_and_has_not_come_in_is_offered_nothing_of_the_practice() -> None:
    assert routes(Contact(is_verified=False)) == ()


def test_no_combination_offers_a_refused_way() -> None:
    for values in product((False, True), repeat=8):
        contact = Contact(*values)
        offered = set(routes(contact))
        assert not (contact.is_out and offered)
        assert not ((contact.refuses_calls or not contact.has_phone) and Route.PHONE in offered)
        if contact.page_only or contact.refuses_mail:
            assert not offered & {Route.OTHER_ADDRESS, Route.NEW_ADDRESS}
        if contact.is_verified or contact.refuses_mail:
            assert Route.HAND_OVER not in offered
