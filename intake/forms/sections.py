"""A Django form for one section of a questionnaire, built from its definition.

Every field stands on its own page with `components/field.html`. What was typed is checked by
`intake.domain.answers`; the form only carries it there and puts the problem beside the field.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, cast

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from booking.models import Participant
from booking.queries.groups import first_appointment, group_as_seen_by
from booking.templatetags.times import day_in, span_words, zone_words
from intake.domain.answers import (
    OWN_WORDS_MAX,
    SCALE_TOP,
    InvalidAnswer,
    Raw,
    Row,
    checked,
    fingerprint,
)
from intake.domain.conditions import applies, is_possible, is_required
from intake.domain.definitions import (
    Connection,
    Kind,
    Passed,
    Question,
    Section,
    Value,
)
from intake.forms.building import (
    asked_condition,
    field_of,
    initial_of,
    own_words_of,
    passes,
    people_in,
)
from intake.forms.fields import Box, Boxes, Choice, Choices, Radios, Text
from intake.forms.items import ConnectionRow, Item
from intake.forms.words import PROBLEMS, problem
from intake.operations.sheets import Given
from intake.queries.standings import Standing

_SEEN = "seen"
_OWN = "own"
_INSTEAD = "instead"
_SHARE = "share"


class SectionForm(forms.Form):
    """One section for one person.

    `leaving`: they will come back later, so nothing required is asked for. After `is_valid()`,
    `given` holds every valid answer, also when other fields have errors.
    """

    use_required_attribute = False

    def __init__(
        self,
        section: Section,
        own: Standing,
        data: Mapping[str, Any] | None = None,
        *,
        known: Mapping[str, str] | None = None,
        leaving: bool = False,
        more_rows: int = 0,
    ) -> None:
        super().__init__(data=data, label_suffix="")
        self.section = section
        self.own = own
        self.leaving = leaving
        self.known = known or {}
        self.more_rows = more_rows
        self.given: dict[str, Given] = {}
        self._asked = [q for q in section.questions if is_possible(q, own.facts)]
        self._rows: dict[str, int] = {}
        for question in self._asked:
            if self._is_open(question):
                self._add(question)

    def _is_open(self, question: Question) -> bool:
        """Whether it takes an answer. In the safety section always: what is written once stays,
        but a second window may say what the first one did not.
        """
        return question.is_asked and (self.section.is_safety or question.key not in self.own.sealed)

    # Building ----------------------------------------------------------------------------

    def _add(self, question: Question) -> None:
        value = self.own.answers.get(question.key)
        if question.kind is Kind.CONNECTIONS:
            self._add_rows(question, value)
        else:
            self.fields[question.key] = field_of(question, value, self.own)
            self.fields[question.key].initial = initial_of(question, value, self.own)
        if question.own_words:
            self.fields[_name(question, _OWN)] = Text(
                label=_("In my own words"),
                required=False,
                max_length=OWN_WORDS_MAX,
                initial=own_words_of(value),
            )
        if question.may_pass and question.kind in (Kind.SHORT, Kind.LONG, Kind.CONNECTIONS):
            self.fields[_name(question, _INSTEAD)] = Choice(
                label=_("Rather not write this?"),
                required=False,
                choices=[("", _("I answer here")), *passes()],
                widget=Radios,
                initial=value.value if isinstance(value, Passed) else "",
            )
        if question.can_share and self.own.facts.people > 1:
            self.fields[_name(question, _SHARE)] = Box(
                label=_("Show this answer to everyone attending, once the appointment is booked"),
                required=False,
                initial=question.key in self.own.shared,
            )
        self.fields[_name(question, _SEEN)] = forms.CharField(
            required=False,
            widget=forms.HiddenInput,
            initial=fingerprint(value, is_shared=question.key in self.own.shared),
        )

    def _add_rows(self, question: Question, value: Value | None) -> None:
        people = people_in(question, value, self.own)
        count = min(question.rows_max, max(len(people) + 1 + self.more_rows, 2))
        if self.is_bound:
            count = max(count, self._rows_sent(question))
        self._rows[question.key] = count
        for number in range(count):
            person = people[number] if number < len(people) else Connection("")
            self.fields[_row(question, number, "label")] = Text(
                label=_("Name, initial or nickname"), required=False, initial=person.label
            )
            links = Choices(
                label=_("What connects you"),
                required=False,
                choices=[(o.key, gettext(o.label)) for o in question.options],
                widget=Boxes,
                initial=list(person.links),
            )
            links.look = "two"
            self.fields[_row(question, number, "links")] = links
            for scale in question.scales:
                initial = person.scales.get(scale.key)
                self.fields[_row(question, number, scale.key)] = Choice(
                    label=gettext("%(scale)s right now, 0 to 10") % {"scale": gettext(scale.label)},
                    required=False,
                    choices=[("", "–"), *((str(n), str(n)) for n in range(SCALE_TOP + 1))],
                    initial="" if initial is None else str(initial),
                )

    def _rows_sent(self, question: Question) -> int:
        pattern = re.compile(rf"{re.escape(question.key)}-(\d{{1,2}})-")
        numbers = [int(m[1]) for name in self.data if (m := pattern.match(name))]
        return min(max(numbers, default=-1) + 1, question.rows_max)

    # Checking ----------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        """Check each question, then what the answers together make applicable and required."""
        cleaned = super().clean() or {}
        answers = {} if self.section.is_safety else dict(self.own.present)
        checked_now: dict[str, Value | None] = {}
        problems: dict[str, str] = {}
        for question in self._asked:
            if not self._is_open(question):
                continue
            if self._is_faulty(question):
                answers.pop(question.key, None)
                continue
            try:
                value = checked(question, self._raw(question))
            except InvalidAnswer as error:
                problems[question.key] = problem(error)
                continue
            checked_now[question.key] = value
            if value is None:
                answers.pop(question.key, None)
            else:
                answers[question.key] = value
        for question in self._asked:
            is_urgent = checked_now.get(question.key) in question.urgent
            if not is_urgent and not applies(question, answers, self.own.facts):
                continue
            if question.key in problems:
                self.add_error(_anchor(question), problems[question.key])
            elif question.key in checked_now:
                self._give(question, checked_now[question.key], cleaned)
                if (
                    not self.leaving
                    and question.key not in answers
                    and is_required(question, answers, self.own.facts)
                ):
                    code = "required_passable" if question.may_pass else "required"
                    self.add_error(_anchor(question), PROBLEMS[code])
        return cleaned

    def _is_faulty(self, question: Question) -> bool:
        """Whether Django itself refused something of it (a NUL character, own words too long)."""
        return any(n == question.key or n.startswith(f"{question.key}-") for n in self.errors)

    def _give(self, question: Question, value: Value | None, cleaned: Mapping[str, Any]) -> None:
        self.given[question.key] = Given(
            value=value,
            is_shared=bool(cleaned.get(_name(question, _SHARE))),
            seen=str(cleaned.get(_name(question, _SEEN)) or ""),
        )

    def after_saving(self, own: Standing, conflicts: Sequence[str]) -> None:
        """The page comes back: remember what is stored now, and name what another window changed.

        A second save then wins over the other window's answer.
        """
        data = QueryDict(mutable=True)
        for name, values in cast(QueryDict, self.data).lists():
            data.setlist(name, values)
        for question in self._asked:
            is_shared = question.key in own.shared
            data[_name(question, _SEEN)] = fingerprint(
                own.answers.get(question.key), is_shared=is_shared
            )
            if question.key in conflicts:
                self.add_error(_anchor(question), PROBLEMS["changed_elsewhere"])
        self.data = data
        self.own = own

    def stopped(self) -> bool:
        """Whether an answer ends the questionnaire at once. Reads what was sent, stores nothing."""
        return any(self.data.get(q.key) in q.stops for q in self._asked if q.stops)

    @property
    def stops(self) -> Collection[str]:
        """The fields in which somebody can say what ends it."""
        return {q.key for q in self._asked if q.stops}

    def is_urgent(self) -> bool:
        """Whether somebody says that they are in danger now, whatever else is wrong on the page."""
        return any(self.data.get(q.key) in q.urgent for q in self._asked if q.urgent)

    def _raw(self, question: Question) -> Raw:
        cleaned = self.cleaned_data
        passed = str(cleaned.get(_name(question, _INSTEAD)) or "")
        sent = cleaned.get(question.key)
        own = str(cleaned.get(_name(question, _OWN)) or "")
        match question.kind:
            case Kind.MULTI:
                return Raw(chosen=list(sent or []), own=own, passed=passed)
            case Kind.SINGLE | Kind.SCALE:
                return Raw(chosen=[str(sent)] if sent else [], passed=passed)
            case Kind.CONSENT:
                return Raw(ticked=bool(sent))
            case Kind.CONNECTIONS:
                rows = [self._row(question, n) for n in range(self._rows[question.key])]
                return Raw(rows=rows, passed=passed)
            case _:
                return Raw(text=str(sent or ""), passed=passed)

    def _row(self, question: Question, number: int) -> Row:
        cleaned = self.cleaned_data
        return Row(
            label=str(cleaned.get(_row(question, number, "label")) or ""),
            links=list(cleaned.get(_row(question, number, "links")) or []),
            scales={
                s.key: str(cleaned.get(_row(question, number, s.key)) or "")
                for s in question.scales
            },
        )

    # Showing -----------------------------------------------------------------------------

    @property
    def items(self) -> Iterator[Item]:
        """The questions in order, each with its fields."""
        for question in self._asked:
            if question.known:
                if question.key in self.known:
                    yield self._item(question, known=self.known[question.key])
            else:
                yield self._item(question)

    def _item(self, question: Question, *, known: str = "") -> Item:
        is_sealed = question.is_asked and not self._is_open(question)
        when = asked_condition(question.when, self.own.facts)
        return Item(
            question=question,
            field=self._bound(question.key),
            own=self._bound(_name(question, _OWN)),
            passing=self._bound(_name(question, _INSTEAD)),
            share=self._bound(_name(question, _SHARE)),
            rows=[] if is_sealed or known else self._bound_rows(question),
            when=json.dumps(when) if when else "",
            when_words=gettext(question.when_words) if when and question.when_words else "",
            is_sealed=is_sealed,
            known=known,
            urgent=json.dumps({"question": question.key, "any_of": list(question.urgent)})
            if question.urgent
            else "",
        )

    def _bound(self, name: str) -> BoundField | None:
        return self[name] if name in self.fields else None

    def _bound_rows(self, question: Question) -> Sequence[ConnectionRow]:
        rows = []
        for number in range(self._rows.get(question.key, 0)):
            label = self[_row(question, number, "label")]
            rows.append(
                ConnectionRow(
                    number=number + 1,
                    label=label,
                    links=self[_row(question, number, "links")],
                    scales=[self[_row(question, number, s.key)] for s in question.scales],
                    is_blank=not label.value(),
                )
            )
        return rows


def _name(question: Question, part: str) -> str:
    return f"{question.key}-{part}"


def _row(question: Question, number: int, part: str) -> str:
    return f"{question.key}-{number}-{part}"


def _anchor(question: Question) -> str:
    """The field that carries a question's error."""
    return _row(question, 0, "label") if question.kind is Kind.CONNECTIONS else question.key


def known_facts(own: Standing) -> Mapping[str, str]:
    """What is known already, by question: shown instead of asked."""
    sources: Mapping[str, Callable[[Participant], str]] = {
        "email": lambda person: person.email,
        "service": lambda person: person.request.service.name,
        "group": _group_of,
        "start": _start_of,
    }
    found = {
        q.key: sources[q.known](own.participant) for q in own.form.questions if q.known in sources
    }
    return {key: words for key, words in found.items() if words}


def _group_of(person: Participant) -> str:
    """The group of their seat, and how many dates it has."""
    group = group_as_seen_by(person.id)
    if group is None:
        return ""
    count = len(group.sessions)
    dates = ngettext("%(count)d date", "%(count)d dates", count) % {"count": count}
    return f"{group.cohort.title} ({dates})" if count else group.cohort.title


def _start_of(person: Participant) -> str:
    """When their own appointment is, on their own clock; empty while none is held or booked."""
    found = first_appointment(person.request_id)
    if found is None:
        return ""
    zone = person.time_zone
    day, clock = day_in(found.starts_at, zone), span_words(found.starts_at, found.ends_at, zone)
    return f"{day}, {clock} ({zone_words(zone, found.starts_at)})"
