"""Nobody can tell from outside that a request is held: `domain.md` 6, to the byte.

Two people walk the whole road twice, at the same times: once with answers that hold the request
until the practitioner has talked to somebody, once without. All that either of them ever gets is
the same, but for ids, codes, and the tokens of links and forms.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from booking.domain.asking import Requester
from booking.domain.refusals import GateClosed
from booking.models import Appointment
from booking.operations import decisions, links
from intake.domain.definitions import Value
from intake.models import Review
from intake.operations import reading, safety, settings
from intake.queries.standings import standing
from notifications.models import Delivery
from notifications.operations.sweep import sweep
from tests.booking.factories import (
    NOW,
    let_decision_leave,
    link_of,
    make_office,
    open_starts,
    partner,
    people_of,
    verified,
)
from tests.conftest import MailCatcher
from tests.intake.people import ALERTS, CONTACT, HOPES, MORE, QUIET, YOU, flagged, typed
from tests.intake.standing_clock import Clock, standing_clock

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESSES = {"Alex": "alex@example.test", "Sam": "sam@example.test"}
SUICIDALITY: Mapping[str, Value] = {f"sf_a{n}": "no" for n in range(1, 5)}
CALM: Mapping[str, Value] = {**QUIET, **SUICIDALITY, "sf_own": "no", "sf_phrase": "blue"}
NOTHING: Mapping[str, Mapping[str, Value]] = {}
#: What holds the request, by who says so, beside calm answers.
HURT: Mapping[str, Mapping[str, Value]] = {
    "Sam": {"sf_h1": "yes", "sf_h4": "prefer_not", "sf_attending": "yes", "sf_speak": "no"}
}
IN_DANGER: Mapping[str, Mapping[str, Value]] = {
    "Alex": {"sf_a1": "yes", "sf_a5": "no"},
    "Sam": {"sf_choice": "unsure"},
}

PAGES = (
    "you",
    "you-answers-seen",
    "you-others",
    "you-copy",
    "you-support",
    "you-readers",
    "you-signed",
    "ask-move",
    "cancel-appointment",
    "withdraw",
)

#: What is random in an answer. Each pattern is that of one thing, as long as it always is.
RANDOM = (
    re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"),  # an id
    re.compile(r"\b[0-9a-f]{32}\b"),  # an id without its dashes, as in a Message-ID
    re.compile(r"(?<=/open/)[A-Za-z0-9_-]{40,100}(?=/)"),  # the token of a link
    re.compile(r"(?<!\d )\b\d{3} \d{3}\b"),  # the code of a mail
    re.compile(r'(?<=name="csrfmiddlewaretoken" value=")[A-Za-z0-9]{64}(?=")'),
    re.compile(r'(?<=nonce=")[A-Za-z0-9_-]{20,30}(?=")'),
    re.compile(r"(?<==)={15}\d{15,20}=="),  # what parts a message
)


def without_random(text: str) -> str:
    """The text with everything random in it replaced by one sign."""
    for pattern in RANDOM:
        text = pattern.sub("~", text)
    return text


@dataclass
class Seen:
    """Everything that the two of them ever got, in order, with the time by the clock."""

    pages: list[tuple[str, str, int, str]] = field(default_factory=list)
    mails: list[tuple[str, str, str, str]] = field(default_factory=list)
    times: list[tuple[str, str, str, str]] = field(default_factory=list)
    #: Why the practitioner was refused at first.
    refused: list[str] = field(default_factory=list)


class Walk:
    """The road of two people, with a practitioner who does the same at the same times."""

    def __init__(
        self,
        clock: Clock,
        mail: MailCatcher,
        *,
        answers: Mapping[str, Mapping[str, Value]] = NOTHING,
        office_name: str = "Office",
    ) -> None:
        cache.clear()  # what was counted for the rate of mails
        mail.empty()
        self.seen = Seen()
        self._clock, self._mail = clock, mail
        self._answers = answers
        self.now = clock.set(NOW)
        self.office = make_office()
        self.office.practice.office_name = office_name
        self.office.practice.save()
        changes = settings.Changes(modules=("asq", "hark", "phq2"), **ALERTS)
        own = self.office.practitioner.pk
        settings.change_settings(practitioner_id=own, changes=changes, now=self.now)
        self.request = verified(
            self.office,
            "couple",
            now=self.now,
            times=open_starts(self.office, self.office.service("couple"), now=self.now)[-1:],
            requester=Requester(name="Alex", email=ADDRESSES["Alex"]),
            others=[partner("Sam", email=ADDRESSES["Sam"])],
        )
        self.people = {p.label: p for p in people_of(self.request)}
        self.devices = {name: Client() for name in self.people}

    def later(self, **by: float) -> None:
        """Time goes on, and what is due is sent."""
        self.at(self.now + timedelta(**by))

    def at(self, moment: datetime) -> None:
        self.now = self._clock.set(moment)
        sweep(worker="walk", now=self.now)

    def comes_in(self, name: str) -> None:
        link = link_of(self.people[name])
        self._post(name, reverse("open", args=[links.token(link.id)]), code=links.code(link.id))

    def joins(self, name: str) -> None:
        [time] = Appointment.objects.filter(state="held")
        address = reverse("join", args=[self.people[name].pk])
        self._post(name, address, **{f"time-{time.pk}": "yes"})

    def cancels(self, name: str, appointment: Appointment) -> None:
        address = reverse("cancel-appointment", args=[self.people[name].pk])
        self._post(name, address, appointment=str(appointment.pk))

    def looks(self, name: str, *, only: Sequence[str] = PAGES) -> None:
        """The pages of theirs that there are to look at, and how the API says it stands."""
        person = self.people[name]
        for page in only:
            self._get(name, reverse(page, args=[person.pk]))
        link = link_of(person)
        known = f"Link {links.token(link.id)} {links.code(link.id)}"
        address = reverse("api-request", args=[self.request.pk])
        answer = Client().get(address, headers={"authorization": known})
        self._note(name, "api", answer)

    def fills(self, name: str) -> None:
        """Every section over the pages; the last one as this walk has it."""
        person = self.people[name]
        ticks: dict[str, str] = {
            d.consent.key: "on" for d in standing(person.pk).documents if d.consent.required
        }
        given: Mapping[str, Mapping[str, object]] = {
            "you": typed({**YOU, "id_chosen": name}),
            "contact": typed(CONTACT),
            "agreements": {**ticks, "cn_record": "no", "cn_sign": f"{name} Legal"},
            "hopes": typed(HOPES),
            "more": typed(MORE["couple"]),
            "weeks": {"ph_1": "1", "ph_2": "0"},
            "quiet": typed({**CALM, **self._answers.get(name, {})}),
        }
        for section in standing(person.pk).form.sections:
            here = reverse("you-section", args=[person.pk, section.slug])
            page = self._get(name, here)
            hidden = re.findall(r'name="([^"]+-(?:seen|shown))"[^>]*value="([^"]*)"', page)
            led = self._post(name, here, then="on", **dict(hidden), **given[section.slug])
            self._get(name, led)
        self._get(name, reverse("you-section", args=[person.pk, "quiet"]))
        self._post(name, reverse("you-answers-seen", args=[person.pk]))

    def practitioner_confirms(self) -> None:
        """Reads what there is, is refused where there is a review, closes it, and confirms."""
        own = self.office.practitioner.pk
        for person in self.people.values():
            reading.open_flags(practitioner_id=own, participant_id=person.pk, now=self.now)
        try:
            decisions.confirm(request_id=self.request.pk, practitioner_id=own, now=self.now)
        except GateClosed as refusal:
            self.seen.refused = [str(reason) for reason in refusal.reasons]
            safety.close(
                review_id=Review.objects.get().pk,
                practitioner_id=own,
                contacted=flagged(self.request),
                decision="proceed",
                supervised=True,
                now=self.now,
            )
            decisions.confirm(request_id=self.request.pk, practitioner_id=own, now=self.now)

    def practitioner_opens_the_list(self) -> None:
        """The alert of a held request is seen; nobody else can tell."""
        client = Client()
        assert self.office.practitioner.user is not None
        client.force_login(self.office.practitioner.user)
        assert client.get(reverse("desk-attention")).status_code == 200

    def ends(self) -> Seen:
        """What the participants were sent, and when it was due and went."""
        people = [p.pk for p in self.people.values()]
        self.seen.times = [
            (_name(d), d.kind, str(d.due_at), f"{d.state} {_minute(d.settled_at)}")
            for d in Delivery.objects.filter(participant__in=people)
            .select_related("participant")
            .order_by("due_at", "kind", "participant__label")
        ]
        self.seen.mails = sorted(
            (str(m["To"]), str(m["Date"]), str(m["Subject"]), without_random(_as_read(m)))
            for m in self._mail.messages
            if str(m["To"]) in ADDRESSES.values()
        )
        return self.seen

    def _get(self, name: str, address: str) -> str:
        answer = self.devices[name].get(address)
        self._note(name, address, answer)
        return answer.content.decode()

    def _post(self, name: str, address: str, **fields: object) -> str:
        answer = self.devices[name].post(address, fields)
        self._note(name, address, answer)
        assert answer.status_code in (302, 303), (address, answer.content.decode())
        return str(answer.headers["Location"])

    def _note(self, name: str, address: str, answer: Any) -> None:
        whole = f"{answer.headers}\n\n{answer.content.decode()}"
        self.seen.pages.append(
            (name, without_random(address), answer.status_code, without_random(whole))
        )


def _as_read(message: EmailMessage) -> str:
    """Every header and every part, decoded: a long token may be broken at any place in transfer."""
    parts = []
    for part in message.walk():
        content = b"" if part.is_multipart() else part.get_payload(decode=True)
        assert isinstance(content, bytes)
        headers = "\n".join(f"{name}: {value}" for name, value in part.items())
        # A calendar's long lines are folded, tokens and all.
        unfolded = content.decode().replace("\r\n ", "")
        parts.append(f"{headers}\n\n{unfolded}")
    return "\n".join(parts)


def _name(delivery: Delivery) -> str:
    return delivery.participant.label if delivery.participant else ""


def _minute(moment: datetime | None) -> str:
    """Sending takes some of the clock's time; the clock is only ever set to whole minutes."""
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def started(clock: Clock, mail: MailCatcher, **changes: Any) -> Walk:
    """From the request to two people who have finished."""
    delay: timedelta = changes.pop("delay", timedelta(0))
    walk = Walk(clock, mail, **changes)
    walk.later(minutes=2)
    for name in walk.people:
        walk.comes_in(name)
        if name == "Sam":
            walk.joins(name)
        walk.later(minutes=20)
        walk.looks(name)
        walk.fills(name)
        walk.at(walk.now + timedelta(minutes=5) + delay)
    for name in walk.people:
        walk.looks(name)
    return walk


