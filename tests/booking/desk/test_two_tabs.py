"""The same thing is edited in two tabs: the second save never silently overwrites the first."""

from datetime import date
from html import unescape
from re import findall, sub
from typing import Any

import pytest
from django.test import Client

from booking.domain.refusals import ChangedMeanwhile
from booking.operations import availability
from booking.queries import versions
from practice.domain.hours import Span, WeeklySpan
from practice.models import EnergyRule, HoursOverride, Service, TimeOff, WeeklyHours
from tests.booking import factories as make
from tests.booking.desk.at_the_desk import url
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db(transaction=True)

TUESDAY = date(2026, 10, 20)


def text(response: Any) -> str:
    body = sub(r"(?s)<(script|style|head).*?</\1>", " ", response.content.decode())
    return " ".join(unescape(sub(r"<[^>]+>", " ", body)).split())


def hidden(response: Any) -> dict[str, str]:
    """What the form carries along of how it stood, as a browser sends it back."""
    found = findall(
        r'<input type="hidden" name="(seen|stood)" value="([^"]*)">', response.content.decode()
    )
    return {name: unescape(value) for name, value in found}


def week(opens: str) -> dict[str, str]:
    """The factory's week as it is typed, with a Tuesday that begins at another time."""
    usual = (("9", "13"), ("14", "18"))
    typed = {"starts": ""}
    for weekday in range(5):
        for number, (start, end) in enumerate(usual):
            first = opens if weekday == 1 and number == 0 else start
            typed[f"day-{weekday}-{number}-opens"] = first
            typed[f"day-{weekday}-{number}-closes"] = end
    return typed


def first_on_tuesday(office: Office) -> int:
    found = WeeklyHours.objects.filter(practitioner=office.practitioner, weekday=1)
    return min(found.values_list("opens_minute", flat=True))


def test_the_second_tab_is_shown_what_the_first_one_saved_and_keeps_what_was_typed(
    desk: Client, office: Office
) -> None:
    first_tab, second_tab = desk.get(url("hours-week")), desk.get(url("hours-week"))
    desk.post(url("hours-week"), {**week("8"), **hidden(first_tab), "save": "1"})

    stopped = desk.post(url("hours-week"), {**week("10"), **hidden(second_tab), "save": "1"})

    assert stopped.status_code == 409
    assert "This was changed meanwhile, perhaps in another tab" in text(stopped)
    assert "Now: Tuesday: 08:00–13:00, 14:00–18:00" in text(stopped)
    assert "Before: Tuesday: 09:00–13:00, 14:00–18:00" in text(stopped)
    assert 'value="10"' in stopped.content.decode()
    assert first_on_tuesday(office) == 8 * 60


def test_whoever_has_seen_what_stands_now_may_replace_it(desk: Client, office: Office) -> None:
    first_tab, second_tab = desk.get(url("hours-week")), desk.get(url("hours-week"))
    desk.post(url("hours-week"), {**week("8"), **hidden(first_tab), "save": "1"})
    stopped = desk.post(url("hours-week"), {**week("10"), **hidden(second_tab)})

    desk.post(url("hours-week"), {**week("10"), **hidden(stopped), "save": "1"})

    assert first_on_tuesday(office) == 10 * 60


def test_adding_a_row_does_not_make_an_old_form_a_new_one(desk: Client, office: Office) -> None:
    old = desk.get(url("hours-week"))
    desk.post(url("hours-week"), {**week("8"), "save": "1"})

    with_a_row = desk.post(url("hours-week"), {**week("10"), **hidden(old), "add": "6"})
    stopped = desk.post(url("hours-week"), {**week("10"), **hidden(with_a_row), "save": "1"})

    assert stopped.status_code == 409
    assert first_on_tuesday(office) == 8 * 60


def test_the_same_press_twice_is_no_conflict(desk: Client, office: Office) -> None:
    typed = {**week("8"), **hidden(desk.get(url("hours-week"))), "save": "1"}

    answers = [desk.post(url("hours-week"), typed).status_code for _press in range(2)]

    assert answers == [302, 302]


def test_days_that_changed_after_they_were_looked_at_are_shown_again(
    desk: Client, office: Office
) -> None:
    typed = {"first_date": "2026-10-20", "kind": "closed", "hours-0-opens": ""}
    looked_at = desk.post(url("hours-days"), typed)
    availability.set_days(
        practitioner_id=office.practitioner.pk,
        first=TUESDAY,
        last=TUESDAY,
        spans=[Span(15 * 60, 20 * 60)],
        now=make.NOW,
    )

    carried = dict(looked_at.context["typed"])
    stopped = desk.post(url("hours-days"), {**carried, "save": "1"})

    assert stopped.status_code == 409
    assert "Now: Tuesday 20 October: 15:00–20:00" in text(stopped)
    assert HoursOverride.objects.get().opens_minute == 15 * 60


