"""Calendars to subscribe to are, to the byte, what icalendar writes: no database, no Django."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from notifications.domain.feeds import FeedEvent, feed


def by_icalendar(name: str, events: list[FeedEvent]) -> bytes:
    """The same calendar as icalendar builds and writes it."""
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//Attune//EN")
    calendar.add("NAME", name)
    calendar.add("X-WR-CALNAME", name)
    calendar.add("REFRESH-INTERVAL", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", "PT1H")
    for it in events:
        event = Event()
        event.add("SUMMARY", it.title)
        event.add("DTSTART", it.starts_at)
        event.add("DTEND", it.ends_at)
        event.add("DTSTAMP", it.changed_at)
        event.add("UID", str(it.uid))
        event.add("SEQUENCE", it.sequence)
        event.add("CLASS", "PRIVATE")
        event.add("LAST-MODIFIED", it.changed_at)
        if it.location:
            event.add("LOCATION", it.location)
        event.add("STATUS", "CANCELLED" if it.is_cancelled else "CONFIRMED")
        event.add("TRANSP", "TRANSPARENT" if it.is_cancelled else "OPAQUE")
        if it.url:
            event.add("URL", it.url)
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def an_event(**changes: Any) -> FeedEvent:
    usual: dict[str, Any] = {
        "uid": UUID("6f0c6b6e-8d4f-4c4a-9c66-0a5a3b1d2c3e"),
        "sequence": 3,
        "changed_at": datetime(2026, 3, 1, 9, 30, 12, tzinfo=UTC),
        "starts_at": datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
        "ends_at": datetime(2026, 3, 29, 1, 20, tzinfo=UTC),
        "title": "A-4F2C9",
    }
    return FeedEvent(**(usual | changes))


def test_a_feed_is_to_the_byte_what_icalendar_writes() -> None:
    events = [
        an_event(location="Online", url="https://office.example/desk/appointments/1/"),
        an_event(uid=uuid4(), is_cancelled=True, title="Sam, Alex; and \\ more", sequence=0),
    ]

    assert b"".join(feed("Appointments", events)) == by_icalendar("Appointments", events)


@given(title=st.text(max_size=120))
def test_whatever_the_title_lines_are_short_and_read_the_same(title: str) -> None:
    events = [an_event(title=title, url="https://office.example/" + "long/" * 30)]

    content = b"".join(feed("Appointments", events))

    lines = content.split(b"\r\n")
    assert lines.pop() == b""
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in lines)
    assert all(line.decode() for line in lines)  # no character is cut in two
    unfolded = content.replace(b"\r\n ", b"")
    # "\N" is the one thing read differently: icalendar takes it for a line break.
    if "\\N" not in title:
        assert unfolded == by_icalendar("Appointments", events).replace(b"\r\n ", b"")
