"""How many messages go to one domain, and when the rest may."""

from datetime import datetime, timedelta

from notifications.domain.pacing import Pacing, asked_to_wait, domain_of, take
from notifications.domain.retry import Backoff
from tests.booking.factories import NOW

FRESH = Pacing(minute_from=NOW)
MINUTE = timedelta(minutes=1)


def test_a_minute_has_room_for_so_many_and_the_rest_follows_in_the_next() -> None:
    after, turn = take(FRESH, wanted=7, limit=5, now=NOW)
    assert (turn.granted, turn.again_at) == (5, NOW + MINUTE)

    _, later = take(after, wanted=2, limit=5, now=NOW + MINUTE - timedelta(seconds=1))
    assert later.granted == 0

    _, next_minute = take(after, wanted=2, limit=5, now=NOW + MINUTE)
    assert next_minute.granted == 2


def test_without_a_limit_everything_goes() -> None:
    assert take(FRESH, wanted=10_000, limit=0, now=NOW)[1].granted == 10_000


def _waited(pacing: Pacing, *recipients: bytes, at: datetime = NOW) -> Pacing:
    for recipient in recipients:
        pacing = asked_to_wait(pacing, recipient=recipient, backoff=Backoff(), now=at)
    return pacing


def test_one_busy_mailbox_says_nothing_of_its_domain_however_often_it_is_tried() -> None:
    busy = _waited(FRESH, *[b"one"] * 9)

    assert take(busy, wanted=1, limit=5, now=NOW)[1].granted == 1


def test_two_recipients_in_a_row_say_that_the_domain_is_busy() -> None:
    busy = _waited(FRESH, b"one", b"one", b"two")

    resting = take(busy, wanted=1, limit=5, now=NOW)[1]

    assert (resting.granted, resting.again_at) == (0, NOW + timedelta(seconds=30))


def test_what_does_not_wait_for_the_rest_to_end_makes_it_no_longer() -> None:
    busy = _waited(FRESH, b"one", b"two")

    assert _waited(busy, b"three", b"one", at=NOW + timedelta(seconds=10)) == busy


def test_a_domain_that_asks_again_after_its_rest_rests_longer() -> None:
    after = NOW + timedelta(seconds=30)
    busy = _waited(_waited(FRESH, b"one", b"two"), b"one", at=after)

    assert busy.rests_until == after + timedelta(seconds=90)


def test_the_domain_is_what_follows_the_last_at_sign() -> None:
    assert domain_of('"a@b"@Example.TEST') == "example.test"
