"""The harness sees what it is there to see."""

import threading
from collections.abc import Callable, Sequence

import pytest
from django.db import OperationalError, transaction

from practice.models import Practitioner
from tests.booking import factories as make
from tests.booking.races.harness import PATIENCE, all_at_once, no_deadlock, refused

pytestmark = pytest.mark.django_db(transaction=True)


def locking(slugs: Sequence[str], has_one: threading.Barrier) -> Callable[[], None]:
    """Locks one after the other; both are under way before either goes on."""

    def call() -> None:
        with transaction.atomic():
            Practitioner.objects.select_for_update().get(slug=slugs[0])
            has_one.wait(PATIENCE)
            Practitioner.objects.select_for_update().get(slug=slugs[1])

    return call


def test_a_deadlock_is_seen() -> None:
    make.make_practitioner(slug="morgan")
    make.make_practitioner(slug="robin")
    has_one = threading.Barrier(2)

    with pytest.raises(AssertionError, match="somebody waited"), no_deadlock():
        outcomes = all_at_once(
            [locking(slugs, has_one) for slugs in (("morgan", "robin"), ("robin", "morgan"))]
        )

    assert [type(o) for o in outcomes if o is not None] == [OperationalError]


def test_without_locks_nobody_waits() -> None:
    make.make_practitioner(slug="morgan")
    make.make_practitioner(slug="robin")
    has_one = threading.Barrier(2)

    with no_deadlock():
        outcomes = all_at_once(
            [locking(slugs, has_one) for slugs in (("morgan", "robin"), ("morgan", "robin"))],
            has_locks=False,
        )

    assert outcomes == [None, None]


def test_whatever_is_not_a_refusal_by_name_is_seen() -> None:
    with pytest.raises(AssertionError, match="KeyError"):
        refused([None, KeyError("nobody thought of this")])
