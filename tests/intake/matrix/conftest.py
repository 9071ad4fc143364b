"""One world for each file of tests: building it takes some seconds, looking at it none."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from tests.intake.matrix.doors import Addresses
from tests.intake.matrix.world import World, build


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Built and committed once; what a test does to it is rolled back."""
    with django_db_blocker.unblock():
        yield build()
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="module")
def told(world: World) -> Addresses:
    return Addresses(world)
