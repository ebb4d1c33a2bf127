"""One JSON object an object."""

from __future__ import annotations

import gzip
import io

import pytest

from transforms.formats.format import Limits
from transforms.formats.frames import FRAME_BYTES, Fault, Frame
from transforms.formats.json.object import JsonObjectFormat
from transforms.formats.sources import DecodedSource
from transforms.model.rejections import Code, Level, Place


def frames(data: bytes, limit: int = 1000) -> list[Frame | Fault]:
    """What framing gives."""
    return list(JsonObjectFormat().frames(DecodedSource(io.BytesIO(data)), Limits(record_bytes=limit)))


@pytest.mark.parametrize("before", [b"", b"\n \r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", b"\n" * (FRAME_BYTES + 3)])
@pytest.mark.parametrize("behind", [b"", b"\n", b" " * (FRAME_BYTES + 3)])
def test_one_record(before: bytes, behind: bytes) -> None:
    """The record is what stands between the blanks, at its own place."""
    record = b'{\n  "a": 1\n}'
    items = frames(before + record + behind)
    assert len(items) == 1
    frame = items[0]
    assert isinstance(frame, Frame)
    line = 1 + before.count(b"\n")
    assert frame.place(0) == Place(offset=len(before), length=len(record), record=1, line=line)
    assert frame.raw(0) == record


def test_more_behind_it() -> None:
    """A second value is no separate record: the whole is one, which the decoder refuses with all its bytes."""
    items = frames(b'{"a":\n1}\n{"a":2}')
    assert [item.raw(0) for item in items if isinstance(item, Frame)] == [b'{"a":\n1}\n{"a":2}']


@pytest.mark.parametrize("size", [1000, 1001, 70_000, 3 * FRAME_BYTES])
def test_limit(size: int) -> None:
    """An object over the limit is refused with its full length and a bounded head."""
    record = b'{"a":"' + b"x" * (size - 8) + b'"}'
    items = frames(record + b" \n" * 50_000)
    assert len(items) == 1
    if size <= 1000:
        assert isinstance(items[0], Frame)
        return
    fault = items[0]
    assert isinstance(fault, Fault)
    assert (fault.code, fault.level) == (Code.RECORD_TOO_LARGE, Level.RECORD)
    assert fault.place == Place(offset=0, length=size, record=1, line=1)
    assert fault.raw is not None
    assert record.startswith(fault.raw.rstrip())
    assert len(fault.raw) <= 65536


@pytest.mark.parametrize("size", [10, 300_000])
def test_broken_stream(size: int) -> None:
    """An object that was cut is no record, and its bytes are counted."""
    fault = frames(gzip.compress(b"\n\n{" + b" " * (size - 1))[:-1])
    assert [item.code for item in fault if isinstance(item, Fault)] == [Code.CORRUPT_COMPRESSION]
    assert isinstance(fault[0], Fault)
    assert f"the {size:,} bytes of a record" in fault[0].detail
