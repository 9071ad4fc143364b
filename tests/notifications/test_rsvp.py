"""Will you be there? Asked on each person's page, told to the practitioner and nobody else."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment, Participant
from booking.operations import appointments, cancellations, links
from notifications.domain.kinds import Kind
from notifications.domain.replies import Fate
from notifications.messages.unused import TO_DO, UNUSED
from notifications.models import Reply
from notifications.operations import replies
from notifications.queries import replies as said
from practice.models import Change
from tests.booking import factories
from tests.booking.factories import NOW
from tests.conftest import MailCatcher
from tests.notifications.helpers import booked, deliveries, plan_all, send_all

pytestmark = pytest.mark.django_db

PART = {"HX-Request": "true"}


@pytest.fixture
def appointment(office: factories.Office) -> Appointment:
    return booked(office, "couple", now=timezone.now())


def people(appointment: Appointment) -> list[Participant]:
    return list(
        Participant.objects.filter(attendances__appointment=appointment).order_by("position")
    )


def let_in(person: Participant) -> Client:
    """A device that came in by the newest link and its code."""
    link = factories.link_of(person)
    client = Client()
    client.post(reverse("open", args=[links.token(link.pk)]), {"code": links.code(link.pk)})
    return client


def url_of(person: Participant, appointment: Appointment) -> str:
    return reverse("messages:answer", args=[person.pk, appointment.pk])


def press(
    client: Client, person: Participant, appointment: Appointment, word: str, *, follow: bool = True
) -> str:
    """Answer as the page's button does, and read where it leads."""
    return client.post(
        url_of(person, appointment),
        {"answer": word, "starts_at": appointment.starts_at.isoformat()},
        follow=follow,
    ).content.decode()


def standing(office: factories.Office, appointment: Appointment) -> dict[str, str | None]:
    """What the practitioner sees of each person, by name."""
    roster = said.roster_of(appointment.pk, office.practitioner.pk)
    assert roster is not None
    return {
        p.attendance.participant.label: p.answer.answer if p.answer else None for p in roster.people
    }


def test_a_person_says_yes_and_only_the_practitioner_sees_it(
    office: factories.Office, appointment: Appointment
) -> None:
    alex, sam = people(appointment)
    mine, theirs = let_in(alex), let_in(sam)
    before = theirs.get(reverse("you", args=[sam.pk])).content
    changes = Change.objects.count()

    page = press(mine, alex, appointment, "yes")

    assert "Thank you, you are expected." in page
    assert standing(office, appointment) == {"Alex": "accepted", "Sam": None}
    assert "You said that you will be there." in (
        mine.get(url_of(alex, appointment), headers=PART).content.decode()
    )
    # For the other nothing is different, down to the part that htmx fetches.
    after = theirs.get(reverse("you", args=[sam.pk])).content
    assert len(after) == len(before)
    assert "Will you be there?" in theirs.get(url_of(sam, appointment)).content.decode()
    assert Change.objects.count() == changes  # and nobody is told anything


def test_a_no_leads_to_moving_and_cancelling_and_does_neither(
    office: factories.Office, appointment: Appointment
) -> None:
    alex = people(appointment)[0]
    client = let_in(alex)

    page = press(client, alex, appointment, "no")

    assert "Until you move or cancel it, the appointment stands." in page
    # Two days before it is too late to move freely, as ever; cancelling always stands there.
    assert reverse("cancel-date", args=[alex.pk, appointment.pk]) in page
    appointment.refresh_from_db()
    assert appointment.state == "booked"
    assert [r.answer for r in said.waiting(office.practitioner.pk, now=timezone.now())] == [
        "declined"
    ]


def test_a_no_calls_the_practitioner_once_and_nobody_else(
    mailcatcher: MailCatcher, office: factories.Office, appointment: Appointment
) -> None:
    send_all(timezone.now() + timedelta(hours=12))
    mailcatcher.empty()
    alex = people(appointment)[0]
    client = let_in(alex)

    for word in ("no", "yes", "no"):
        press(client, alex, appointment, word)
    plan_all(timezone.now())

    told = [d for d in deliveries(Kind.NEEDS_A_LOOK) if d.subject_id == appointment.pk]
    assert [d.practitioner_id for d in told] == [office.practitioner.pk]


