"""Sealed text: opens where it was sealed, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice.domain.cipher import Keyring, Tampered, UnknownKey, seal, sealed_with, unseal

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
RING = Keyring(keys={"2026a": OLD}, current="2026a")
HERE = "request:1:words"


@given(st.text())
def test_what_was_sealed_opens_again(text: str) -> None:
    assert unseal(seal(text, context=HERE, keyring=RING), context=HERE, keyring=RING) == text


def test_nothing_of_the_text_can_be_read() -> None:
    value = seal("canary in a coal mine", context=HERE, keyring=RING)

    assert b"canary" not in value
    assert seal("canary in a coal mine", context=HERE, keyring=RING) != value


@pytest.mark.parametrize("elsewhere", ["request:2:words", "request:1:topics", "answer:1:words"])
def test_a_value_moved_elsewhere_does_not_open(elsewhere: str) -> None:
    value = seal("mine", context=HERE, keyring=RING)

    with pytest.raises(Tampered):
        unseal(value, context=elsewhere, keyring=RING)


def test_a_value_altered_in_any_byte_does_not_open() -> None:
    value = seal("mine", context=HERE, keyring=RING)

    for place in range(len(value)):
        for flipped in (1, 0x80):
            altered = value[:place] + bytes([value[place] ^ flipped]) + value[place + 1 :]
            with pytest.raises((Tampered, UnknownKey)):
                unseal(altered, context=HERE, keyring=RING)


@pytest.mark.parametrize("length", [0, 1, 2, 7, 12, 18])
def test_what_was_never_sealed_does_not_open(length: int) -> None:
    with pytest.raises(Tampered):
        unseal(seal("mine", context=HERE, keyring=RING)[:length], context=HERE, keyring=RING)


def test_a_key_that_left_the_keyring_is_named() -> None:
    value = seal("mine", context=HERE, keyring=RING)

    with pytest.raises(UnknownKey, match="2026a"):
        unseal(value, context=HERE, keyring=Keyring(keys={"2026b": NEW}, current="2026b"))


def test_a_new_key_seals_while_the_old_one_still_opens() -> None:
    both = Keyring(keys={"2026b": NEW, "2026a": OLD}, current="2026b")
    old = seal("before", context=HERE, keyring=RING)
    new = seal("after", context=HERE, keyring=both)

    assert unseal(old, context=HERE, keyring=both) == "before"
    assert unseal(new, context=HERE, keyring=both) == "after"
    assert (sealed_with(old), sealed_with(new)) == ("2026a", "2026b")


@pytest.mark.parametrize(
    ("keys", "current"),
    [({"a": OLD}, "b"), ({"a": b"short"}, "a"), ({"": OLD}, ""), ({"x" * 256: OLD}, "x" * 256)],
)
def test_a_keyring_that_cannot_work_is_refused(keys: dict[str, bytes], current: str) -> None:
    with pytest.raises(ValueError, match="key"):
        Keyring(keys=keys, current=current)
