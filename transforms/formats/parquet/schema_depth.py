"""How deep the schema in a footer nests, found without building it.

pyarrow builds it by a function that calls itself for each level, and a footer of some ten thousand levels ends the
process. So the schema is walked first, in the compact protocol that footers are written in
(https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md); what its fields are stands in
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift.
"""

from __future__ import annotations

_STOP, _TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT, _UUID = 0, 1, 2, 3, 7, 8, 9, 10, 11, 12, 13
_INTEGERS = frozenset({4, 5, 6})
_SIZES = {_BYTE: 1, _DOUBLE: 8, _UUID: 16}
_SCHEMA_FIELD, _CHILDREN_FIELD = 2, 5
_NESTED_VALUES = 16
"""How deep the value of one field may nest; the deepest that Parquet knows has four levels."""


class Malformed(Exception):
    """Bytes that are not of the protocol."""


def schema_depth(footer: bytes) -> int:
    """How many levels the deepest element has above it, the root counted as none.

    Raises:
        Malformed: the bytes cannot be walked through.
    """
    try:
        return _depth(_Walk(footer))
    except IndexError:
        raise Malformed("it ends too early") from None


def _depth(walk: _Walk) -> int:
    field = 0
    while (header := walk.field(field)) is not None:
        field, kind = header
        if field == _SCHEMA_FIELD and kind == _LIST:
            return _deepest(walk)
        walk.skip(kind)
    raise Malformed("it has no schema")


def _deepest(walk: _Walk) -> int:
    count, kind = walk.list()
    if kind != _STRUCT:
        raise Malformed("its schema is none")
    open_levels: list[int] = []
    deepest = 0
    for _ in range(count):
        deepest = max(deepest, len(open_levels))
        if open_levels:
            open_levels[-1] -= 1
        children = _children(walk)
        if children > 0:
            open_levels.append(children)
        while open_levels and not open_levels[-1]:
            open_levels.pop()
    return deepest


def _children(walk: _Walk) -> int:
    """How many elements lie below this one, which is passed over."""
    field = children = 0
    while (header := walk.field(field)) is not None:
        field, kind = header
        if field == _CHILDREN_FIELD and kind in _INTEGERS:
            number = walk.varint()
            children = number >> 1 ^ -(number & 1)
        else:
            walk.skip(kind)
    return children


class _Walk:
    """A place in the bytes, which moves on."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def varint(self) -> int:
        """The next number, as it stands there."""
        value = shift = 0
        while True:
            byte = self._data[self._at]
            self._at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise Malformed("it has a number of more than 64 bits")

    def field(self, before: int) -> tuple[int, int] | None:
        """The number and type of the next field of a struct, given the one before; None at its end."""
        byte = self._data[self._at]
        self._at += 1
        if byte & 0x0F == _STOP:
            return None
        if byte >> 4:
            return before + (byte >> 4), byte & 0x0F
        number = self.varint()
        return number >> 1 ^ -(number & 1), byte & 0x0F

    def list(self) -> tuple[int, int]:
        """How many items a list has, and their type."""
        byte = self._data[self._at]
        self._at += 1
        return (self.varint() if byte >> 4 == 0x0F else byte >> 4), byte & 0x0F

    def skip(self, kind: int, depth: int = 0, *, item: bool = False) -> None:
        """Go behind a value of this type; truths have bytes of their own among items only."""
        if depth > _NESTED_VALUES:
            raise Malformed("a value in it nests too deep")
        if kind in (_TRUE, _FALSE):
            self._at += item
        elif kind in _INTEGERS:
            self.varint()
        elif kind in _SIZES:
            self._at += _SIZES[kind]
        elif kind == _BINARY:
            size = self.varint()
            self._at += size
        elif kind in (_LIST, _SET):
            count, inner = self.list()
            self._skip_items(count, (inner,), depth)
        elif kind == _MAP:
            count = self.varint()
            kinds = self._data[self._at] if count else 0
            self._at += bool(count)
            self._skip_items(count, (kinds >> 4, kinds & 0x0F), depth)
        elif kind == _STRUCT:
            number = 0
            while (header := self.field(number)) is not None:
                number = header[0]
                self.skip(header[1], depth + 1)
        else:
            raise Malformed(f"it has a value of the unknown type {kind}")

    def _skip_items(self, count: int, kinds: tuple[int, ...], depth: int) -> None:
        for _ in range(count):
            if self._at >= len(self._data):
                raise IndexError
            for kind in kinds:
                self.skip(kind, depth + 1, item=True)