def test_whoever_changes_their_mind_is_taken_at_their_last_word(
    office: factories.Office, appointment: Appointment
) -> None:
    alex = people(appointment)[0]
    client = let_in(alex)

    for word in ("yes", "no", "yes"):
        press(client, alex, appointment, word)

    assert standing(office, appointment)["Alex"] == "accepted"
    assert said.waiting(office.practitioner.pk, now=timezone.now()) == []


def test_at_another_time_everybody_is_asked_anew(
    office: factories.Office, appointment: Appointment
) -> None:
    alex = people(appointment)[0]
    client = let_in(alex)
    press(client, alex, appointment, "yes")

    appointments.reschedule(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=appointment.starts_at + timedelta(days=7),
        now=timezone.now(),
    )

    assert standing(office, appointment)["Alex"] is None
    # A press on the page of the old time says nothing about the new one.
    answer = press(client, alex, appointment, "yes")
    assert "Something has changed meanwhile" in answer
    assert standing(office, appointment)["Alex"] is None


def test_nobody_answers_for_another_or_for_what_is_over(
    office: factories.Office, appointment: Appointment
) -> None:
    alex, sam = people(appointment)
    mine = let_in(alex)
    others = booked(office, now=timezone.now())

    assert mine.get(url_of(sam, appointment)).status_code == 404
    assert mine.post(url_of(sam, appointment), {"answer": "yes"}).status_code == 404
    assert mine.get(url_of(alex, others)).status_code == 404

    cancellations.cancel(appointment_id=appointment.pk, participant_id=alex.pk, now=timezone.now())

    assert mine.get(url_of(alex, appointment)).status_code == 404
    assert not Reply.objects.exists()


def test_looking_says_nothing(office: factories.Office, appointment: Appointment) -> None:
    alex = people(appointment)[0]
    client = let_in(alex)

    for _ in range(2):
        client.get(url_of(alex, appointment))
        client.head(url_of(alex, appointment))
        client.get(url_of(alex, appointment), headers=PART)

    assert not Reply.objects.exists()


# --- The desk --------------------------------------------------------------------------------


def test_the_practitioner_sees_who_has_answered_on_the_appointment_and_the_agenda(
    desk: Client, office: factories.Office, appointment: Appointment
) -> None:
    alex = people(appointment)[0]
    press(let_in(alex), alex, appointment, "yes")

    part_of_appointment = reverse("messages:answers-of", args=[appointment.pk])
    page = desk.get(reverse("desk:appointment", args=[appointment.pk])).content.decode()
    agenda = desk.get(reverse("desk:agenda")).content.decode()
    lines = desk.get(reverse("messages:answers"), headers=PART).content.decode()

    assert f'hx-get="{part_of_appointment}"' in page
    assert f'hx-get="{reverse("messages:answers")}"' in agenda
    assert f'id="said-{appointment.pk}"' in agenda
    assert f'id="said-{appointment.pk}" hx-swap-oob="true"' in lines
    for html in (
        lines,
        desk.get(part_of_appointment, headers=PART).content.decode(),
        desk.get(part_of_appointment).content.decode(),
        desk.get(reverse("messages:answers")).content.decode(),
    ):
        assert "will be there" in html


def test_a_no_stays_until_the_practitioner_has_seen_it(
    desk: Client, office: factories.Office, appointment: Appointment
) -> None:
    alex = people(appointment)[0]
    press(let_in(alex), alex, appointment, "no")
    page = reverse("messages:answers")
    settle = reverse("messages:settle", args=[Reply.objects.get().pk])

    before = desk.get(page).content.decode()
    first = desk.post(settle, {"outcome": "seen"}, follow=True).content.decode()
    second = desk.post(settle, {"outcome": "seen"}, follow=True).content.decode()

    assert "They said that they cannot come." in before
    assert "Noted." in first
    assert "That was looked at already." in second
    assert "They said that they cannot come." not in second
    assert standing(office, appointment)["Alex"] == "declined"


