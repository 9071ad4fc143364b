"""From a table of a definition file to the question, option or condition that it defines."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from intake.domain.conditions import asked_about
from intake.domain.definitions import (
    Condition,
    Facts,
    Kind,
    Option,
    Passed,
    Question,
    Scale,
    Section,
    Tier,
    Who,
)
from intake.domain.modules import BY_KEY

RELATIONSHIP_TYPES = frozenset({"individual", "couple", "non_monogamous", "group"})
MODALITIES = frozenset({"video", "phone", "in_person"})
#: Columns of a participant's profile that a question may be kept in.
COLUMNS = frozenset(
    {
        "chosen_name",
        "pronouns",
        "time_zone",
        "phone",
        "shared_mailbox",
        "sender_name",
        "calendar_entry",
        "event_title",
        "wants_reminders",
        "may_name_me",
    }
)
KNOWN = frozenset({"email", "service", "group", "start", "signature", "today"})

_DEFAULT_LENGTH = {Kind.SHORT: 120, Kind.LONG: 4000, Kind.SIGN: 120}
_ROWS = 8


class Wrong(Exception):
    """Stops the reading of one table; becomes a `Fault` with its place."""


_QUESTION_KEYS = frozenset(f.name for f in fields(Question))


def question_of(table: Mapping[str, Any]) -> Question:
    """A question. Raises `Wrong`."""
    only(table, _QUESTION_KEYS)
    key = str(needed(table, "key"))
    kind = _enum(Kind, needed(table, "kind"), "kind")
    required = table.get("required", False)
    options = tuple(_option(o) for o in table.get("options", []))
    question = Question(
        key=key,
        kind=kind,
        label=str(needed(table, "label")),
        help=str(table.get("help", "")).strip(),
        required=_condition(required) if isinstance(required, dict) else bool(required),
        who=_enum(Who, table.get("who", Who.EACH), "who"),
        tier=_enum(Tier, needed(table, "tier"), "tier"),
        can_share=bool(table.get("can_share", False)),
        may_pass=bool(table.get("may_pass", False)),
        when=_condition(table["when"]) if "when" in table else None,
        when_words=str(table.get("when_words", "")),
        options=options,
        max_length=int(table.get("max_length", _DEFAULT_LENGTH.get(kind, 0))),
        format=str(table.get("format", "")),
        low=str(table.get("low", "")),
        high=str(table.get("high", "")),
        own_words=bool(table.get("own_words", False)),
        column=str(table.get("column", "")),
        known=str(table.get("known", "")),
        stops=tuple(table.get("stops", [])),
        scales=tuple(Scale(key=s["key"], label=s["label"]) for s in table.get("scales", [])),
        rows_max=int(table.get("rows_max", _ROWS if kind is Kind.CONNECTIONS else 0)),
        cards=bool(table.get("cards", False)),
        modules=modules_of(table),
        intro=str(table.get("intro", "")).strip(),
        source=str(table.get("source", "")).strip(),
        is_unverified=bool(table.get("is_unverified", False)),
        urgent=tuple(table.get("urgent", [])),
        never_jointly=bool(table.get("never_jointly", False)),
        postpones=tuple(table.get("postpones", [])),
    )
    _check(question)
    return question


def _check(question: Question) -> None:
    keys = [o.key for o in question.options]
    has_choice = question.kind in (Kind.SINGLE, Kind.MULTI, Kind.CONNECTIONS)
    is_zone = question.column == "time_zone"
    problems = [
        (len(set(keys)) != len(keys), "two options have the same key"),
        (has_choice and not keys and not is_zone and not question.known, "it needs options"),
        (bool(keys) and not has_choice, f"a {question.kind} question has no options"),
        (bool(set(keys) & set(Passed)), "passing is `may_pass`, not an option"),
        (bool(question.column) and question.column not in COLUMNS, "there is no such column"),
        (bool(question.known) and question.known not in KNOWN, "nothing is known from there"),
        (bool(set(question.stops) - set(keys)), "it stops at an option it does not have"),
        (
            bool({*question.urgent, *question.postpones} - set(keys)),
            "it is urgent at, or put off by, an option it does not have",
        ),
        (
            question.never_jointly and (question.can_share or question.tier is Tier.SHARED),
            "what others may see cannot be kept from standing beside theirs",
        ),
        (
            question.can_share and question.tier is not Tier.PRACTITIONER,
            "only what the practitioner sees can be shared by its author",
        ),
        (
            question.when is not None
            and bool(list(asked_about(question.when)))
            and not question.when_words,
            "a condition on an answer needs `when_words`, for pages without JavaScript",
        ),
        (bool(question.column) and question.may_pass, "a column takes no passing"),
        (
            bool(question.scales) and question.kind is not Kind.CONNECTIONS,
            "only connections have scales",
        ),
    ]
    for is_wrong, message in problems:
        if is_wrong:
            raise Wrong(message)


def check_section(section: Section) -> None:
    """Refuse a safety section that could not be kept as one. Raises `Wrong`."""
    if not section.is_safety:
        return
    problems = [
        (
            any(q.tier is not Tier.SEALED for q in section.questions),
            "everything in the safety section is sealed",
        ),
        (
            [q for q in section.questions if q.postpones] != list(section.questions[:1]),
            "the first question of the safety section, and only that one, can put it off",
        ),
        (section.may_skip, "the safety section is put off, not skipped"),
    ]
    for is_wrong, message in problems:
        if is_wrong:
            raise Wrong(message)


def modules_of(table: Mapping[str, Any]) -> tuple[str, ...]:
    """The modules that a table names. Raises `Wrong` for an unknown one."""
    found = tuple(str(m) for m in table.get("modules", []))
    unknown = sorted(set(found) - BY_KEY.keys())
    if unknown:
        raise Wrong(f"there is no module {', '.join(unknown)}")
    return found


def _option(table: Mapping[str, Any]) -> Option:
    only(table, {"key", "label", "detail", "alone"})
    return Option(
        key=str(needed(table, "key")),
        label=str(needed(table, "label")),
        detail=str(table.get("detail", "")),
        alone=bool(table.get("alone", False)),
    )


_FACTS = frozenset(f.name for f in fields(Facts))


def _condition(table: Mapping[str, Any]) -> Condition:
    only(table, {"question", "fact", "any_of", "answered", "at_least", "every", "some"})
    subjects = [name for name in ("question", "fact", "every", "some") if name in table]
    if len(subjects) != 1:
        raise Wrong("a condition has one of: question, fact, every, some")
    if "fact" in table and table["fact"] not in _FACTS:
        raise Wrong(f"there is no fact {table['fact']!r}")
    tests = [name for name in ("any_of", "answered", "at_least") if name in table]
    if subjects[0] in ("question", "fact") and len(tests) != 1:
        raise Wrong("a condition tests one of: any_of, answered, at_least")
    return Condition(
        question=str(table.get("question", "")),
        fact=str(table.get("fact", "")),
        any_of=tuple(table.get("any_of", [])),
        answered=bool(table.get("answered", False)),
        at_least=table.get("at_least"),
        every=tuple(_condition(c) for c in table.get("every", [])),
        some=tuple(_condition(c) for c in table.get("some", [])),
    )


def needed(table: Mapping[str, Any], name: str) -> Any:
    """A value that a table must have. Raises `Wrong`."""
    if table.get(name) in (None, ""):
        raise Wrong(f"`{name}` is missing")
    return table[name]


def only(table: Mapping[str, Any], allowed: frozenset[str] | set[str]) -> None:
    """Refuse a key that nobody reads, so that a slip of the pen is not lost. Raises `Wrong`."""
    unknown = sorted(set(table) - allowed)
    if unknown:
        raise Wrong(f"unknown: {', '.join(unknown)}")


def _enum[E: (Kind, Tier, Who)](kind: type[E], value: object, name: str) -> E:
    try:
        return kind(str(value))
    except ValueError:
        raise Wrong(f"`{name}` cannot be {value!r}") from None
