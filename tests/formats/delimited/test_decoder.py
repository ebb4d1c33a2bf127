"""Cells to planned columns, row by row refusals, and the way back from a row to its bytes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.delimited.reference import BytesSource, reference_record, reference_rows
from transforms.formats.delimited.format import DelimitedFormat
from transforms.formats.format import Limits
from transforms.formats.frames import Decoded, Fault, Frame
from transforms.model.plan import Field, Kind, Plan
from transforms.model.records import PLACES
from transforms.model.rejections import Code, Level, Place

NAMES = ("text", "number", "whole", "other")
HEADER = b"text,number,whole,other\n"
PLAN = Plan(
    (
        Field("whole", ("whole",), Kind.INTEGER),
        Field("text", ("text",), Kind.TEXT),
        Field("number", ("number",), Kind.NUMBER),
        Field("rest", ("rest",), Kind.TEXT_MAP),
    ),
    rest="rest",
)

PLAIN = st.sampled_from(
    [b"", b"a", b" ", b"5", b"-7.50", b"1e3", b" 8 ", b"1e999", b"nan", b"0x1", "é".encode(), b'5"']
)
ODD = st.sampled_from(
    [b'""', b'"a,b"', b'"x\ny"', b'"x\r\n""y"""', b'"5"', b'"\xff"', b"\xff", b"a\rb", b'"', b'"a"b', b"\xef\xbb\xbf"]
)
ROW = st.lists(PLAIN | ODD, min_size=4, max_size=4) | st.lists(PLAIN, min_size=1, max_size=5)
REPEATED = st.sampled_from([[HEADER.strip()], [b"\xef\xbb\xbf" + HEADER.strip()], [HEADER.strip() + b" "]])
ROWS = st.lists(ROW | REPEATED, max_size=8).map(lambda rows: [[b"a", b"1", b"1", b"b"], *rows])
REST_OF_TWO = [("Text", "1"), ("TEXT", "2"), ("x", "4")]
FORMAT = DelimitedFormat()


def read(
    *objects: bytes, plan: Plan = PLAN, flushes: frozenset[int] = frozenset()
) -> tuple[list[Decoded], list[Fault]]:
    """The objects through one decoder, flushed behind those numbered so and at the end; and the faults of framing."""
    decoder, faults, found = FORMAT.decoder(plan, Limits()), [], []
    for index, data in enumerate(objects):
        for item in FORMAT.frames(BytesSource(data), Limits()):
            if isinstance(item, Frame):
                decoder.feed(item, index)
            else:
                faults.append(item)
        if index in flushes:
            found.append(decoder.flush())
    return [*found, decoder.flush()], faults


def columns(body: bytes, plan: Plan = PLAN, header: bytes = HEADER) -> dict[str, list[object]]:
    """The columns of one object that has no faults."""
    (decoded,), faults = read(header + body, plan=plan)
    assert (decoded.faults, faults) == ([], [])
    columns: dict[str, list[object]] = decoded.columns.to_pydict()
    return columns


@settings(max_examples=100, deadline=None)
@given(
    bodies=st.lists(st.tuples(ROWS, st.sampled_from([b"\n", b"\r\n"])), min_size=1, max_size=3),
    flushes=st.frozensets(st.integers(0, 2)),
)
def test_records_and_faults_are_those_of_the_reference(
    bodies: list[tuple[list[list[bytes]], bytes]], flushes: frozenset[int]
) -> None:
    """Any rows give the reference's values, faults, places and bytes, whenever the decoder is asked for them."""
    texts = [ending.join(b",".join(row) for row in rows) for rows, ending in bodies]
    records, faults = [], []
    for index, text in enumerate(texts):
        for line in reference_rows(text, ",", Limits(), header=HEADER.strip()):
            place = (line.offset + len(HEADER), line.length, line.record, line.line + 1)
            found = (line.code, None) if line.code else reference_record(line, NAMES, PLAN)
            if isinstance(found, dict):
                records.append(((index, *place), line.raw, [found[field.name] for field in PLAN.fields]))
            else:
                faults.append((place, line.raw, *found))

    decoded, framing = read(*(HEADER + text for text in texts), flushes=flushes)
    assert repr([record for part in decoded for record in told(part)]) == repr(records)
    refused = [*framing, *(fault for part in decoded for _, fault in part.faults)]
    found = [(fault.place, fault.raw, fault.code, fault.field) for fault in refused]
    wanted = [
        (Place(offset=offset, length=length, record=record, line=line), raw, code, field)
        for (offset, length, record, line), raw, code, field in faults
    ]
    assert sorted(map(repr, found)) == sorted(map(repr, wanted))


