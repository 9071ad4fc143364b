"""`manage.py create_practice`: set up a real practice."""

import argparse
import getpass
import os
import re
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.utils.text import slugify

from practice.domain.wall import UnknownZone, zone
from practice.operations.setup import (
    Hours,
    Location,
    NewPractitioner,
    PracticeExists,
    TellingName,
    create_practice,
)
from practice.queries import database_now

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"(\w{3})(?:-(\w{3}))?\s+(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")


class Command(BaseCommand):
    """Asks for whatever was not given as an option, and says what to do next."""

    help = (
        "Set up the practice of this installation: its name, its practitioner with their weekly "
        "hours, and the usual services. Options that are left out are asked for. The password is "
        "read from ATTUNE_PASSWORD or typed, never given as an option."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", help="the practice's name")
        parser.add_argument(
            "--office-name", help="a sender name for messages that says nothing about the work"
        )
        parser.add_argument("--practitioner", help="the practitioner's name as clients see it")
        parser.add_argument("--credentials", default="", help="shown beside the name")
        parser.add_argument("--email", type=_email, help="to sign in with, and for notices")
        parser.add_argument("--zone", type=_zone, help="for example America/New_York")
        parser.add_argument("--phone", default="", help="for phone sessions and questions")
        parser.add_argument("--video-url", default="", help="the room for video sessions")
        parser.add_argument("--address", default="", help="for sessions in person")
        parser.add_argument(
            "--location",
            action="append",
            type=_location,
            default=[],
            metavar="CODE:LABEL",
            help='where clients may be: "US-NY:New York, United States"; may be repeated',
        )
        parser.add_argument(
            "--hours",
            action="append",
            type=_hours,
            default=[],
            metavar="DAYS TIMES",
            help='weekly hours: "mon-thu 09:00-17:00"; may be repeated',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"] or _ask("Name of the practice")
        person = options["practitioner"] or _ask("Name of the practitioner")
        email = options["email"] or _email(_ask("Their e-mail address"))
        try:
            time_zone = options["zone"] or _zone(_ask("Time zone", "America/New_York"))
        except argparse.ArgumentTypeError as problem:
            raise CommandError(str(problem)) from problem
        practitioner = NewPractitioner(
            display_name=person,
            slug=slugify(person)[:50] or "practitioner",
            initials="".join(word[0] for word in person.split()[:3]).upper(),
            email=email,
            time_zone=time_zone,
            credentials=options["credentials"],
            phone=options["phone"],
            video_url=options["video_url"],
            address=options["address"],
            password=_password(),
            hours=[window for windows in options["hours"] for window in windows]
            or _hours("mon-fri 09:00-17:00"),
        )
        try:
            create_practice(
                name=name,
                office_name=options["office_name"] or _ask("Neutral sender name", "Booking office"),
                email=email,
                phone=options["phone"],
                locations=options["location"],
                practitioner=practitioner,
                now=database_now(),
            )
        except PracticeExists as exists:
            raise CommandError("This installation has its practice already.") from exists
        except TellingName as telling:
            raise CommandError(
                f"The neutral sender name must not say {', '.join(telling.words)}: people who have "
                "chosen nothing yet, and those who share a mailbox, get their mail in this name."
            ) from telling
        self.stdout.write(
            f"{name} is set up. Sign in at /accounts/login/ as {email}; the request page for the "
            "links under your articles is /request/?article=name-of-the-article."
        )


def _ask(question: str, default: str = "") -> str:
    hint = f" [{default}]" if default else ""
    try:
        answer = input(f"{question}{hint}: ").strip() or default
    except EOFError as end:
        raise CommandError(f"{question}: give it as an option (see --help).") from end
    if not answer:
        raise CommandError(f"{question}: an answer is needed.")
    return answer


def _password() -> str:
    password = os.environ.get("ATTUNE_PASSWORD") or getpass.getpass("Password to sign in with: ")
    try:
        validate_password(password)
    except ValidationError as problem:
        raise CommandError(" ".join(problem.messages)) from problem
    return password


def _email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError as problem:
        raise argparse.ArgumentTypeError(f"{text!r} is not an e-mail address") from problem
    return text.lower()


def _zone(text: str) -> str:
    try:
        zone(text)
    except UnknownZone as unknown:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time zone") from unknown
    return text


def _location(text: str) -> Location:
    code, _, label = text.partition(":")
    country, _, region = code.partition("-")
    if not re.fullmatch(r"[A-Z]{2}", country) or not label:
        raise argparse.ArgumentTypeError(f'{text!r} is not like "US-NY:New York, United States"')
    return Location(country, region, label)


def _hours(text: str) -> list[Hours]:
    match = _HOURS.fullmatch(text.strip().lower())
    first, last = (match[1], match[2] or match[1]) if match else ("", "")
    if match is None or first not in _DAYS or last not in _DAYS:
        raise argparse.ArgumentTypeError(f'{text!r} is not like "mon-fri 09:00-17:00"')
    opens = int(match[3]) * 60 + int(match[4])
    closes = int(match[5]) * 60 + int(match[6])
    if not 0 <= opens < closes <= 1440:
        raise argparse.ArgumentTypeError(f"{text!r} does not open before it closes")
    days = range(_DAYS.index(first), _DAYS.index(last) + 1)
    return [Hours(day, opens, closes) for day in days]
