"""Who may come in to the desk, and for how long."""

from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from booking.models import Decision, Request
from practice.receivers import SESSION_KEY
from tests.booking import factories
from tests.booking.desk.at_the_desk import sign_in, text, url
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["waiting", "calendar", "agenda", "ill", "book"])
def test_a_page_of_the_desk_asks_a_stranger_to_sign_in(
    client: Client, office: Office, name: str
) -> None:
    response = client.get(url(name))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_a_quarter_of_an_hour_of_quiet_ends_the_session(client: Client, office: Office) -> None:
    with time_machine.travel(factories.NOW, tick=False) as clock:
        sign_in(client, office)
        for _ in range(3):  # reading goes on for longer than that
            clock.shift(14 * 60)
            assert client.get(url("agenda")).status_code == 200
        clock.shift(15 * 60 + 1)

        away = client.get(url("calendar") + "?week=2026-W42")
        page = text(client.get(away["Location"]))

    assert away.status_code == 302
    assert away["Location"] == (
        reverse("account_login") + "?next=/desk/calendar/%3Fweek%3D2026-W42"
    )
    assert "nothing happened here for 15 minutes" in page
    assert SESSION_KEY not in client.session


def test_half_a_day_ends_the_session_however_busy(client: Client, office: Office) -> None:
    with time_machine.travel(factories.NOW, tick=False) as clock:
        sign_in(client, office)
        answers = []
        for _ in range(12 * 6 + 1):
            clock.shift(10 * 60)
            answers.append(client.get(url("ill")).status_code)

    assert answers == [200] * (12 * 6) + [302]


def test_what_is_sent_after_the_end_changes_nothing_and_says_so(
    client: Client, office: Office
) -> None:
    request = factories.ready(office)
    with time_machine.travel(factories.NOW, tick=False) as clock:
        sign_in(client, office)
        clock.shift(16 * 60)

        away = client.post(
            url("confirm", request.pk),
            headers={"referer": f"http://testserver{url('request', request.pk)}"},
        )
        foreign = Client()
        sign_in(foreign, office)
        clock.shift(16 * 60)
        elsewhere = foreign.post(
            url("confirm", request.pk), headers={"referer": "https://evil.test/desk/x"}
        )
        page = text(client.get(away["Location"]))

    assert away["Location"].endswith(f"?next={url('request', request.pk)}")
    assert elsewhere["Location"].endswith("?next=/desk/")
    assert "What you just sent was not taken" in page
    assert Request.objects.get(pk=request.pk).state == "ready"


def test_a_button_pressed_without_a_session_leads_back_to_its_page(
    client: Client, office: Office
) -> None:
    request = factories.ready(office)
    page = url("request", request.pk)

    away = client.post(url("confirm", request.pk), headers={"referer": f"http://testserver{page}"})
    unnamed = client.post(url("confirm", request.pk))
    signing_in = text(client.get(away["Location"]))

    assert away["Location"] == f"{reverse('account_login')}?next={page}"
    assert unnamed["Location"] == f"{reverse('account_login')}?next=/desk/"
    assert "What you just sent was not taken" in signing_in
    assert Request.objects.get(pk=request.pk).state == "ready"


def test_the_address_of_a_button_says_that_it_is_none_of_a_page(
    desk: Client, office: Office
) -> None:
    request = factories.ready(office)

    opened = desk.get(url("confirm", request.pk))

    assert opened.status_code == 405
    assert opened["Allow"] == "POST"
    assert "no-store" in opened["Cache-Control"]
    assert "This is a button, not a page" in text(opened)
    assert f'href="{url("waiting")}"' in text(opened)


def test_a_session_is_written_once_a_minute_at_most(desk: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        desk.get(url("ill"))

    assert not [q for q in queries.captured_queries if "UPDATE" in q["sql"]]


def test_somebody_elses_request_looks_like_one_that_does_not_exist(
    desk: Client, office: Office
) -> None:
    request = factories.ready(office)
    appointment = factories.booked(office)
    other = factories.make_practitioner(slug="robin")
    assert other.user is not None
    desk.force_login(other.user)

    pages = [
        desk.get(url("request", request.pk)),
        desk.get(url("request", uuid4())),
        desk.get(url("propose", request.pk)),
        desk.get(url("appointment", appointment.pk)),
        desk.get(url("appointment", uuid4())),
        desk.get(url("move", appointment.pk)),
        desk.post(url("confirm", request.pk)),
        desk.post(url("decline", request.pk)),
        desk.post(url("undo", request.pk)),
        desk.post(url("cancel", appointment.pk)),
        desk.post(url("ended", appointment.pk), {"outcome": "no_show"}),
        desk.post(url("excuse", request.pk, factories.requester_of(request).pk)),
    ]

    assert [p.status_code for p in pages] == [404] * len(pages)
    assert len({p.content for p in pages[:2]}) == 1
    assert Request.objects.get(pk=request.pk).state == "ready"


def test_a_page_changes_nothing_when_it_is_read(desk: Client, office: Office) -> None:
    request = factories.ready(office, "couple")
    names = ["confirm", "decline", "undo"]

    assert [desk.get(url(n, request.pk)).status_code for n in names] == [405] * 3
    assert Request.objects.get(pk=request.pk).state == "ready"
    assert not Decision.objects.exists()


@pytest.mark.parametrize("path", ["/desk/nothing-here/", f"/desk/requests/{UUID(int=7)}/"])
def test_a_page_that_is_not_there_leads_the_practitioner_back_to_the_list(
    desk: Client, path: str
) -> None:
    response = desk.get(path)

    page = response.content.decode()
    assert response.status_code == 404
    assert "To what waits for you" in page
    assert f'href="{url("waiting")}"' in page
    assert "Send me my link again" not in page


def test_a_stranger_reads_the_same_under_the_desk_as_anywhere_else(client: Client) -> None:
    under_the_desk = client.get("/desk/nothing-here/")
    elsewhere = client.get("/nothing-here/")

    assert under_the_desk.status_code == 404
    assert "Send me my link again" in under_the_desk.content.decode()
    assert under_the_desk.content == elsewhere.content
