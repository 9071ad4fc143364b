"""Finding a time together: marks on one's own ballot."""

import re

import pytest

from booking.models import Vote
from booking.operations import together
from booking.queries.together import asked_starts
from booking.views.choices import value_of
from tests.booking.browsing import come_in, fresh, plain, press, someone_called, text
from tests.booking.factories import NOW, Office, clear, enter, join, requester_of, verified
from tests.booking.own_pages.answering import MARK, WEEK, asking_together

pytestmark = pytest.mark.django_db

CARRIED = re.compile(r'type="hidden" name="(at-[^"]+)" value="([^"]+)"')


def test_marks_of_every_week_are_carried_until_they_are_sent(office: Office) -> None:
    request = asking_together(office)
    person = requester_of(request)
    client = come_in(person)
    path = f"/you/{person.id}/when/"

    first = client.get(path).content.decode()
    one, other = MARK.findall(first)[:2]
    later = WEEK.findall(first)[-1]
    second = press(client, path, {one: "can", other: "cant", "week": later})
    carried = dict(CARRIED.findall(second))
    third = MARK.findall(second)[0]
    assert not Vote.objects.exists()
    answer = client.post(path, carried | {third: "could", "send": "yes"}, follow=True)

    assert carried == {one: "can", other: "cant"}
    assert "Thank you, we have your times." in answer.content.decode()
    said = {
        f"at-{value_of(v.starts_at)}": v.word
        for v in Vote.objects.filter(word__in=["can", "could"])
    }
    assert said == {one: "can", third: "could"}
    asked = asked_starts(request, now=NOW)
    assert Vote.objects.filter(participant=person).count() == len(asked)
    shown = client.get(path).content.decode()
    assert re.search(rf'name="{one}" value="can" checked', shown)


def test_a_whole_day_is_marked_by_one_press_and_nothing_is_lost(office: Office) -> None:
    person = requester_of(asking_together(office))
    client = come_in(person)
    path = f"/you/{person.id}/when/"
    first = client.get(path).content.decode()
    one = MARK.findall(first)[-1]
    [day] = set(re.findall(r'name="day" value="([^"]+)"', first)[:1])

    page = press(client, path, {one: "could", "day": day})

    assert re.search(rf'name="{one}" value="could" checked', page)
    assert len(re.findall(r'value="can" checked', page)) > 1


def test_marking_nothing_is_asked_about_once_more(office: Office) -> None:
    person = requester_of(asking_together(office))
    client = come_in(person)
    path = f"/you/{person.id}/when/"

    asked = text(client, path, send="yes")
    after = text(client, path, send="yes", none="yes")

    assert "None of these times suits you?" in asked
    assert "we have your times" in after
    assert fresh(person).voted_round == 1


def test_the_page_does_not_change_when_somebody_else_answers(office: Office) -> None:
    request = asking_together(office)
    alex, sam = requester_of(request), someone_called(request, "Sam")
    enter(sam)
    join(sam)
    client = come_in(alex)
    paths = (f"/you/{alex.id}/", f"/you/{alex.id}/when/")
    before = [plain(client.get(path).content.decode()) for path in paths]

    start = asked_starts(request, now=NOW)[0]
    together.vote(participant_id=sam.id, marks={start: "can"}, now=NOW)
    clear(sam)

    assert [plain(client.get(path).content.decode()) for path in paths] == before


def test_somebody_only_mentioned_later_or_not_asked_sees_no_ballot(office: Office) -> None:
    person = requester_of(verified(office))

    answer = come_in(person).get(f"/you/{person.id}/when/", follow=True)

    assert "Something has changed meanwhile." in answer.content.decode()


@pytest.mark.parametrize("typed", [{"week": "soon"}, {"day": "x:can"}, {"day": "2026-99-01:can"}])
def test_what_no_button_sends_to_the_ballot_is_no_error(
    office: Office, typed: dict[str, str]
) -> None:
    person = requester_of(asking_together(office))

    assert "When could you come?" in press(come_in(person), f"/you/{person.id}/when/", typed)
