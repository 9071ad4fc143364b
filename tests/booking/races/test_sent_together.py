"""Statements that are sent together, when somebody else is in the way."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from booking.operations import calendar
from tests.booking import factories as make

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def locked_by_somebody_else(practitioner_id: UUID) -> Iterator[None]:
    other = connection.copy()
    try:
        other.set_autocommit(False)
        other.cursor().execute(
            "SELECT FROM practice_practitioner WHERE id = %s FOR UPDATE", [practitioner_id]
        )
        yield
        other.rollback()
    finally:
        other.close()


def ask_under_the_lock(practitioner_id: UUID) -> tuple[int]:
    with transaction.atomic(durable=True):
        cursor = connection.cursor()
        cursor.execute("SET LOCAL lock_timeout = '100ms'")
        with calendar.sent_together():
            calendar.lock(practitioner_id)
            cursor.execute("SELECT 7")
        found: tuple[int] = cursor.fetchone()
        return found


def test_the_statement_that_fails_is_the_one_that_is_named() -> None:
    practitioner = make.make_office().practitioner

    with (
        locked_by_somebody_else(practitioner.pk),
        pytest.raises(OperationalError) as refused,
    ):
        ask_under_the_lock(practitioner.pk)

    assert isinstance(refused.value.__cause__, LockNotAvailable)


def test_the_connection_is_as_good_as_before_afterwards() -> None:
    practitioner = make.make_office().practitioner
    with (
        locked_by_somebody_else(practitioner.pk),
        pytest.raises(OperationalError),
    ):
        ask_under_the_lock(practitioner.pk)

    assert ask_under_the_lock(practitioner.pk) == (7,)