def walked(clock: Clock, mail: MailCatcher, **changes: Any) -> Seen:
    """From the request to the appointment that is cancelled."""
    walk = started(clock, mail, **changes)
    walk.practitioner_opens_the_list()
    walk.later(hours=4, minutes=1)  # an alert is repeated by then
    walk.practitioner_confirms()
    for name in walk.people:
        walk.looks(name)
    let_decision_leave(walk.request)
    walk.later(hours=24)
    for name in walk.people:
        walk.comes_in(name)
        walk.looks(name)
    appointment = Appointment.objects.get(state="booked")
    for hours in (72, 24, 2):
        walk.at(appointment.starts_at - timedelta(hours=hours))
        for name in walk.people:
            walk.comes_in(name)
            walk.looks(name, only=("you",))
    walk.cancels("Sam", appointment)
    walk.later(minutes=10)
    for name in walk.people:
        walk.looks(name)
    return walk.ends()


@pytest.fixture
def clock() -> Iterator[Clock]:
    with standing_clock(NOW) as clock:
        yield clock


@pytest.mark.parametrize("answers", [HURT, IN_DANGER], ids=["hurt", "in danger"])
def test_a_held_request_is_the_same_for_both_to_the_byte(
    clock: Clock, mailcatcher: MailCatcher, answers: Mapping[str, Mapping[str, Value]]
) -> None:
    held = walked(clock, mailcatcher, answers=answers)
    call_command("flush", interactive=False, verbosity=0)
    calm = walked(clock, mailcatcher)

    assert held.refused == ["review_open"]
    assert calm.refused == []
    for page, same in zip(held.pages, calm.pages, strict=True):
        assert page == same
    assert held.times == calm.times
    for mail, twin in zip(held.mails, calm.mails, strict=True):
        assert mail == twin
    assert {200, 302, 303} <= {status for *_, status, _body in calm.pages}
    assert len(calm.mails) > 10