def test_a_day_that_was_given_back_meanwhile_keeps_what_was_typed(
    desk: Client, office: Office
) -> None:
    ours = office.practitioner.pk
    availability.set_days(
        practitioner_id=ours,
        first=TUESDAY,
        last=TUESDAY,
        spans=[Span(15 * 60, 20 * 60)],
        now=make.NOW,
    )
    open_tab = desk.get(url("hours-day", TUESDAY))
    availability.clear_days(practitioner_id=ours, first=TUESDAY, last=TUESDAY, now=make.NOW)

    typed = {"kind": "open", "hours-0-opens": "16", "hours-0-closes": "20", **hidden(open_tab)}
    stopped = desk.post(url("hours-day", TUESDAY), typed)

    assert stopped.status_code == 409
    assert "Now: Tuesday 20 October: the weekly hours" in text(stopped)
    assert 'value="16"' in stopped.content.decode()
    assert not HoursOverride.objects.exists()


def test_time_off_that_was_taken_back_meanwhile_can_be_added_anew(
    desk: Client, office: Office
) -> None:
    desk.post(url("time-off"), {"first_date": "2026-12-24", "label": "Holidays", "save": "1"})
    row = TimeOff.objects.get()
    page = url("time-off-one", row.pk)
    open_tab = desk.get(page)
    desk.post(page, {"remove": "1", "save": "1"})

    typed = {"first_date": "2026-12-25", "label": "Holidays"}
    stopped = desk.post(page, {**typed, **hidden(open_tab), "save": "1"})
    desk.post(page, {**typed, **hidden(stopped), "save": "1"})

    assert stopped.status_code == 409
    assert "Now: It was taken back." in text(stopped)
    assert [t.label for t in TimeOff.objects.all()] == ["Holidays"]


def test_rules_and_services_are_guarded_like_hours(desk: Client, office: Office) -> None:
    service = office.services["individual-50"]
    rules, settings = desk.get(url("energy")), desk.get(url("service", service.pk))
    desk.post(url("energy"), {"at_most_couple": "2", "save": "1"})
    Service.objects.filter(pk=service.pk).update(price_text="$ 7")

    no_rules = desk.post(url("energy"), {"at_most_group": "1", **hidden(rules)})
    typed = {
        "name": "Individual",
        "is_active": "on",
        "duration_minutes": "50",
        "buffer_before_minutes": "0",
        "buffer_after_minutes": "10",
        "step_minutes": "30",
        "notice_minutes": "24 h",
        "horizon_days": "60",
        "cancel_minutes": "24 h",
        "modalities": ["video"],
    }
    no_settings = desk.post(url("service", service.pk), {**typed, **hidden(settings)})

    assert (no_rules.status_code, no_settings.status_code) == (409, 409)
    assert "Now: At most 2 sessions a day for two people" in text(no_rules)
    assert "Now: $ 7" in text(no_settings)
    assert 'value="Individual"' in no_settings.content.decode()
    assert EnergyRule.objects.get().relationship_type == "couple"


def test_the_version_is_compared_under_the_lock(office: Office) -> None:
    seen = versions.of_week(office.practitioner.pk)
    ours = [WeeklySpan(1, 8 * 60, 12 * 60)]
    theirs = [WeeklySpan(1, 10 * 60, 12 * 60)]
    availability.set_week(
        practitioner_id=office.practitioner.pk, spans=ours, seen=seen, now=make.NOW
    )

    with pytest.raises(ChangedMeanwhile):
        availability.set_week(
            practitioner_id=office.practitioner.pk, spans=theirs, seen=seen, now=make.NOW
        )

    assert first_on_tuesday(office) == 8 * 60


def test_the_preview_of_a_rule_counts_only_the_sessions_that_it_touches(
    desk: Client, office: Office
) -> None:
    desk.post(url("energy"), {"at_most_individual": "3", "save": "1"})

    page = desk.post(url("energy"), {"at_most_individual": "3", "at_most_couple": "1"})

    counted = {s.service.relationship_type for s in page.context["effect"].services}
    assert counted == {"couple"}
    assert page.context["effect"].counted.relationship_type == "couple"
