"""The whole road: from the article to the reminder, as the people who walk it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from booking.models import Appointment, Decision
from practice.models import Practitioner
from practice.queries import database_now
from tests.browser.people import Client, Desk, Mailbox, by_day, link_and_code, presses

IRA, JO, VAL = "ira@example.test", "jo@example.test", "val@example.test"

pytestmark = pytest.mark.usefixtures("practitioner", "worker")


def test_four_people_walk_from_an_article_to_a_cancelled_appointment(  # noqa: PLR0915  one long road
    arrive: Callable[..., Client],
    demo_desk: Desk,
    mailbox: Mailbox,
    sweep: Callable[..., None],
    practitioner: Practitioner,
) -> None:
    # Ira reads, and asks for a session with Jo (by mail), Val (by a link handed over) and,
    # only mentioned, Max.
    ira = arrive("Ira", IRA)
    ira.reads_article_and_asks("agreements-that-breathe")
    ira.sees("Agreements that breathe")
    ira.chooses("non-monogamous", "Session for two or three")
    ira.takes_a_time()
    ira.says_who_they_are()
    while ira.page.locator("fieldset.person").count() < 3:
        ira.press("Add a person")
    ira.names(0, "Jo", email=JO)
    ira.names(1, "Val")
    ira.names(2, "Max", attends="no")
    ira.sends()
    sweep()
    ira.enters_code_here()
    sweep()

    # Each comes in by their own way.
    handed_over = ira.page.locator("main").get_by_text("/open/").first.inner_text()
    jo = arrive("Jo", JO)
    jo.follows_mail("You have an invitation")
    jo.joins()
    val = arrive("Val", VAL)
    val.claims("/open/" + handed_over.split("/open/")[1])
    sweep()
    val.follows_mail("Your code")
    val.joins()

    # Each answers for themselves.
    for person in (ira, jo, val):
        person.page.reload()
        person.fills_everything(secret=f"Only {person.name} knows this.")
    for reader, others in ((ira, ("Jo", "Val")), (jo, ("Ira", "Val")), (val, ("Ira", "Jo"))):
        reader.page.goto(reader.page.url)
        text = reader.page.content()
        assert [n for n in others if f"Only {n} knows this." in text] == []

    # The practitioner confirms; it leaves with the batch.
    sweep()
    demo_desk.opens_request("Ira")
    demo_desk.press("Confirm")
    demo_desk.sees("with the batch")
    [due_at] = Decision.objects.values_list("due_at", flat=True)
    assert "Your appointment" not in mailbox.subjects(JO)
    sweep(at=by_day(due_at))

    booked = {a: mailbox.invite(a, "Your appointment") for a in (IRA, JO, VAL)}
    assert {i.method for i in booked.values()} == {"REQUEST"}
    assert {i.method_in_header for i in booked.values()} == {"REQUEST"}
    assert [i.attendees for i in booked.values()] == [[f"mailto:{a}"] for a in (IRA, JO, VAL)]
    assert len({i.uid for i in booked.values()}) == 3

    # Jo asks for another time; the old one stays until the others agree.
    appointment = Appointment.objects.get(state="booked")
    jo.follows_mail("Your appointment")
    jo.press("Find another time")
    jo.page.locator("input[name=times]").nth(1).check()
    jo.press("Ask for these times")
    sweep()
    for person in (ira, val):
        person.follows_mail("A change to your appointment")
        person.page.get_by_label("I can", exact=True).first.check()
        person.press("Send my answer")
        sweep()
    before = appointment.starts_at
    appointment.refresh_from_db()
    assert appointment.starts_at != before

    moved = {a: mailbox.invite(a, "New time") for a in (IRA, JO, VAL)}
    assert {a: i.uid for a, i in moved.items()} == {a: i.uid for a, i in booked.items()}
    assert all(moved[a].sequence > booked[a].sequence for a in moved)
    assert {i.starts_at for i in moved.values()} == {appointment.starts_at}

    # A day before, everybody is reminded.
    sweep(at=appointment.starts_at - timedelta(hours=23))
    reminders = [s for s in mailbox.subjects(VAL) if s.startswith("Appointment ")]
    assert reminders[-1:] == ["Appointment tomorrow"]

    # Val cannot come and leaves; then Jo cancels for the two that are left.
    val.follows_mail("Appointment tomorrow")
    val.press("I can't come")
    val.press("I can't come")
    sweep()
    assert mailbox.invite(VAL, "Cancelled").method == "CANCEL"
    jo.follows_mail("New time")
    jo.press("I can't come")
    jo.press("I can't come")
    sweep()
    for address, subject in ((JO, "Cancelled"), (IRA, "Appointment cancelled")):
        cancelled = mailbox.invite(address, subject)
        assert cancelled.method == "CANCEL"
        assert cancelled.uid == moved[address].uid
        assert cancelled.sequence > moved[address].sequence
    appointment.refresh_from_db()
    assert appointment.state == "cancelled"
    assert database_now() < appointment.starts_at


@pytest.mark.parametrize(
    ("asked", "with_script"),
    [
        pytest.param(("Just me", "Session for one"), True, id="one"),
        pytest.param(("Just me", "Session for one"), False, id="one, without JavaScript"),
        pytest.param(("Two of us", "Session for two"), True, id="two"),
        pytest.param(("Two of us", "Session for two"), False, id="two, without JavaScript"),
        pytest.param(("A group", "Call before joining a group"), False, id="a group's call"),
    ],
)
def test_a_client_asks_answers_moves_and_cancels(
    arrive: Callable[..., Client],
    demo_desk: Desk,
    mailbox: Mailbox,
    sweep: Callable[..., None],
    asked: tuple[str, str],
    *,
    with_script: bool,
) -> None:
    who, service = asked
    is_joint = who == "Two of us"
    sam = arrive("Sam", "sam@example.test", java_script_enabled=with_script)
    sam.reads_article_and_asks("wanting-at-different-speeds")
    sam.chooses(who, service)
    sam.takes_a_time()
    sam.says_who_they_are()
    if is_joint:
        sam.names(0, "Kim", email="kim@example.test")
    sam.sends()
    sweep()
    sam.follows_mail("Your code")
    sam.fills_everything()
    if is_joint:
        sweep()
        kim = arrive("Kim", "kim@example.test", java_script_enabled=with_script)
        kim.follows_mail("You have an invitation")
        kim.joins()
        kim.fills_everything()
    demo_desk.opens_request("Sam")
    demo_desk.press("Confirm")
    due_at = Decision.objects.values_list("due_at", flat=True).first()
    sweep(at=by_day(due_at)) if due_at else sweep()

    booked = mailbox.invite(sam.address, "Your appointment")
    assert (booked.method, booked.attendees) == ("REQUEST", ["mailto:sam@example.test"])
    sam.follows_mail("Your appointment")
    if not is_joint:
        sam.press("Find another time")
        sam.page.locator("input[name=times]").nth(1).check()
        sam.press("Move it there")
        sweep()
        moved = mailbox.invite(sam.address, "New time")
        assert (moved.uid, moved.sequence > booked.sequence) == (booked.uid, True)
    sam.follows_mail("Your appointment")
    sam.press("Cancel the appointment")
    sam.press("Cancel the appointment")
    sweep()
    assert mailbox.invite(sam.address, "Cancelled").method == "CANCEL"
    assert Appointment.objects.get(state="cancelled").starts_at > database_now()


def test_a_link_scanner_changes_nothing(
    arrive: Callable[..., Client], mailbox: Mailbox, sweep: Callable[..., None]
) -> None:
    sam = arrive("Sam", "sam@example.test")
    sam.page.goto("/request/")
    sam.chooses("Just me", "Session for one")
    sam.takes_a_time()
    sam.says_who_they_are()
    sam.sends()
    sweep()
    path, _ = link_and_code(mailbox.newest(sam.address, "Your code"))

    scanner = arrive("Scanner")
    for _ in range(3):
        scanner.page.goto(path)
    presses(scanner.page.locator("main form button[type=submit]").first)

    sam.enters_code_here()
    sam.sees("Hello Sam")
