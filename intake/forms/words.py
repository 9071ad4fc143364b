"""Sentences for the codes that the domain gives, and the standing words around questions.

The definitions are English; each of their texts goes through gettext where it is shown, so a
translation is a message catalogue with those texts as its msgids (`makemessages` does not find
them in TOML: extract them with the loader).
"""

from collections.abc import Iterable, Mapping

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from booking.forms.zones import zone_groups
from booking.templatetags.times import zone_words
from intake.domain.answers import InvalidAnswer
from intake.domain.definitions import OWN, Connection, Passed, Question, Value

PASSED = {
    Passed.PREFER_NOT: _("Prefer not to say"),
    Passed.SAY_ALOUD: _("I'd rather say this out loud"),
}

PROBLEMS = {
    "too_long": _("This has %(length)s characters; %(limit)s fit. Please shorten it a little."),
    "unknown_option": _("Please choose from the list."),
    "unknown_zone": _("Please choose a time zone from the list."),
    "one_only": _("Please choose one."),
    "alone": _("“%(option)s” does not go together with another choice."),
    "not_on_scale": _("Please choose a number from 0 to %(top)s."),
    "not_a_date": _("Please write a date like 2026-11-30."),
    "not_a_phone": _("This does not look like a phone number. Digits, spaces and + are enough."),
    "too_many_rows": _("There is room for %(limit)s people."),
    "row_without_name": _("Somebody here has no name yet. An initial is enough."),
    "required": _("This one needs an answer."),
    "required_passable": _("This one needs an answer; passing counts as one."),
    "changed_elsewhere": _(
        "You answered this differently in another window. What you see here is not saved yet: "
        "save again to keep it."
    ),
}


def problem(error: InvalidAnswer) -> str:
    """The sentence beside a field."""
    params = {k: gettext(str(v)) if k == "option" else v for k, v in error.params.items()}
    return str(PROBLEMS[error.code]) % params


def in_words(question: Question, value: Value) -> list[str]:
    """An answer as lines to read: the options' words instead of their keys."""
    labels = {o.key: gettext(o.label) for o in question.options}
    if isinstance(value, Passed):
        return [str(PASSED[value])]
    if isinstance(value, bool):
        return [gettext("Yes") if value else gettext("No")]
    if isinstance(value, tuple):
        return [
            _connection(question, v, labels)
            if isinstance(v, Connection)
            else labels.get(v, v.removeprefix(OWN))
            for v in value
        ]
    if question.column == "time_zone":
        return [zone_words(str(value))]
    if isinstance(value, int):
        return [gettext("%(number)s of 10") % {"number": value}]
    return [labels.get(value, value)]


def _connection(question: Question, one: Connection, labels: Mapping[str, str]) -> str:
    """One connection in one line; numbers of different people are never summed up."""
    scales = {s.key: gettext(s.label) for s in question.scales}
    details = [labels.get(link, link) for link in one.links]
    details += [f"{scales.get(k, k)} {v}" for k, v in one.scales.items()]
    return f"{one.label}: {', '.join(details)}" if details else one.label


def zone_choices(likely: Iterable[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every zone under a name that people read, by region; the likely ones once, and first."""
    groups: list[tuple[str, list[tuple[str, str]]]] = []
    known: set[str] = set()
    for title, rows in zone_groups(likely, now=timezone.now()):
        groups.append((title, [(r.value, r.label) for r in rows if r.value not in known]))
        known |= {row.value for row in rows}
    return groups
