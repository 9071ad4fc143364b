"""What `manage.py check` says of the settings."""

import pytest
from pytest_django import Settings

from config.checks import addresses_say_nothing


@pytest.mark.parametrize(
    ("setting", "value", "name"),
    [
        ("DEFAULT_FROM_EMAIL", "Office <mail@lakesidetherapy.example>", "ATTUNE_MAIL_FROM"),
        ("DEFAULT_FROM_EMAIL", "couples@willow.example", "ATTUNE_MAIL_FROM"),
        ("INBOUND_ADDRESS", "calendar@sex-and-more.example", "ATTUNE_INBOUND_ADDRESS"),
        ("BASE_URL", "https://book.intimacy.example", "ATTUNE_BASE_URL"),
    ],
)
def test_an_address_that_gives_something_away_is_warned_of(
    settings: Settings, setting: str, value: str, name: str
) -> None:
    setattr(settings, setting, value)
    (warning,) = addresses_say_nothing(app_configs=None)
    assert (warning.id, warning.msg.split()[0]) == ("attune.W001", name)


def test_ordinary_addresses_are_not(settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Harbor Office <mail@essex-polygon.example>"
    settings.INBOUND_ADDRESS = ""
    settings.BASE_URL = "http://127.0.0.1:8000"
    assert addresses_say_nothing(app_configs=None) == []
