"""What people do with the product, in the words of the pages: nothing here knows the code."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any, Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from icalendar import Calendar
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

#: What somebody types into a field, by the end of its name; else a harmless sentence.
_WORDS: Mapping[str, str] = {
    "em_name": "Alexandra Novak",
    "em_rel": "My sister",
    "em_phone": "+1 555 0142",
    "id_pronouns": "they",
    "cp_since": "2019",
}
_GO_ON = re.compile("^(Save and continue|Sign and continue)$")
_LEFT_EMPTY = ("ct_phone", "ct_cal_title", "ct_safe_times", "own", "em_scope")
_CHOSEN: Mapping[str, str] = {
    "id_18": "adult",
    "ct_shared": "no",
    "ct_sender": "office",
    "ct_cal": "event",
    "ct_channels": "email",
    "id_tz": "America/New_York",
    # Nothing that would hold the request: who wants that answers it in a test of its own.
    **{f"sf_h{n}": "no" for n in range(1, 5)},
    "hi_substances": "no",
}


def where_it_is_day(at: datetime | None = None) -> str:
    """A zone without quiet hours now: at night a message about somebody else's act would wait."""
    zones = ("Europe/London", "America/Chicago", "Pacific/Auckland", "Asia/Kolkata")
    now = at or datetime.now(UTC)
    return next(z for z in zones if 9 <= now.astimezone(ZoneInfo(z)).hour < 19)


def by_day(at: datetime) -> datetime:
    """`at`, or the next full hour after it at which it is day for whoever asks now.

    What the practitioner decides at night leaves in their morning, and may meet the client's night.
    """
    here = ZoneInfo(where_it_is_day())
    while not 9 <= at.astimezone(here).hour < 19:
        at = at.replace(minute=0) + timedelta(hours=1)
    return at


class Catcher(Protocol):
    """The SMTP server of the tests."""

    @property
    def messages(self) -> list[EmailMessage]: ...

    def wait_for(self, wanted: Callable[[EmailMessage], bool]) -> EmailMessage: ...


class Mailbox:
    """Mail that really arrived by SMTP."""

    def __init__(self, catcher: Catcher) -> None:
        self._catcher = catcher

    def newest(self, address: str, subject: str = "") -> EmailMessage:
        """The last message to an address, with that subject if one is given."""
        self._catcher.wait_for(lambda m: _is_for(m, address, subject))
        return [m for m in self._catcher.messages if _is_for(m, address, subject)][-1]

    def subjects(self, address: str) -> list[str]:
        """The subjects of everything an address got, in order."""
        return [str(m["Subject"]) for m in self._catcher.messages if address in str(m["To"])]

    def invite(self, address: str, subject: str) -> "Invite":
        """The calendar file inside the last such message."""
        return Invite.of(self.newest(address, subject))


def _is_for(message: EmailMessage, address: str, subject: str) -> bool:
    return address in str(message["To"]) and subject in str(message["Subject"])


def link_and_code(message: EmailMessage) -> tuple[str, str]:
    """The path of the private link in a message, and its six digits."""
    body = message.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    link = re.search(r"https?://\S+/open/\S+", text)
    digits = re.search(r"\b(\d{3}) ?(\d{3})\b", text)
    assert link, text
    assert digits, text
    return urlsplit(link[0]).path, digits[1] + digits[2]


@dataclass(frozen=True)
class Invite:
    """A calendar file as a calendar program reads it."""

    method: str
    method_in_header: str
    uid: str
    sequence: int
    starts_at: datetime
    attendees: Sequence[str]
    summary: str
    status: str

    @classmethod
    def of(cls, message: EmailMessage) -> "Invite":
        part = next(p for p in message.walk() if p.get_content_type() == "text/calendar")
        content: Any = part.get_payload(decode=True)
        calendar: Any = Calendar.from_ical(content)
        [event] = calendar.walk("VEVENT")
        attendees = event.get("ATTENDEE", [])
        return cls(
            method=str(calendar["METHOD"]),
            method_in_header=str(part["Content-Type"].params["method"]),
            uid=str(event["UID"]),
            sequence=int(event["SEQUENCE"]),
            starts_at=event["DTSTART"].dt,
            attendees=[str(a) for a in (attendees if isinstance(attendees, list) else [attendees])],
            summary=str(event["SUMMARY"]),
            status=str(event["STATUS"]),
        )


