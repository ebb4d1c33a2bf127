"""The native JSON decoder against the reference: the same rows, places, faults and words, whatever it is fed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.json.records import DEPTH, frame_of, planned_records
from transforms.formats.format import Limits
from transforms.formats.frames import Decoded, Frame
from transforms.formats.json.native_decoder import NativeDecoder
from transforms.formats.json.reference_decoder import JsonDecoder, Separator
from transforms.model.plan import Field, Kind, Plan
from transforms.native import native

pytestmark = pytest.mark.skipif(native is None, reason="the compiled part is not installed, or turned off")

EXAMPLES = int(os.environ.get("METERBEAM_ORACLE_EXAMPLES", "1000"))
"""More of them make this the test that runs for hours."""

LIMITS = Limits(depth=DEPTH)


def decoded(decoder: JsonDecoder | NativeDecoder, frames: list[Frame]) -> Decoded:
    """What a decoder makes of frames of as many objects."""
    for index, frame in enumerate(frames):
        decoder.feed(frame, index)
    return decoder.flush()


def agree(plan: Plan, frames: list[Frame]) -> Decoded:
    """Both decoders make the same of the frames, and again of what they are fed next; that."""
    native_one, python_one = NativeDecoder(plan, LIMITS), JsonDecoder(plan, LIMITS, Separator.LINE)
    first = same(plan, decoded(native_one, frames), decoded(python_one, frames))
    again = same(plan, decoded(native_one, frames), decoded(python_one, frames))
    assert _zeros_alike(first.columns.to_pylist()) == _zeros_alike(again.columns.to_pylist())
    return first


def same(plan: Plan, ours: Decoded, reference: Decoded) -> Decoded:
    """Both decoders made the same of some frames; that."""
    ours.columns.validate(full=True)
    assert ours.columns.schema.equals(plan.schema)
    assert _zeros_alike(ours.columns.to_pylist()) == _zeros_alike(reference.columns.to_pylist())
    assert ours.places.equals(reference.places)
    assert ours.blocks == reference.blocks
    assert ours.faults == reference.faults
    return ours


def _zeros_alike(rows: Any) -> str:
    # 5 and 5.0 are told apart, the zeros are not: a number -0 is zero.
    return repr(rows).replace("-0.0", "0.0")


@settings(max_examples=EXAMPLES, deadline=None)
@given(planned_records(), st.integers(1, 3))
def test_same_as_the_reference(planned: tuple[Plan, list[bytes]], each: int) -> None:
    """Of any plan and any records, over the borders of frames and objects."""
    plan, records = planned
    agree(plan, [frame_of(records[at : at + each]) for at in range(0, len(records), each)])


_MARKS = [bytes([byte]) for byte in b'{}[]:,"\\ \t\n-0159.eEu/tfnx']
_ODD = [b"\x00", b"\x1f", b"\x7f", b"\xff", b"\xc3", b"\xa9", b"\\u", b"\\ud83d", b"\\ude00"]
_WORDS = [b"true", b"null", b"1e400", b'"a"', b'{"a":', b"[[[[[[[", b'"' + b"x" * 17 + b'"']
_PIECES = st.sampled_from([*_MARKS, *_ODD, *_WORDS])
_SOUP = st.lists(_PIECES, min_size=1, max_size=30).map(b"".join)
_SOUP_PLAN = Plan(
    (
        Field("t", ("a",), Kind.SCALAR),
        Field("m", ("a",), Kind.TEXT_MAP),
        Field("r", (), Kind.RAW),
        Field("l", ("x",), Kind.ITEMS, (Field("i", ("a",), Kind.NUMBER),)),
    )
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(_SOUP | _SOUP.map(lambda soup: b'{"a":' + soup + b"}"), min_size=1, max_size=4))
def test_anything_is_refused_alike(records: list[bytes]) -> None:
    """Bytes that hardly ever are JSON are refused for the same reason at the same byte; framing takes blanks off."""
    agree(_SOUP_PLAN, [frame_of([record.strip(b" \t\n\r") or b"?" for record in records])])


@pytest.mark.parametrize("length", [0, 1, 7, 8, 15, 16, 17, 31, 32, 33, 100])
@pytest.mark.parametrize("odd", [b'"', b"\\n", b"\\u00e9", "\u00e9".encode(), b"\x01", b"\\x", b"\xff", b""])
def test_strings_of_every_length(length: int, odd: bytes) -> None:
    """What is special in a string is seen wherever it stands, in planned and in skipped ones."""
    texts = [b"y" * before + odd + b"y" * (length - before) for before in range(length + 1)]
    agree(_SOUP_PLAN, [frame_of([b'{"q":"' + text + b'","a":"' + text + b'"}' for text in texts])])


def test_deep_nesting_costs_its_record() -> None:
    """A hundred thousand levels are a fault like any other, in skipped values, too."""
    deep = [b'{"a":' * 100_000, b"[" * 100_000, b'{"q":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b'{"a":null}']
    assert agree(_SOUP_PLAN, [frame_of(deep)]).columns.num_rows == 1


def test_many_keys() -> None:
    """An object of which more keys are planned than bits tell apart, and a map with many entries, one of them twice."""
    plan = Plan((*(Field(f"k{n}", (f"k{n}",), Kind.INTEGER) for n in range(200)), Field("m", ("m",), Kind.TEXT_MAP)))
    entries = ",".join(f'"k{n}":{n}' for n in range(200))
    twice = f'{{{entries},"m":{{{entries},"k7":"last"}}}}'
    made = agree(plan, [frame_of([twice.encode(), f"{{{entries}}}".encode()])])
    assert made.columns.column("k199").to_pylist() == [199, 199]


def test_a_frame_that_is_none() -> None:
    """Places outside the bytes are an error of this program, and touch no memory."""
    decoder = NativeDecoder(_SOUP_PLAN, LIMITS)
    for start, length in ((0, 3), (-1, 1), (2, 1), (0, -1), (2**62, 1)):
        frame = frame_of([b"{}"])
        frame.starts[0], frame.lengths[0] = start, length
        with pytest.raises(ValueError, match="do not lie in the frame's bytes"):
            decoder.feed(frame, 0)
    decoder.feed(frame_of([b"{}"]), 0)
    assert decoder.flush().columns.num_rows == 1


def test_other_threads_run_meanwhile() -> None:
    """Decoding does not hold the interpreter."""
    frame = frame_of([b'{"q":[' + b"1," * 4_000_000 + b"1]}"])
    ticks = []
    decoding = threading.Thread(target=NativeDecoder(_SOUP_PLAN, LIMITS).feed, args=(frame, 0))
    decoding.start()
    while decoding.is_alive():
        ticks.append(time.perf_counter())
        time.sleep(0)
    assert len(ticks) > 20


def test_it_can_be_turned_off() -> None:
    """By the environment, and the command says so."""
    command = [sys.executable, "-c", "from transforms.native import described; print(described())"]
    environment = {**os.environ, "METERBEAM_NATIVE": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "Python (METERBEAM_NATIVE=0)\n"


def test_rows_are_taken_once() -> None:
    """What was handed over to Arrow is not handed over again."""
    decoder = native.Decoder([("a", [b"a"], "text", [])], 8)
    decoder.decode(b'{"a":"x"}', np.array([0]), np.array([9], np.int32))
    batch = decoder.take()
    batch.__arrow_c_array__()
    with pytest.raises(ValueError, match="taken already"):
        batch.__arrow_c_array__()