def told(decoded: Decoded) -> list[tuple[tuple[int, ...], bytes, list[object]]]:
    """Each row's place, the bytes that stand there in its block, and its values."""
    blocks = [block for block in decoded.blocks for _ in range(block.rows)]
    places = [tuple(place.values()) for place in decoded.places.to_pylist()]
    raws = [block.data[place[1] - block.offset :][: place[2]] for block, place in zip(blocks, places, strict=True)]
    values = [list(row.values()) for row in decoded.columns.to_pylist()]
    return list(zip(places, raws, values, strict=True))


def test_empty_cells_are_null() -> None:
    """An empty cell, quoted or not, is null; one of blanks is text, and null only as a number."""
    assert columns(b',,,\n"","","",""\n , , , \n') == {
        "whole": [None, None, None],
        "text": [None, None, " "],
        "number": [None, None, None],
        "rest": [None, None, [("other", " ")]],
    }


def test_cells_stand_as_they_are() -> None:
    """Text keeps its blanks, line ends and doubled quotes."""
    body = b' a ,,,5" disk\r\n"a\r\n""b""",,,"x,y"\r\n'
    assert columns(body)["text"] == [" a ", 'a\r\n"b"']
    assert columns(body)["rest"] == [[("other", '5" disk')], [("other", "x,y")]]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (b"Text,NUMBER,wHole,x", {"whole": 3, "text": "1", "number": 2.0, "rest": [("x", "4")]}),
        (b"Text,text,number,x", {"whole": None, "text": "2", "number": 3.0, "rest": [("Text", "1"), ("x", "4")]}),
        (
            b"Text,TEXT,number,x",
            {"whole": None, "text": None, "number": 3.0, "rest": REST_OF_TWO},
        ),
    ],
)
def test_names_in_another_case(header: bytes, found: dict[str, object]) -> None:
    """A name that no column has is that of the one in another case; the exact one wins, and two are none."""
    assert columns(b"1,2,3,4\n", header=header + b"\n") == {name: [value] for name, value in found.items()}


@settings(max_examples=60, deadline=None)
@given(names=st.lists(st.sampled_from(["text", "Text", "TEXT", "number", "Number", "other"]), min_size=2, unique=True))
def test_names_in_any_case_are_those_of_the_reference(names: list[str]) -> None:
    """Whichever columns there are, the reference finds the same ones."""
    header = ",".join(names).encode()
    plan = Plan(
        (Field("text", ("text",), Kind.TEXT), Field("N", ("NUMBER",), Kind.NUMBER), PLAN.fields[3]), rest="rest"
    )
    row = b",".join(b"%d" % n for n in range(len(names)))
    (line,) = reference_rows(row, ",", Limits())
    (decoded,), _ = read(header + b"\n" + row, plan=plan)
    assert decoded.columns.to_pylist() == [reference_record(line, tuple(names), plan)]


def test_delimiter_behind_every_row() -> None:
    """Rows that all end in a delimiter have one column without a name more, whether the header ends so or not."""
    plan = Plan((Field("b", ("b",), Kind.TEXT), Field("d", ("d",), Kind.TEXT_MAP)), rest="d")
    expected = {"b": ["2", "4"], "d": [[("a", "1")], [("a", "3")]]}
    for header in (b"a,b\n", b"a,b,\n"):
        for body in (b"1,2,\n3,4,\n", b"1,2,\r\n\r\n3,4,", b'"1","2",\n"3","4",\n'):
            assert columns(body, plan, header) == expected


def test_delimiter_behind_some_rows() -> None:
    """Where not all of the first rows end in a delimiter, those that do have a cell too many."""
    (decoded,), _ = read(b"text,whole\na,1\nb,2,\nc,3\n")
    assert decoded.columns.column("text").to_pylist() == ["a", "c"]
    assert [(fault.code, fault.raw) for _, fault in decoded.faults] == [(Code.COLUMN_COUNT, b"b,2,")]