#: What a page shows while something is under way: a form that has been sent (by a press, or by the
#: script that guesses the reader's time zone), and what htmx is about to put in.
_UNDER_WAY = "form[aria-busy=true], .htmx-request, .htmx-swapping, .htmx-settling"


def settled(page: Page) -> None:
    """Wait until the page is there and nothing that it began by itself is under way.

    The first page with times sends its own form, to show them in the reader's zone: between the two
    there is nothing to look at.
    """
    page.wait_for_load_state("load")
    expect(page.locator(_UNDER_WAY)).to_have_count(0)
    page.wait_for_load_state("load")


def presses(button: Locator) -> None:
    """Press what leads to another page, and wait for that page: a click alone returns before."""
    with button.page.expect_navigation():
        button.click()
    settled(button.page)


class _Person:
    """Somebody with a browser of their own."""

    def __init__(self, browser: Browser, url: str, **context: Any) -> None:
        self._context = browser.new_context(
            base_url=url, locale="en-GB", reduced_motion="reduce", **context
        )
        self.page: Page = self._context.new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        # A page that is not there is said by its status; everything else is a mistake of ours.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.problems.append(message.text)

    def leave(self) -> None:
        """Close the browser; whatever a page complained about fails the test."""
        self._context.close()
        assert not self.problems, self.problems

    def press(self, name: str) -> None:
        """Press the button or follow the link of that name."""
        button = self.page.get_by_role("button", name=name, exact=True)
        link = self.page.get_by_role("link", name=name, exact=True)
        presses(button.or_(link).first)

    def sees(self, text: str) -> None:
        """The page says so."""
        expect(self.page.locator("main").get_by_text(text).first).to_be_visible()


