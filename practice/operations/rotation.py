"""Sealing again, with the key of today, what an older key has sealed.

Every value says which key sealed it, so nothing has to remember how far this is: started again, it
goes on with what is left. New values are sealed with the new key meanwhile.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import Func, QuerySet, Value

from practice.sealing import (
    Tampered,
    UnknownKey,
    current_header,
    seal,
    sealed_with,
    unseal,
)

#: Values written in one transaction, and the most that are in memory at a time.
BATCH = 500
#: A row that somebody is writing is passed over, never waited for; it is there the next time.
_PASSES = 5


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of one batch. `last`: where the next one begins; None when there was nothing."""

    last: object | None
    resealed: int = 0
    #: Left as they are, since they cannot be opened: how many, by the key that is missing.
    lost: Counter[str] = field(default_factory=Counter)
    #: Left as they are, since they do not authenticate: altered, or moved from another row.
    altered: int = 0


class Place(Protocol):
    """Where sealed values are kept."""

    @property
    def name(self) -> str:
        """What the command calls it."""

    def waiting(self) -> int:
        """How many values are not sealed with the key of today."""

    def reseal(self, *, after: object | None, size: int) -> Batch:
        """Seal the next `size` of them again, in one transaction."""


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A binary column with sealed values, of a model whose primary key is a UUID.

    `label` and `field` are what the values are bound to, besides the row; `field_from` names the
    column that holds the field, where it differs from row to row.
    """

    model: type[models.Model]
    column: str
    label: str
    field: str = ""
    field_from: str = ""

    @property
    def name(self) -> str:
        label = self.model._meta.label_lower  # noqa: SLF001 - Django's documented name for it
        return f"{label}.{self.column}"

    def waiting(self) -> int:
        return self._waiting().count()

    @transaction.atomic(durable=True)
    def reseal(self, *, after: object | None, size: int) -> Batch:
        """Locks only rows that are free: it waits for nobody, and so cannot be in a deadlock."""
        rows = self._waiting().select_for_update(skip_locked=True, no_key=True)
        if after is not None:
            rows = rows.filter(pk__gt=after)
        names = ["pk", self.column, *([self.field_from] if self.field_from else [])]
        found = list(rows.order_by("pk").values_list(*names)[:size])
        if not found:
            return Batch(last=None)
        lost: Counter[str] = Counter()
        altered = 0
        changed: list[tuple[bytes, UUID]] = []
        for pk, value, *rest in found:
            where = str(rest[0]) if rest else self.field
            try:
                text = unseal(value, label=self.label, row=pk, field=where)
            except UnknownKey:
                lost[sealed_with(bytes(value))] += 1
            except Tampered:
                altered += 1
            else:
                changed.append((seal(text, label=self.label, row=pk, field=where), pk))
        self._write(changed)
        return Batch(found[-1][0], len(changed), lost, altered)

    def _waiting(self) -> QuerySet[models.Model]:
        head = current_header()
        begins = Func(
            self.column,
            template=f"substring(%(expressions)s from 1 for {len(head)})",
            output_field=models.BinaryField(),
        )
        rows: QuerySet[models.Model] = QuerySet(self.model)
        older: QuerySet[models.Model] = (
            rows.filter(**{f"{self.column}__isnull": False})
            .alias(begins=begins)
            .exclude(begins=Value(head, output_field=models.BinaryField()))
        )
        return older

    def _write(self, changed: Sequence[tuple[bytes, UUID]]) -> None:
        if not changed:
            return
        meta = self.model._meta  # noqa: SLF001 - Django's documented name for it
        names = [meta.db_table, self.column, meta.pk.attname]
        table, column, key = map(connection.ops.quote_name, names)
        statement = f"UPDATE {table} SET {column} = %s WHERE {key} = %s"  # noqa: S608 - our names
        with connection.cursor() as cursor:
            cursor.executemany(statement, changed)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one place is."""

    place: str
    done: int
    total: int
    lost: Counter[str]
    altered: int
    #: Nothing more can be done here now.
    is_over: bool = False

    @property
    def left(self) -> int:
        """Values that are still sealed with an older key."""
        return max(self.total - self.done, 0)


def rotate(places: Sequence[Place], *, batch: int = BATCH) -> Iterator[Progress]:
    """Seal again, place by place; yields after each batch, which is then committed."""
    for place in places:
        yield from _rotate(place, batch)


def _rotate(place: Place, size: int) -> Iterator[Progress]:
    total = place.waiting()
    done = 0
    lost: Counter[str] = Counter()
    altered = 0
    for _pass in range(_PASSES):
        after: object | None = None
        lost, altered = Counter(), 0
        while (result := place.reseal(after=after, size=size)).last is not None:
            after = result.last
            done += result.resealed
            lost += result.lost
            altered += result.altered
            yield Progress(place.name, done, max(total, done), lost, altered)
        left = place.waiting()
        if left <= lost.total() + altered:
            break
    yield Progress(place.name, done, done + place.waiting(), lost, altered, is_over=True)