def test_cells_that_mean_null() -> None:
    """The literals that a plan names are null in every kind, quoted or not, and nothing but the whole cell."""
    plan = Plan(PLAN.fields, rest="rest", nulls=frozenset({"NULL", r"\N"}))
    body = b'NULL,NULL,NULL,NULL\n"NULL",\\N,1,\\N\nnull,1,1,a NULL\n'
    assert columns(body, plan) == {
        "whole": [None, 1, 1],
        "text": [None, None, "null"],
        "number": [None, None, 1.0],
        "rest": [None, None, [("other", "a NULL")]],
    }


def test_rest_in_header_order() -> None:
    """Columns that no field names go into the rest by their header, empty ones left out."""
    plan = Plan((Field("id", ("id",), Kind.TEXT), Field("d", ("d",), Kind.TEXT_MAP)), rest="d")
    body = b"x,1,,2\n,2,y,\nx,3,y,z\n"
    assert columns(body, plan, b"b,id,a,\n")["d"] == [
        [("b", "x"), ("column_4", "2")],
        [("a", "y")],
        [("b", "x"), ("a", "y"), ("column_4", "z")],
    ]


def test_every_column_named() -> None:
    """Where no column is left for the rest, it is null."""
    plan = Plan((Field("id", ("id",), Kind.TEXT), Field("d", ("d",), Kind.TEXT_MAP)), rest="d")
    assert columns(b"1\n2\n", plan, b"id\n")["d"] == [None, None]


def test_fields_without_a_column() -> None:
    """A field whose dotted path is no header, or whose kind has no column, is null; rows are counted all the same."""
    plan = Plan(
        (
            Field("c", ("a", "b"), Kind.TEXT),
            Field("missing", ("x",), Kind.NUMBER),
            Field("map", ("m",), Kind.TEXT_MAP),
            Field("numbers", ("m",), Kind.NUMBER_MAP),
        )
    )
    nothing = {"missing": [None], "map": [None], "numbers": [None]}
    assert columns(b"1,2\n", plan, b"a.b,m\n") == {"c": ["1"], **nothing}
    assert columns(b"1,2\n", plan, b"y,z\n") == {"c": [None], **nothing}


def test_two_fields_of_one_column() -> None:
    """One column may fill several fields, each as its own kind."""
    plan = Plan((Field("n", ("v",), Kind.NUMBER), Field("t", ("v",), Kind.TEXT)))
    assert columns(b"1.10,x\n", plan, b"v,w\n") == {"n": [1.1], "t": ["1.10"]}


@pytest.mark.parametrize(
    ("row", "code", "field", "detail"),
    [
        (b"a,1", Code.COLUMN_COUNT, None, "2 cells where the header has 4"),
        (b"a,1,1,b,", Code.COLUMN_COUNT, None, "5 cells where the header has 4"),
        (b"a,1,1,\xff", Code.INVALID_UTF8, None, "the row is not UTF-8 text"),
        (b"a,\xff", Code.INVALID_UTF8, None, "the row is not UTF-8 text"),
        (b"a,1,5.5,b", Code.WRONG_TYPE, "whole", "'5.5' is not a whole number (such as 5, 5.0 or 5e3)"),
        (b"a,1e999,1,b", Code.OUT_OF_RANGE, "number", "'1e999' does not fit a 64-bit float"),
        (
            b"a,x,y,b",
            Code.WRONG_TYPE,
            "whole",
            "'y' is not a whole number (such as 5, 5.0 or 5e3)",
        ),  # first in the plan
    ],
)
def test_one_bad_row_among_good_ones(row: bytes, code: Code, field: str | None, detail: str) -> None:
    """A bad row is refused with its reason, place and bytes; its neighbours are not touched."""
    (decoded,), _ = read(HEADER + b"a,1,1,b\n" + row + b"\nc,2,2,d\n")
    ((index, fault),) = decoded.faults
    place = Place(offset=len(HEADER) + 8, length=len(row), record=2, line=3)
    assert (index, fault) == (
        0,
        Fault(code=code, level=Level.RECORD, detail=detail, place=place, field=field, raw=row, header=HEADER.strip()),
    )
    assert decoded.columns.to_pydict() == {
        "whole": [1, 2],
        "text": ["a", "c"],
        "number": [1.0, 2.0],
        "rest": [[("other", "b")], [("other", "d")]],
    }
    assert decoded.places.column("record").to_pylist() == [1, 3]


