"""Setting up a practice: the sender that says nothing about the work really says nothing."""

import pytest
from django.core.management import CommandError, call_command

from practice.models import Practice
from practice.operations.setup import NewPractitioner, TellingName, create_practice
from tests.booking.factories import NOW

PERSON = NewPractitioner(
    display_name="Dr. Morgan Lee",
    slug="morgan",
    initials="M. L.",
    email="morgan@example.test",
    time_zone="Europe/London",
)


def set_up(office_name: str) -> None:
    create_practice(
        name="Willow",
        office_name=office_name,
        email="office@willow.test",
        locations=[],
        practitioner=PERSON,
        now=NOW,
    )


@pytest.mark.parametrize(
    ("office_name", "words"),
    [
        ("Couples Therapy Office", ["Couples", "Therapy"]),
        ("Office Morgan Lee", ["Morgan", "Lee"]),
        ("Lee & friends", ["Lee"]),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_a_sender_that_gives_something_away_is_refused(office_name: str, words: list[str]) -> None:
    with pytest.raises(TellingName) as refusal:
        set_up(office_name)
    assert refusal.value.words == words
    assert not Practice.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_neutral_sender_is_taken() -> None:
    set_up("Booking office")
    assert Practice.objects.get().office_name == "Booking office"


@pytest.mark.django_db(transaction=True)
def test_the_command_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_PASSWORD", "a long enough passphrase 7")
    with pytest.raises(CommandError, match="must not say Couples, Therapy"):
        call_command(
            "create_practice",
            "--name=Willow",
            "--practitioner=Morgan Lee",
            "--email=morgan@example.test",
            "--zone=Europe/London",
            "--office-name=Couples Therapy Office",
        )
