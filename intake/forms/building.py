"""The fields of one question, and what stands in them at first."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext

from booking.queries.access import has_chosen_zone
from intake.domain.answers import SCALE_TOP
from intake.domain.conditions import holds, is_required
from intake.domain.definitions import (
    OWN,
    Condition,
    Connection,
    Facts,
    Kind,
    Passed,
    Question,
    Value,
)
from intake.domain.visibility import tier_for
from intake.forms.fields import Box, Boxes, Choice, Choices, QuestionField, Radios, Text
from intake.forms.words import PASSED, zone_choices
from intake.queries.standings import Standing


def field_of(question: Question, value: Value | None, own: Standing) -> QuestionField:
    """The main field of a question; connections have rows of fields instead."""
    facts = own.facts
    required = is_required(question, {}, facts)
    common: dict[str, Any] = {
        "label": gettext(question.label),
        "help_text": gettext(question.help) if question.help else "",
        "required": required,
    }
    details = {o.key: gettext(o.detail) for o in question.options if o.detail}
    choices = [(o.key, gettext(o.label)) for o in question.options]
    passing = passes() if question.may_pass else []
    field: QuestionField
    match question.kind:
        case Kind.SHORT | Kind.SIGN:
            attrs = {"type": "tel", "autocomplete": "off"} if question.format == "phone" else {}
            field = Text(**common, widget=forms.TextInput(attrs={"autocomplete": "off"} | attrs))
        case Kind.LONG:
            field = Text(**common, widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}))
        case Kind.DATE:
            field = Text(**common, widget=forms.DateInput(attrs={"type": "date"}))
        case Kind.SINGLE if question.column == "time_zone":
            attrs = {"data-guess-zone": ""}
            if value is not None or has_chosen_zone(own.participant):
                attrs["data-chosen"] = ""
            zones = zone_choices([str(value or own.participant.time_zone)])
            field = Choice(**common, choices=zones, widget=forms.Select(attrs=attrs))
        case Kind.SINGLE:
            radios = Radios()
            radios.details = details
            field = Choice(**common, choices=[*choices, *passing], widget=radios)
        case Kind.MULTI:
            boxes = Boxes()
            boxes.details = details
            field = Choices(**common, choices=[*choices, *passing], widget=boxes)
        case Kind.SCALE:
            numbers = [(str(n), str(n)) for n in range(SCALE_TOP + 1)]
            field = Choice(**common, choices=[*numbers, *passing], widget=Radios())
            field.look = "scale"
            field.low = gettext(question.low) if question.low else ""
            field.high = gettext(question.high) if question.high else ""
        case Kind.CONSENT:
            field = Box(**common)
        case Kind.CONNECTIONS:
            raise AssertionError("connections are rows of fields")
    if question.kind is Kind.MULTI and len(choices) > 4:
        field.look = "two"
    field.visibility = tier_for(question, facts).value
    return field


def initial_of(question: Question, value: Value | None, own: Standing) -> object:
    """What the field shows at first. Columns show their default, a discreet one."""
    if question.column == "time_zone":
        return value or own.participant.time_zone
    if value is None:
        return _suggested(question, own)
    if isinstance(value, Passed):
        if question.kind is Kind.MULTI:
            return [value.value]
        return value.value if question.kind in (Kind.SINGLE, Kind.SCALE) else ""
    if isinstance(value, tuple):
        return [v for v in value if isinstance(v, str) and not v.startswith(OWN)]
    if isinstance(value, bool):
        return value
    return str(value)


def _suggested(question: Question, own: Standing) -> object:
    """Before the first answer: what the person wrote with the request, else the discreet choice."""
    if question.column in ("chosen_name", "pronouns"):
        return getattr(own.participant, question.column)
    return {"sender_name": "office", "may_name_me": "no"}.get(question.column)


def own_words_of(value: Value | None) -> str:
    """What somebody wrote beside the options."""
    if not isinstance(value, tuple):
        return ""
    own = [v.removeprefix(OWN) for v in value if isinstance(v, str) and v.startswith(OWN)]
    return own[0] if own else ""


def people_in(question: Question, value: Value | None, own: Standing) -> Sequence[Connection]:
    """The rows to begin with: those answered, else the requester's own names from the request."""
    if isinstance(value, tuple):
        return [v for v in value if isinstance(v, Connection)]
    if value is None and own.participant.is_requester:
        others = own.participant.request.participants.exclude(pk=own.participant.pk)
        return [Connection(p.label) for p in others.order_by("position")]
    return []


def passes() -> list[tuple[str, Any]]:
    """The two ways to pass, as choices."""
    return [(p.value, words) for p, words in PASSED.items()]


def asked_condition(condition: Condition | None, facts: Facts) -> dict[str, Any] | None:
    """What is left of a condition once the facts are known; None: nothing depends on answers."""
    if condition is None or condition.fact:
        return None
    for name in ("every", "some"):
        parts: tuple[Condition, ...] = getattr(condition, name)
        if parts:
            return _combined(name, parts, facts)
    found: dict[str, Any] = {"question": condition.question}
    if condition.answered:
        found["answered"] = True
    elif condition.at_least is not None:
        found["at_least"] = condition.at_least
    else:
        found["any_of"] = list(condition.any_of)
    return found


def _combined(name: str, parts: Sequence[Condition], facts: Facts) -> dict[str, Any] | None:
    if name == "some" and any(p.fact and holds(p, {}, facts) for p in parts):
        return None
    left = [c for p in parts if (c := asked_condition(p, facts))]
    return {name: left} if left else None