def test_mail_that_came_in_and_was_not_used_is_listed_with_its_reason(desk: Client) -> None:
    page = reverse("messages:answers")
    for fate in (Fate.TAKEN, Fate.CAME_BACK):
        replies.refuse(fate=fate, now=NOW)
    calm = desk.get(page).content.decode()
    for minutes, fate in enumerate(UNUSED):
        replies.refuse(fate=fate, now=NOW + timedelta(minutes=minutes))

    html = desk.get(page).content.decode()

    assert "was not used" not in calm
    assert f"({len(UNUSED)})" in html
    places = [html.index(str(why)) for why in UNUSED.values()]
    assert places == sorted(places, reverse=True)


def test_of_many_unused_mails_the_last_are_listed_and_all_are_counted(desk: Client) -> None:
    for _mail in range(23):
        replies.refuse(fate=Fate.NO_CALENDAR, now=NOW)

    html = desk.get(reverse("messages:answers")).content.decode()

    assert html.count(str(UNUSED[Fate.NO_CALENDAR])) == 20
    assert "(23)" in html
    assert "And 3 older ones." in " ".join(html.split())


def test_every_fate_of_a_mail_is_used_or_has_a_reason() -> None:
    used = {Fate.TAKEN, Fate.UNVERIFIED, Fate.CAME_BACK}

    assert set(UNUSED) == set(TO_DO) == set(Fate) - used


def test_each_mail_that_was_not_used_says_what_there_is_to_do(desk: Client) -> None:
    for fate in TO_DO:
        replies.refuse(fate=fate, now=NOW)

    html = desk.get(reverse("messages:answers")).content.decode()

    assert html.count("There is nothing to do.") == 4
    assert html.count("ask them to give it on their page") == 4
    assert html.count("Letters are not read here.") == 1
    assert html.count("They can still answer about the time as it is now.") == 1


@pytest.mark.parametrize(
    ("answer", "is_verified", "way_on"),
    [
        ("declined", True, ("desk:appointment", "Move or cancel the appointment")),
        ("declined", False, ("desk:appointment", "if you are not sure, ask them")),
        ("counter", True, ("desk:move", "Move the appointment")),
        ("accepted", False, ("desk:appointment", "How to reach them")),
    ],
)
def test_each_answer_that_needs_a_look_leads_to_what_there_is_to_do(
    desk: Client,
    appointment: Appointment,
    answer: str,
    is_verified: bool,
    way_on: tuple[str, str],
) -> None:
    attendance = appointment.attendances.order_by("participant__position")[0]
    now = timezone.now()
    Reply.objects.create(
        attendance=attendance,
        answer=answer,
        way=Reply.Way.MAIL,
        about_start=appointment.starts_at,
        received_at=now,
        said_at=now,
        is_verified=is_verified,
    )

    html = desk.get(reverse("messages:answers")).content.decode()
    of_it = html.partition('class="card card-highlight"')[2].partition("</article>")[0]

    leads_to, words = way_on
    where = reverse(leads_to, args=[appointment.pk])
    assert f'href="{where}"' in of_it
    assert words in of_it
    assert desk.get(where).status_code == 200


def test_with_names_hidden_the_answers_name_nobody(
    desk: Client, office: factories.Office, appointment: Appointment
) -> None:
    alex = people(appointment)[0]
    press(let_in(alex), alex, appointment, "no")
    session = desk.session
    session["hides_names"] = True
    session.save()

    for url, headers in (
        (reverse("messages:answers"), {}),
        (reverse("messages:answers"), PART),
        (reverse("messages:answers-of", args=[appointment.pk]), PART),
    ):
        html = desk.get(url, headers=headers).content.decode()
        assert "cannot come" in html
        assert "Alex" not in html


def test_another_practitioner_finds_nothing(
    office: factories.Office, appointment: Appointment
) -> None:
    alex = people(appointment)[0]
    press(let_in(alex), alex, appointment, "no")
    other = factories.make_practitioner(slug="robin")
    client = Client()
    assert other.user is not None
    client.force_login(other.user)

    settled = client.post(
        reverse("messages:settle", args=[Reply.objects.get().pk]), {"outcome": "seen"}
    )

    assert settled.status_code == 404
    assert client.get(reverse("messages:answers-of", args=[appointment.pk])).status_code == 404
    assert "Alex" not in client.get(reverse("messages:answers")).content.decode()
    assert Reply.objects.get().settled_at is None