def test_faults_of_every_stage_in_the_order_fed() -> None:
    """Faults found by different checks come in row order, each with the index of its object."""
    first = HEADER + b"a,1,x,\na,1\na,1,1,\xff\n"
    (decoded,), _ = read(first, HEADER + b"a\n")
    codes = [(index, fault.code) for index, fault in decoded.faults]
    assert codes == [(0, Code.WRONG_TYPE), (0, Code.COLUMN_COUNT), (0, Code.INVALID_UTF8), (1, Code.COLUMN_COUNT)]
    assert decoded.columns.num_rows == 0
    assert decoded.blocks == ()


@pytest.mark.parametrize("kind", Kind)
def test_every_kind(kind: Kind) -> None:
    """A cell is read as each kind there is, or stays null where the kind has no column; then it is in the rest."""
    expected = {
        Kind.TEXT: " 5",
        Kind.NUMBER: 5.0,
        Kind.INTEGER: 5,
        Kind.SCALAR: " 5",
        Kind.RAW: " 5",
        Kind.TEXT_MAP: None,
        Kind.NUMBER_MAP: None,
        Kind.ITEMS: None,
    }[kind]
    items = (Field("i", ("i",), Kind.SCALAR),) if kind is Kind.ITEMS else ()
    plan = Plan((Field("x", ("v",), kind, items), Field("rest", ("rest",), Kind.TEXT_MAP)), rest="rest")
    rest = None if expected is not None else [("v", " 5")]
    assert columns(b" 5\n", plan, b"v\n") == {"x": [expected], "rest": [rest]}


def test_whole_record() -> None:
    """A record has no JSON text of its own in delimited text."""
    assert columns(b"a,1\n", Plan((Field("record", (), Kind.RAW),)), b"v,w\n") == {"record": [None]}


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\na\rb,,,\n"])
def test_nulls(ending: bytes) -> None:
    """A cell that the plan calls null is so in every kind and in the rest, whichever way the rows are read."""
    plan = Plan(PLAN.fields, rest="rest", nulls=frozenset({"NULL", "\\N"}))
    body = b'NULL,NULL,\\N,NULL\n"NULL",,,NULL \nnull,1,1,\\N' + ending
    assert {name: column[:3] for name, column in columns(body, plan).items()} == {
        "whole": [None, None, 1],
        "text": [None, None, "null"],
        "number": [None, None, 1.0],
        "rest": [None, [("other", "NULL ")], None],
    }


def test_nothing_fed() -> None:
    """A flush with nothing to give has the plan's columns, and leaves the decoder ready."""
    decoder = FORMAT.decoder(PLAN, Limits())
    decoded = decoder.flush()
    assert (decoded.columns.schema, decoded.columns.num_rows) == (PLAN.schema, 0)
    assert (decoded.places.schema, decoded.places.num_rows) == (PLACES, 0)
    assert (decoded.blocks, decoded.faults) == ((), [])


def test_objects_with_other_headers_and_delimiters() -> None:
    """Each object is read under its own header."""
    (decoded,), _ = read(b"text,number\na,1\n", b"number;text\n2;b\n", b"text,number\nc,3\n")
    assert decoded.columns.column("text").to_pylist() == ["a", "b", "c"]
    assert decoded.columns.column("number").to_pylist() == [1.0, 2.0, 3.0]
    assert [block.header for block in decoded.blocks] == [b"text,number", b"number;text", b"text,number"]


def test_several_runs_in_one_flush() -> None:
    """Objects larger than what is decoded at once still come as one batch, with the schema of the plan."""
    body = b"".join(b"t%d,%d.5,%d,o\n" % (n, n, n) for n in range(120_000))
    (decoded,), _ = read(HEADER + body)
    assert decoded.columns.schema == PLAN.schema
    assert decoded.columns.column("whole").to_pylist() == list(range(120_000))
    assert sum(block.rows for block in decoded.blocks) == 120_000


def test_rows_that_arrow_reads_otherwise() -> None:
    """A lone carriage return is no line end, and a byte order mark within an object is text."""
    body = b"\xef\xbb\xbfa,1,1,x\ry\n"
    assert columns(body)["text"] == ["\ufeffa"]
    assert columns(body)["rest"] == [[("other", "x\ry")]]
    assert columns(b"\xef\xbb\xbfa,1,1,x\n")["text"] == ["\ufeffa"]
    assert columns(b"a,1,1,x\r\r\n")["rest"] == [[("other", "x\r")]]
