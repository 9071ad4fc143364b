"""Whoever reads the tables and has no key cannot tell what somebody answered in private."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from booking.models import Participant
from intake.domain.definitions import Value
from intake.models import Answer, Flag
from intake.operations import leaving, reading
from intake.queries.answers import opened, opened_answers
from intake.queries.standings import standing
from practice import sealing
from tests.booking.factories import Office, make_office
from tests.intake.people import QUIET, asks_about_suicide, begun, device, part, save, typed

pytestmark = pytest.mark.django_db(transaction=True)
CALM: Mapping[str, Value] = {**QUIET, **{f"sf_a{n}": "no" for n in range(1, 5)}}
HURT: Mapping[str, Value] = {**CALM, "sf_h2": "yes", "sf_attending": "prefer_not"}
DESPERATE: Mapping[str, Value] = {**CALM, "sf_a1": "say_aloud", "sf_a5": "no"}
IN_DANGER: Mapping[str, Value] = {
    **CALM,
    "sf_a3": "yes",
    "sf_a5": "yes",
    "sf_phrase": "the red one",
}


@pytest.fixture
def office() -> Office:
    office = make_office()
    asks_about_suicide(office)
    return office


def rows(person: Participant) -> list[tuple[str, int]]:
    """What a dump shows of the sealed answers: the question, and how long the value is."""
    found = Answer.objects.filter(sheet__participant=person, question__startswith="sf_")
    return sorted((a.question, len(a.value_sealed)) for a in found)


def answered(person: Participant) -> dict[str, Value]:
    sheet = Answer.objects.filter(sheet__participant=person)[0].sheet
    return {k: v for k, v in opened_answers(sheet).items() if k.startswith("sf_")}


def test_whatever_was_answered_the_rows_are_the_same_and_of_one_length(office: Office) -> None:
    now = timezone.now()
    calm, *others = (begun(office) for _ in range(4))
    save(calm, "quiet", CALM, now)
    for person, answers in zip(others, (HURT, DESPERATE, IN_DANGER), strict=True):
        save(person, "quiet", answers, now)

    assert [rows(person) for person in others] == [rows(calm)] * 3
    assert len({length for _, length in rows(calm)}) == 1
    assert {"sf_attending", "sf_a5", "sf_own", "sf_phrase"} <= {key for key, _ in rows(calm)}
    assert answered(calm) == CALM, "the control: what was not asked is no answer"
    assert answered(others[2]) == IN_DANGER
    assert not Flag.objects.filter(participant=calm).exists()


def test_help_that_comes_before_the_rest_is_answered_leaves_the_same_rows(office: Office) -> None:
    now = timezone.now()
    calm, hurried = begun(office), begun(office)
    save(calm, "quiet", CALM, now)

    save(hurried, "quiet", {"sf_a5": "yes"}, now)

    assert rows(hurried) == rows(calm)
    assert answered(hurried) == {"sf_a5": "yes"}


def test_what_was_not_asked_may_be_answered_later_and_what_was_answered_may_not(
    office: Office,
) -> None:
    now = timezone.now()
    person = begun(office)
    save(person, "quiet", CALM, now)

    save(person, "quiet", {**CALM, "sf_a1": "yes", "sf_a5": "yes"}, now + timedelta(minutes=1))

    assert answered(person) == {**CALM, "sf_a5": "yes"}
    assert Flag.objects.filter(participant=person, level="acute").exists()


def test_setting_it_aside_leaves_no_row_and_the_answers_come_later(office: Office) -> None:
    now = timezone.now()
    person, calm = begun(office), begun(office)
    save(person, "quiet", {"sf_alone": "not_now"}, now)
    before = rows(person)

    save(person, "quiet", CALM, now)
    save(calm, "quiet", CALM, now)

    assert before == []
    assert rows(person) == rows(calm)
    assert answered(person) == CALM


def test_nobody_who_reads_takes_an_unasked_question_for_an_answer(office: Office) -> None:
    now = timezone.now()
    person = begun(office)
    device(person).post(part(person, "quiet"), typed(CALM) | {"then": "on"})

    own = standing(person.pk)
    read = reading.open_answers(
        practitioner_id=office.practitioner.pk, participant_id=person.pk, now=now
    )
    exported = leaving.export_own(participant_id=person.pk, now=now)
    page = device(person).get(reverse("you-copy", args=[person.pk])).content.decode()

    unasked = {"sf_attending", "sf_a5", "sf_own", "sf_private_route", "sf_phrase"}
    assert unasked <= {key for key, _ in rows(person)}, "the control: the rows are there"
    assert unasked.isdisjoint(own.sealed)
    assert unasked.isdisjoint(shown.question.key for shown in read)
    assert "quiet" not in own.incomplete
    assert "sf_" not in str(exported)
    assert "This cannot be opened" not in page


@pytest.fixture
def renew(settings: Settings) -> Iterator[Callable[[], None]]:
    """A new key seals from now on; the old one still opens. As after a restart."""

    def use() -> None:
        settings.ENCRYPTION_KEYS = {"k9": bytes(range(32)), **settings.ENCRYPTION_KEYS}
        sealing._keyring.cache_clear()

    yield use
    sealing._keyring.cache_clear()


def test_a_new_key_leaves_what_was_not_asked_as_it_is(
    office: Office, renew: Callable[[], None]
) -> None:
    person = begun(office)
    save(person, "quiet", CALM, timezone.now())
    before = rows(person)
    renew()

    call_command("rotate_keys", stdout=StringIO())

    unasked = Answer.objects.get(sheet__participant=person, question="sf_a5")
    assert sealing.sealed_with(bytes(unasked.value_sealed)) == "k9"
    assert opened(unasked) is None
    assert answered(person) == CALM
    assert rows(person) == before