@pytest.mark.parametrize(
    "change",
    [{"office_name": "Bureau"}, {"delay": timedelta(minutes=1)}],
    ids=["one word", "one minute"],
)
def test_the_comparison_sees_one_word_and_one_minute(
    clock: Clock, mailcatcher: MailCatcher, change: Mapping[str, Any]
) -> None:
    first = started(clock, mailcatcher).ends()
    call_command("flush", interactive=False, verbosity=0)
    same = started(clock, mailcatcher).ends()
    call_command("flush", interactive=False, verbosity=0)
    other = started(clock, mailcatcher, **change).ends()

    assert first == same
    if "delay" in change:
        assert first.times != other.times
    assert first.mails != other.mails


@pytest.mark.parametrize(
    "text",
    [
        "Everybody reads these words, held or not: 42 of 1 234 000, at 15:02 on 12 October 2026.",
        "Call 988 or 911, or 0808 2000 247; text START to 88788. Deadline 2026-10-12.",
        '<a href="/you/leave/" class="button-secondary">abcdefghijklmnopqrstuvwxyz0123456789</a>',
        "/open/again/ and /open/done/ are pages, and nonce and csrfmiddlewaretoken are words",
    ],
)
def test_what_is_taken_for_random_hides_no_words(text: str) -> None:
    assert without_random(text) == text


def test_what_is_random_is_taken_out_and_nothing_beside_it() -> None:
    token = links.token(UUID(int=1))
    text = f"before /open/{token}/ and 123 456, of 0b5e8a9c-1111-4222-8333-123456789abc: after"

    assert without_random(text) == "before /open/~/ and ~, of ~: after"
