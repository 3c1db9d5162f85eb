from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ticklake_assets.core.errors import BundleError
from ticklake_assets.modeling.deployed.document import Document, read_document


class Note(Document):
    words: str
    number: float


@given(st.text(), st.floats(allow_nan=False, allow_infinity=False))
def test_documents_come_back_bit_for_bit(words: str, number: float) -> None:
    note = Note(words=words, number=number)
    again = read_document(Note, note.canonical(), "note")
    assert again == note
    assert again.canonical() == note.canonical()


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"{", "its start"),
        (b'{"words":"a"}', "number"),
        (b'{"words":"a","number":NaN}', ""),
        (b'{"words":"a","number":"much"}', "number"),
        (b'{"words":"a","number":1,"more":2}', "more"),
    ],
)
def test_what_is_not_the_document_is_named(data: bytes, where: str) -> None:
    with pytest.raises(BundleError, match=f"The note misfits at {where}.*Expected a Note document"):
        read_document(Note, data, "note")


def test_infinity_is_no_number_of_a_document() -> None:
    with pytest.raises(ValidationError):
        Note(words="", number=float("inf"))
