"""Read the one node of an ONNX file and its attributes, where the library onnx is not at hand.

An ONNX file is a protobuf message; these are its wire format (protobuf.dev, Encoding) and the few fields of
`onnx.proto` that lead to an attribute. What else the file holds is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5
_GRAPH, _NODE = 7, 1
_OPERATOR, _ATTRIBUTE = 4, 5
_NAME, _TEXT, _FLOATS, _INTS, _TEXTS = 1, 4, 7, 8, 9


def only_node(data: bytes) -> tuple[str, dict[str, Any]] | None:
    """The operator of a graph of one node, and its attributes by name; None where the graph has more.

    A list of floats is an array of float32; one of whole numbers, and one of texts, is a list; a text is bytes.

    Raises:
        ValueError: the bytes are no protobuf message.
    """
    graphs = [value for field, value in _fields(memoryview(data)) if field == _GRAPH]
    nodes = [value for graph in graphs for field, value in _fields(graph) if field == _NODE]
    if len(nodes) != 1:
        return None
    operator, attributes = "", {}
    for field, value in _fields(nodes[0]):
        if field == _OPERATOR:
            operator = bytes(value).decode()
        elif field == _ATTRIBUTE:
            name, content = _attribute(value)
            attributes[name] = content
    return operator, attributes


def _attribute(data: memoryview) -> tuple[str, Any]:
    name, text = "", b""
    floats, ints, texts = bytearray(), list[int](), list[bytes]()
    for field, value in _fields(data):
        if field == _NAME:
            name = bytes(value).decode()
        elif field == _TEXT:
            text = bytes(value)
        elif field == _FLOATS:  # one, or packed: many in a row
            floats += value
        elif field == _INTS:
            ints += [value] if isinstance(value, int) else _varints(value)
        elif field == _TEXTS:
            texts.append(bytes(value))
    return name, np.frombuffer(floats, "<f4") if floats else ints or texts or text


def _fields(data: memoryview) -> Iterator[tuple[int, Any]]:
    """Number and value of each field of a message: a whole number, or bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if kind == _LENGTH:
            size, at = _varint(data, at)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            size = 8 if kind == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"Protobuf: Expected a wire type of 0, 1, 2 or 5, was {kind}")
        if at + size > len(data):
            raise ValueError(f"Protobuf: Expected {size} bytes at {at}, were {len(data) - at}")
        yield key >> 3, data[at : at + size]
        at += size


def _varints(data: memoryview) -> list[int]:
    values, at = [], 0
    while at < len(data):
        value, at = _varint(data, at)
        values.append(value)
    return values


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A whole number of seven bits a byte, the lowest first, and where the next thing begins."""
    value = shift = 0
    for here in range(at, min(at + 10, len(data))):
        value |= (data[here] & 0x7F) << shift
        if data[here] < 0x80:
            return value, here + 1
        shift += 7
    raise ValueError(f"Protobuf: Expected a whole number at {at}, was none")
