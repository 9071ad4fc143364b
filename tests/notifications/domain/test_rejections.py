"""What a refusal for good is about."""

import pytest

from notifications.domain.rejections import Rejection, rejection


@pytest.mark.parametrize(
    ("reply", "about"),
    [
        ("550 5.1.1", Rejection.MAILBOX),
        ("5.1.1", Rejection.MAILBOX),
        ("550 5.1.10", Rejection.MAILBOX),
        ("550 5.2.1", Rejection.MAILBOX),
        ("553 5.1.8", Rejection.MESSAGE),
        ("550 5.1.7", Rejection.MESSAGE),
        ("552 5.2.2", Rejection.FULL),
        ("552 5.3.4", Rejection.TOO_LARGE),
        ("552 5.2.3", Rejection.TOO_LARGE),
        ("554 5.7.1", Rejection.MESSAGE),
        ("550 5.7.26", Rejection.MESSAGE),
        ("554 5.6.0", Rejection.MESSAGE),
        ("554", Rejection.UNSAID),
        ("550", Rejection.UNSAID),
    ],
)
def test_a_status_code_says_what_it_is_about(reply: str, about: Rejection) -> None:
    assert rejection(reply) == about


@pytest.mark.parametrize(
    ("reply", "about"),
    [
        ("550", Rejection.MAILBOX),
        ("551", Rejection.MAILBOX),
        ("553", Rejection.MAILBOX),
        ("554", Rejection.UNSAID),
        ("552", Rejection.UNSAID),
        ("550 5.7.1", Rejection.MESSAGE),
        ("550 5.2.2", Rejection.FULL),
    ],
)
def test_a_bare_code_counts_against_the_recipient_if_they_were_asked_about(
    reply: str, about: Rejection
) -> None:
    assert rejection(reply, is_of_recipient=True) == about