class Client(_Person):
    """A client, on a phone."""

    def __init__(
        self,
        browser: Browser,
        url: str,
        mailbox: Mailbox,
        *,
        name: str,
        address: str,
        **context: Any,
    ) -> None:
        phone = {"viewport": {"width": 390, "height": 844}, "timezone_id": where_it_is_day()}
        super().__init__(browser, url, **{**phone, **context})
        self.has_script = context.get("java_script_enabled", True)
        self.name = name
        self.address = address
        self._mailbox = mailbox

    def reads_article_and_asks(self, slug: str) -> None:
        self.page.goto(f"/articles/{slug}/")
        presses(
            self.page.get_by_role("link", name=re.compile("request a session", re.IGNORECASE)).last
        )

    def chooses(self, who: str, service: str, how: str = "Video call") -> None:
        """Who it is for, which session, and the first time shown in the second week."""
        self.page.get_by_label(who, exact=False).first.check()
        self.press("Continue")
        card = self.page.locator("fieldset.card", has_text=service).first
        presses(card.get_by_role("button", name=how))

    def takes_a_time(self, *, week: int = 1, nth: int = 0) -> None:
        if not self.has_script:
            # Nothing guesses their zone, and in the practice's own it may be night.
            self.page.get_by_text("Another time zone").first.click()
            self.page.get_by_label("Your time zone").select_option(where_it_is_day())
            self.press("Show these times")
        first = self.page.locator("button[name=start]").first
        for _ in range(week):
            shown = first.get_attribute("value") or ""
            self.page.get_by_role(
                "link", name=re.compile("Later|Next", re.IGNORECASE)
            ).first.click()
            # With a script only the week is swapped, and no navigation tells when.
            expect(first).not_to_have_attribute("value", shown)
            settled(self.page)
        presses(self.page.locator("button[name=start]").nth(nth))
        self.press("Continue")

    def says_who_they_are(self, *, place: str = "New York, United States") -> None:
        form = self.page.locator("main form").first
        form.locator("[name=name]").fill(self.name)
        form.locator("[name=email]").fill(self.address)
        form.locator("[name=location]").select_option(label=place)
        form.locator("[name=words]").fill("I read your article on the train and missed my stop.")

    def names(self, nth: int, label: str, *, attends: str = "yes", email: str = "") -> None:
        """One of the others: by e-mail if there is an address, else by a link to hand over."""
        person = self.page.locator("fieldset.person").nth(nth)
        person.locator("[name$=label]").fill(label)
        if person.locator(f"[name$=attends][value={attends}]").count():
            person.locator(f"[name$=attends][value={attends}]").check()
        if attends == "no":
            return
        person.locator("[name$=agreed][value=yes]").check()
        person.locator(f"[name$=route][value={'email' if email else 'link'}]").check()
        if email:
            person.locator("[name$=email]:not([type=radio])").fill(email)

    def sends(self) -> None:
        self.page.locator("[name=adult][value=yes]").check()
        self.page.locator("[name=not_emergency]").check()
        presses(self.page.get_by_role("button", name="Send my request").last)

    def enters_code_here(self) -> None:
        """On the page that waits for it, after asking."""
        _, code = link_and_code(self._mailbox.newest(self.address, "Your code"))
        self.page.locator("[name=code]").fill(code)
        self.press("Continue")

    def follows_mail(self, subject: str = "") -> None:
        """Open the link of the last such message and type its code."""
        path, code = link_and_code(self._mailbox.newest(self.address, subject))
        self.page.goto(path)
        if self.page.locator("[name=code]").count():
            self.page.locator("[name=code]").fill(code)
            self.press("Open my page")

    def claims(self, path: str) -> None:
        """Follow a link that somebody handed over, and give one's own address."""
        self.page.goto(path)
        self.page.locator("[name=email]").fill(self.address)
        self.press("Send me the way in")

    def joins(self) -> None:
        for answer in self.page.locator("[name^=time-][value=yes]").all():
            answer.check()
        self.press("Yes, I will take part")

    def fills_everything(
        self, *, secret: str = "", at_each: Callable[[Page], None] = lambda _page: None
    ) -> None:
        """Every section to the end; `secret` is written into each long answer.

        `at_each` page is called once it is filled in, and for those between the sections.
        """
        go_on = self.page.get_by_role("link", name="Continue", exact=True)
        presses(go_on)
        while "/part/" in self.page.url or "/support/" in self.page.url:
            before = self.page.url
            if "/support/" in before:
                at_each(self.page)
                presses(go_on)
                continue
            self._fill_section(secret)
            self._fill_section(secret)  # what the first answers brought up
            at_each(self.page)
            presses(self.page.get_by_role("button", name=_GO_ON).first)
            problems = self.page.locator(".error-summary").all_inner_texts()
            assert self.page.url != before, (before, problems)
        at_each(self.page)
        self.press("I have finished my part")

    def fills_everything_by_keyboard(self) -> None:
        """The same with Tab, Space, the arrows and Enter alone, as somebody without a mouse."""
        self._tabs_to("Continue")
        while "/seen/" not in self.page.url:
            self._tabs_to("Continue" if "/support/" in self.page.url else _GO_ON)
        self._tabs_to("I have finished my part")

    def _tabs_to(self, name: str | re.Pattern[str]) -> None:
        """Go from field to field, filling them in, up to that button or link; press it."""
        before = self.page.url
        filled: set[str] = set()
        for _ in range(200):
            self.page.keyboard.press("Tab")
            at: dict[str, Any] = self.page.evaluate(_FOCUSED)
            said = str(at["text"])
            if name.match(said) if isinstance(name, re.Pattern) else said == name:
                with self.page.expect_navigation():
                    self.page.keyboard.press("Enter")
                assert self.page.url != before, self.page.locator(
                    ".error-summary"
                ).all_inner_texts()
                return
            field = f"{at['name']}"
            if field and field not in filled:
                filled.add(field)
                self._types(at)
        raise AssertionError(f"Tab never came to {name} on {before}")

    def _types(self, at: Mapping[str, Any]) -> None:
        """Answer the field that has the focus."""
        keyboard, field = self.page.keyboard, str(at["name"])
        if at["type"] == "radio":
            wanted = _by_end(_CHOSEN, field)
            keyboard.press("Space")
            for _ in range(30):
                if not wanted or self.page.evaluate(_FOCUSED)["value"] == wanted:
                    break
                keyboard.press("ArrowDown")
        elif at["type"] == "checkbox" and not at["any"]:
            keyboard.press("Space")
        elif at["type"] in ("text", "tel", "textarea") and not (
            at["value"] or field.endswith(_LEFT_EMPTY)
        ):
            keyboard.type(_by_end(_WORDS, field) or self.name)

    def _fill_section(self, secret: str) -> None:
        form = self.page.locator("main form").first
        for group in _groups(form, "radio"):
            options = form.locator(f'input[type=radio][name="{group}"]')
            if form.locator(f'input[name="{group}"]:checked').count() or not _is_seen(
                options.first
            ):
                continue
            wanted = _by_end(_CHOSEN, group)
            chosen = (
                form.locator(f'input[name="{group}"][value="{wanted}"]')
                if wanted
                else options.first
            )
            chosen.check()
        for group in _groups(form, "checkbox"):
            boxes = form.locator(f'input[type=checkbox][name="{group}"]')
            if not form.locator(f'input[name="{group}"]:checked').count() and _is_seen(boxes.first):
                boxes.first.check()
        for field in form.locator("input[type=text], input[type=tel], textarea").all():
            name = field.get_attribute("name") or ""
            if not field.is_visible() or field.input_value() or name.endswith(_LEFT_EMPTY):
                continue
            is_long = field.evaluate("e => e.tagName") == "TEXTAREA"
            words = _by_end(_WORDS, name) or (secret if secret and is_long else self.name)
            field.fill(words)


