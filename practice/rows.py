"""Rows of several tables in one statement, where the ORM would need one for each.

The columns come from the models, so that a new one is never forgotten. What is inserted travels
as JSON, which PostgreSQL makes into rows of the table by the names of its columns: so there is
one statement for any number of rows, with one parameter. A column that only a newer version of
the program knows is not named, and gets its default from the database.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cache
from json import JSONEncoder
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import JSONField, Model, Value
from django.db.models.expressions import DatabaseDefault
from django.db.models.options import Options
from psycopg.types.json import Jsonb

#: Rows that are not saved yet, by their model.
type Rows = Mapping[type[Model], Collection[Model]]


def inserts(models: Collection[type[Model]]) -> list[str]:
    """Common table expressions that insert the rows of these models from `%(rows)s`."""
    return [_insert(model) for model in models]


def _insert(model: type[Model]) -> str:
    return f"new_{table_of(model)} AS ({insertion(model)})"


def insertion(model: type[Model]) -> str:
    """The statement that inserts the rows of a model from `%(rows)s`."""
    into = ", ".join(name for name, _ in _names(model))
    values = f"SELECT {columns(model, 'given')} FROM {given(model)} AS given"  # noqa: S608 - names of ours
    return f"INSERT INTO {table_of(model)} ({into}) {values}"


def given(model: type[Model]) -> str:
    """The rows of a model in `%(rows)s`, as a table with its columns."""
    table = table_of(model)
    return f"jsonb_populate_recordset(NULL::{table}, %(rows)s -> '{table}')"


def as_json(rows: Rows) -> Jsonb:
    """What `%(rows)s` is given: every column of these rows, by table."""
    found = {
        table_of(model): [
            {name: getattr(row, attribute) for name, attribute in _names(model)} for row in found
        ]
        for model, found in rows.items()
    }
    return Jsonb(found, _encoder.encode)


def mark_saved(rows: Rows) -> None:
    """Let instances know that they stand in the database now, as `save` does."""
    for found in rows.values():
        for row in found:
            row._state.adding = False  # noqa: SLF001 - what `Model.from_db` sets, too
            row._state.db = connection.alias  # noqa: SLF001


def columns(model: type[Model], alias: str) -> str:
    """All columns of a table that a query calls `alias`, in the order that `loaded` reads."""
    return ", ".join(f"{alias}.{name}" for name, _ in _names(model))


def width(model: type[Model]) -> int:
    """How many columns that is."""
    return len(_names(model))


def loaded[M: Model](model: type[M], values: Sequence[Any]) -> M:
    """The instance that a query found with `columns`."""
    row = model.from_db(connection.alias, [attribute for _, attribute in _names(model)], values)
    for field in _json_fields(model):  # what Django has PostgreSQL's driver leave to the field
        value = getattr(row, field.attname)
        setattr(row, field.attname, field.from_db_value(value, None, connection))
    return row


def new[M: Model](model: type[M], **values: Any) -> M:
    """The instance that `model(**values)` is, not saved yet, in a third of the time.

    Worth it where an operation is asked for most: a model asks every column for its default.
    """
    related = {n: values.pop(n) for n in _relations(model) if n in values}
    for name, other in related.items():
        values[f"{name}_id"] = other.pk
    row = model(
        *[
            values.pop(name) if name in values else value() if is_made else value
            for name, value, is_made in _defaults(model)
        ]
    )
    if values:
        raise TypeError(f"{model.__name__} has no {', '.join(values)}")
    for name, other in related.items():
        attach(row, name, other)
    return row


def attach(row: Model, name: str, other: Model | None) -> None:
    """Let an instance know what was found with it by that name, or that there is none."""
    field: Any = _described(type(row)).get_field(name)
    field.set_cached_value(row, other)


def table_of(model: type[Model]) -> str:
    """The name of a model's table."""
    return _described(model).db_table


def _described(model: type[Model]) -> "Options[Any]":
    return model._meta  # noqa: SLF001 - Django documents it as public


@cache
def _names(model: type[Model]) -> list[tuple[str, str]]:
    """The columns of a model, each with the attribute that holds it."""
    return [(str(field.column), field.attname) for field in _described(model).concrete_fields]


@cache
def _json_fields(model: type[Model]) -> list[Any]:
    return [f for f in _described(model).concrete_fields if isinstance(f, JSONField)]


@cache
def _defaults(model: type[Model]) -> list[tuple[str, Any, bool]]:
    """Every attribute of a row with its default, or with what makes one for each row."""
    return [
        (f.attname, f.get_default, True)
        if f.has_default() and callable(f.default)
        else (f.attname, f.get_default(), False)
        for f in _described(model).concrete_fields
    ]


@cache
def _relations(model: type[Model]) -> list[str]:
    return [f.name for f in _described(model).concrete_fields if f.is_relation]


def _plain(value: object) -> Any:
    """As PostgreSQL reads it from text."""
    match value:
        case UUID():
            return str(value)
        case date():  # a datetime is one, too
            return value.isoformat()
        case bytes() | bytearray() | memoryview():
            return f"\\x{value.hex()}"
        # Of an instance that is not saved yet. The stubs do not know what it holds.
        case DatabaseDefault(expression=Value(value=default)):  # type: ignore[misc]
            return default
    raise TypeError(type(value).__name__)


_encoder = JSONEncoder(default=_plain)
