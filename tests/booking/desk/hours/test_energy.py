"""Energy rules."""

import pytest
from django.test import Client

from practice.models import EnergyRule
from tests.booking import factories as make
from tests.booking.desk.at_the_desk import url
from tests.booking.desk.hours.pages import carried, on_tuesday, text
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


def test_energy_rules_are_numbers_and_boxes(desk: Client, office: Office) -> None:
    typed = {
        "at_most_couple": "2",
        "not_after_group": ["non_monogamous"],
        "not_after_couple": ["group", "non_monogamous"],
    }

    preview = desk.post(url("energy"), typed)
    desk.post(url("energy"), {**carried(preview), "save": "1"})
    shown = desk.get(url("energy")).content.decode()

    assert "At most 2 sessions a day for two people" in text(preview)
    assert "No session for a group after one for a non-monogamous relationship" in text(preview)
    assert set(
        EnergyRule.objects.values_list("kind", "relationship_type", "limit", "after_type")
    ) == {
        ("at_most", "couple", 2, ""),
        ("not_after", "couple", None, "group"),
        ("not_after", "couple", None, "non_monogamous"),
        ("not_after", "group", None, "non_monogamous"),
    }
    assert shown.count("checked") == 3


def test_an_energy_rule_lists_the_days_that_hold_more_already(desk: Client, office: Office) -> None:
    first = make.booked(office, times=[on_tuesday(office, 9)])
    second = make.booked(office, times=[on_tuesday(office, 14)])

    page = desk.post(url("energy"), {"at_most_individual": "1"}).content.decode()

    assert url("appointment", first.pk) not in page
    assert url("appointment", second.pk) in page
    assert "more of its kind than you take on in one day" in page