#: What has the focus, as somebody who cannot point at it would be told. `any`: of a group of boxes,
#: whether one is ticked.
_FOCUSED = """() => {
    const e = document.activeElement;
    const same = e.name ? [...document.getElementsByName(e.name)] : [];
    return {
        type: e.type || "", name: e.name || "", value: e.value || "",
        text: (e.textContent || "").trim(), any: same.some(one => one.checked),
    };
}"""


def _groups(form: Locator, kind: str) -> list[str]:
    names = form.locator(f"input[type={kind}]").evaluate_all("all => all.map(e => e.name)")
    return list(dict.fromkeys(names))


def _is_seen(field: Locator) -> bool:
    return bool(field.evaluate("e => e.closest('label, .field, fieldset').offsetParent !== null"))


def _by_end(table: Mapping[str, str], name: str) -> str:
    return next((value for end, value in table.items() if name.endswith(end)), "")


class Desk(_Person):
    """The practitioner at a desk."""

    def __init__(self, browser: Browser, url: str) -> None:
        super().__init__(
            browser, url, viewport={"width": 1280, "height": 900}, timezone_id="America/New_York"
        )

    def sign_in(self, email: str, password: str) -> None:
        self.page.goto("/desk/")
        self.page.locator("[name=login]").fill(email)
        self.page.locator("[name=password]").fill(password)
        presses(self.page.locator("main form button[type=submit]").first)
        expect(self.page).to_have_url(re.compile("/desk/$"))

    def opens_request(self, name: str) -> None:
        self.page.goto("/desk/")
        presses(self.page.locator("main").get_by_role("link", name=re.compile(name)).first)
