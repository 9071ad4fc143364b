"""Sealing with this installation's keys: bound to label, row and field."""

from uuid import uuid4

import pytest

from practice.sealing import Tampered, seal, unseal


def test_a_value_opens_for_its_own_label_row_and_field_only() -> None:
    row, other = uuid4(), uuid4()
    value = seal("mine", label="request", row=row, field="words")

    assert unseal(value, label="request", row=row, field="words") == "mine"
    assert unseal(memoryview(value), label="request", row=row, field="words") == "mine"
    for label, where, field in (
        ("answer", row, "words"),
        ("request", other, "words"),
        ("request", row, "topics"),
    ):
        with pytest.raises(Tampered):
            unseal(value, label=label, row=where, field=field)
