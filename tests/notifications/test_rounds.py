"""Rounds that waited in a queue: one that has just found nothing stands for those after it."""

from datetime import timedelta

import pytest

from notifications import tasks
from notifications.models import IDLE, Delivery, Round
from notifications.operations.sweep import is_idle, sweep
from practice.queries import database_now
from tests.booking import factories
from tests.conftest import MailCatcher
from tests.notifications.helpers import plan_all

pytestmark = pytest.mark.django_db

State = Delivery.State
MANY = 50


def due_now() -> Delivery:
    """One message that is due."""
    now = database_now()
    factories.submitted(factories.make_office(), now=now)
    plan_all(now)
    return Delivery.objects.get()


def it_was_idle(*, ago: timedelta) -> None:
    """The last round that found nothing was so long ago, however slow this machine is."""
    Round.objects.filter(name=IDLE).update(ended_at=database_now() - ago)


def test_many_rounds_after_one_that_found_nothing_ask_one_question_each(
    mailcatcher: MailCatcher, django_assert_max_num_queries: object
) -> None:
    tasks.sweep()

    with django_assert_max_num_queries(2 * MANY):  # type: ignore[operator]  # pytest-django's
        for _ in range(MANY):
            tasks.sweep()

    assert Round.objects.filter(name=IDLE).count() == 1


def test_what_is_due_leaves_with_the_first_round_a_second_later(mailcatcher: MailCatcher) -> None:
    tasks.sweep()
    message = due_now()
    it_was_idle(ago=timedelta(0))
    tasks.sweep()
    message.refresh_from_db()
    waited = message.state

    it_was_idle(ago=timedelta(seconds=2))
    tasks.sweep()

    message.refresh_from_db()
    assert (waited, message.state) == (State.PENDING, State.SENT)


def test_a_round_that_did_something_keeps_no_other_from_looking(mailcatcher: MailCatcher) -> None:
    due_now()

    tasks.sweep()

    assert not is_idle(now=database_now())


def test_a_note_of_the_future_counts_for_nothing(mailcatcher: MailCatcher) -> None:
    now = database_now()
    sweep(worker="w", now=now + timedelta(days=1))

    assert not is_idle(now=now)
    assert is_idle(now=now + timedelta(days=1))
