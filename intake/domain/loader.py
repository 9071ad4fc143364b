"""Reads the definition files and refuses a wrong one, naming the file, the line and the key.

`<name>.v<version>.toml` in `forms/` is a form, or (without `type`) a store of sections and
questions that forms draw from; `forms/consents/<key>.v<version>.toml` is a document. A form's
sections are its own or another file's (`from = "base.v1/contact"`); a question may start from
another one (`like = "couple.v1/cp_view"`) and override some of it.
"""

import re
import string
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from intake.domain.conditions import asked_about
from intake.domain.definitions import (
    CONSENT_ORDER,
    Condition,
    Consent,
    Form,
    Library,
    Passed,
    Question,
    Section,
)
from intake.domain.tables import (
    MODALITIES,
    RELATIONSHIP_TYPES,
    Wrong,
    check_section,
    modules_of,
    needed,
    only,
    question_of,
)

FOLDER = Path(__file__).resolve().parent.parent / "forms"
#: What a document's text may be filled with.
PLACEHOLDERS = frozenset(
    {
        "practitioner",
        "practice",
        "practice_email",
        "price",
        "duration_minutes",
        "cancel_hours",
        "places",
    }
)

_NAME = re.compile(r"(?P<name>[a-z][a-z_]*)\.v(?P<version>[1-9][0-9]*)\.toml")
_SLUG = re.compile(r"[a-z]+")
#: `modules` and `never_jointly` hold for every question of the section.
_SECTION_KEYS = frozenset(
    {"slug", "title", "lead", "questions", "modules", "may_skip", "safety", "never_jointly"}
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a definition file. `line` is 0 when it cannot be told."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class InvalidDefinitions(Exception):
    """Definitions that cannot be used; `faults` says all that is wrong."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(f) for f in faults))
        self.faults = list(faults)


@cache
def library() -> Library:
    """The definitions of this installation, read once. Raises `InvalidDefinitions`."""
    return load(FOLDER)


def load(folder: Path) -> Library:
    """Read every definition in `folder`. Raises `InvalidDefinitions`, with all faults found."""
    return _Reader(folder).read()


class _Reader:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[Fault] = []
        self.files: dict[str, dict[str, Any]] = {}
        self.texts: dict[str, str] = {}

    def read(self) -> Library:
        forms: dict[tuple[str, int], Form] = {}
        consents: dict[tuple[str, int], Consent] = {}
        for path in sorted(self.folder.glob("*.toml")):
            self._parse(path, path.name)
        for path in sorted((self.folder / "consents").glob("*.toml")):
            self._parse(path, f"consents/{path.name}")
        for file, data in self.files.items():
            match = _NAME.fullmatch(file.removeprefix("consents/"))
            if match is None:
                self._fault(file, "", "the name is not like couple.v1.toml")
                continue
            name, version = match["name"], int(match["version"])
            if file.startswith("consents/"):
                if consent := self._consent(file, name, version, data):
                    consents[name, version] = consent
            elif "type" in data and (form := self._form(file, version, data)):
                forms[form.key, version] = form
        for kind in sorted(RELATIONSHIP_TYPES - {k for k, _ in forms}):
            self._fault(f"{kind}.v1.toml", "", "this form is missing")
        if self.faults:
            raise InvalidDefinitions(self.faults)
        return Library(forms=forms, consents=consents)

    def _parse(self, path: Path, file: str) -> None:
        self.texts[file] = path.read_text(encoding="utf-8")
        try:
            self.files[file] = tomllib.loads(self.texts[file])
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"at line (\d+)", str(error))
            self.faults.append(Fault(file, int(found[1]) if found else 0, "", str(error)))

    def _fault(self, file: str, key: str, message: str) -> None:
        self.faults.append(Fault(file, self._line(file, key), key, message))

    def _line(self, file: str, key: str) -> int:
        """Where a question or section stands: the parser keeps no lines, its key is unique."""
        if not key:
            return 0
        wanted = re.compile(rf'^\s*(key|slug|like|from|title)\s*=\s*".*\b{re.escape(key)}"')
        for number, line in enumerate(self.texts.get(file, "").splitlines(), 1):
            if wanted.match(line):
                return number
        return 0

    # Forms ---------------------------------------------------------------------------------

    def _form(self, file: str, version: int, data: Mapping[str, Any]) -> Form | None:
        before = len(self.faults)
        kind = data["type"]
        if kind not in RELATIONSHIP_TYPES:
            self._fault(file, "", f"{kind!r} is no relationship type")
        sections = [self._section(file, table) for table in data.get("sections", [])]
        form = Form(key=str(kind), version=version, sections=tuple(s for s in sections if s))
        self._check_form(file, form)
        return form if len(self.faults) == before else None

    def _section(self, file: str, table: Mapping[str, Any]) -> Section | None:
        name = str(table.get("slug") or table.get("from") or "")
        try:
            origin = file
            if "from" in table:
                origin, found = self._elsewhere(str(table["from"]), "sections", "slug")
                table = {**found, **{k: v for k, v in table.items() if k != "from"}}
            only(table, _SECTION_KEYS)
            if not _SLUG.fullmatch(str(table.get("slug", ""))):
                raise Wrong("a section needs a slug of plain lower-case letters")
            modules = modules_of(table)
            questions = [q for t in table.get("questions", []) if (q := self._question(origin, t))]
            if table.get("never_jointly"):
                questions = [replace(q, never_jointly=True) for q in questions]
            section = Section(
                slug=table["slug"],
                title=str(needed(table, "title")),
                lead=str(table.get("lead", "")).strip(),
                questions=tuple(q if q.modules else replace(q, modules=modules) for q in questions),
                may_skip=bool(table.get("may_skip", False)),
                is_safety=bool(table.get("safety", False)),
            )
            check_section(section)
            return section
        except Wrong as wrong:
            self._fault(file, name, str(wrong))
            return None

    def _elsewhere(self, path: str, table: str, name: str) -> tuple[str, Mapping[str, Any]]:
        """The table that `base.v1/contact` points at, and the file it stands in."""
        file, _, key = path.partition("/")
        data = self.files.get(f"{file}.toml")
        if data is None:
            raise Wrong(f"there is no file {file}.toml")
        tables: list[Mapping[str, Any]] = data.get("sections", [])
        if table == "questions":
            tables = [q for s in tables for q in s.get("questions", [])]
        for found in tables:
            if found.get(name) == key:
                return f"{file}.toml", found
        raise Wrong(f"{file}.toml has no {name} {key!r}")

    def _question(self, file: str, table: Mapping[str, Any]) -> Question | None:
        name = str(table.get("key") or table.get("like") or "")
        try:
            if "like" in table:
                _, found = self._elsewhere(str(table["like"]), "questions", "key")
                table = {**found, **{k: v for k, v in table.items() if k != "like"}}
            return question_of(table)
        except Wrong as wrong:
            self._fault(file, name.rpartition("/")[2], str(wrong))
            return None

    def _check_form(self, file: str, form: Form) -> None:
        """What no single question can know: unique keys, conditions on earlier questions."""
        slugs = [s.slug for s in form.sections]
        for slug in sorted({s for s in slugs if slugs.count(s) > 1}):
            self._fault(file, slug, "two sections have this slug")
        seen: set[str] = set()
        for section in form.sections:
            # The page's script only knows what stands on the page.
            earlier: dict[str, Question] = {}
            for question in section.questions:
                if question.key in seen:
                    self._fault(file, question.key, "the key is used twice in this form")
                conditions = [question.when] if question.when else []
                if isinstance(question.required, Condition):
                    conditions.append(question.required)
                for condition in conditions:
                    self._check_condition(file, question.key, condition, earlier)
                earlier[question.key] = question
                seen.add(question.key)
        if sum(s.is_safety for s in form.sections) > 1:
            self._fault(file, "", "there is one safety section at most")

    def _check_condition(
        self, file: str, key: str, condition: Condition, earlier: Mapping[str, Question]
    ) -> None:
        for asked in asked_about(condition):
            if asked not in earlier:
                self._fault(
                    file,
                    key,
                    f"the condition asks about {asked!r}, which is not before it in this section",
                )
        for part in (*condition.every, *condition.some):
            self._check_condition(file, key, part, earlier)
        asked_question = earlier.get(condition.question)
        if asked_question is not None and asked_question.options:
            known = {o.key for o in asked_question.options}
            if asked_question.may_pass:
                known |= set(Passed)
            for option in sorted(set(condition.any_of) - known):
                self._fault(file, key, f"{condition.question!r} has no option {option!r}")

    # Documents -----------------------------------------------------------------------------

    def _consent(
        self, file: str, key: str, version: int, data: Mapping[str, Any]
    ) -> Consent | None:
        try:
            only(
                data,
                {"title", "summary", "text", "required", "agree", "decline", "types", "modalities"},
            )
            if key not in CONSENT_ORDER:
                raise Wrong("this document is not in CONSENT_ORDER")
            consent = Consent(
                key=key,
                version=version,
                title=str(needed(data, "title")),
                summary=str(needed(data, "summary")),
                text=str(needed(data, "text")).strip(),
                required=bool(data.get("required", True)),
                agree=str(needed(data, "agree")),
                decline=str(data.get("decline", "")),
                types=frozenset(data.get("types", [])),
                modalities=frozenset(data.get("modalities", [])),
            )
            if not consent.required and not consent.decline:
                raise Wrong("a document that may be declined needs the words of declining")
            if consent.types - RELATIONSHIP_TYPES or consent.modalities - MODALITIES:
                raise Wrong("it applies to an unknown relationship type or way to meet")
            used = {name for _, name, _, _ in string.Formatter().parse(consent.text) if name}
            if used - PLACEHOLDERS:
                raise Wrong(f"unknown placeholders: {', '.join(sorted(used - PLACEHOLDERS))}")
        except (Wrong, ValueError) as wrong:
            self._fault(file, key, str(wrong))
            return None
        return consent
