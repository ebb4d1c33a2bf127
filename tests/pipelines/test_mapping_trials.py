"""The tests of a mapping file are run on their records, and say how an outcome differs."""

from __future__ import annotations

import pytest

from pipelines.mapping_trials import Trial, run_trials
from transforms.mapping.language.document import read_document
from transforms.mapping.language.problems import MappingRefused

MAPPING = """
version: 1
{source}
filter: [{{name: tests, drop: "text('who') == 'test'"}}]
customer: who
meter: {{const: calls}}
value: n
time: at
id: id
dimensions:
  rest: {{of: columns}}
  fields: {{region: region, file: $object.key, bucket: $object.bucket}}
tests:
  - name: one
{test}
"""

RECORD = 'record: {who: acme, n: 2, at: "2026-11-20T00:00:00Z", id: e-1, region: eu}'


def trial(*test: str, source: str = "") -> Trial:
    """The only test of a mapping, made of these lines, run."""
    lines = "\n".join(f"    {line}" for line in test)
    (only,) = run_trials(read_document(MAPPING.format(source=source, test=lines), "m.yaml"), {})
    return only


def test_an_event_as_expected_passes() -> None:
    """All keys are compared; a time may be RFC 3339, and a number of a dimension stands for its text."""
    events = """events: [{customer: acme, meter: calls, value: 2, time: "2026-11-20T01:00:00+01:00", id: e-1,
      dimensions: {region: eu, file: test.json, bucket: test}}]"""

    assert trial(RECORD, events) == Trial(name="one")
    assert trial(RECORD, events).passed


def test_only_the_keys_that_are_given_are_compared() -> None:
    """An expected event may name one of its parts."""
    assert trial(RECORD, "events: [{time: 1795132800000}]").passed


def test_a_difference_is_shown_as_two_lines() -> None:
    """What was expected and what was found, in the same form."""
    found = trial(RECORD, "events: [{customer: acne, value: 2.5, dimensions: {region: us}}]")

    assert found.diff == (
        '- event 1 customer: "acne"',
        '+ event 1 customer: "acme"',
        "- event 1 value: 2.5",
        "+ event 1 value: 2.0",
        '- event 1 dimensions: {"region": "us"}',
        '+ event 1 dimensions: {"region": "eu", "file": "test.json", "bucket": "test"}',
    )
    assert not found.passed


def test_a_wrong_number_of_events_shows_them() -> None:
    """Events that were not expected are shown whole."""
    found = trial(RECORD, "events: []")

    assert found.diff[:2] == ("- 0 events", "+ 1 event")
    assert '"id": "e-1"' in found.diff[2]


def test_a_part_that_events_do_not_have_is_named() -> None:
    """A misspelt key must not pass for want of anything to compare with."""
    assert trial(RECORD, "events: [{custmer: acme}]").diff == (
        "event 1 has no `custmer`; there are customer, meter, value, time, id, dimensions",
    )


@pytest.mark.parametrize("expected", ["MISSING_FIELD", "MISSING_FIELD who"])
def test_a_rejection_is_the_code_or_code_and_field(expected: str) -> None:
    """Either form passes."""
    assert trial('record: {n: 2, at: "2026-11-20T00:00:00Z"}', f"rejection: {expected}").passed


def test_another_rejection_is_shown_with_its_detail() -> None:
    """The code, the field and the sentence that a reason file would have."""
    found = trial('record: {who: acme, n: two, at: "2026-11-20T00:00:00Z"}', "rejection: MISSING_FIELD who")

    assert found.diff[0] == "- rejection: MISSING_FIELD who"
    assert found.diff[1].startswith("+ rejection: WRONG_TYPE n (")


def test_a_rejection_in_place_of_events_is_shown() -> None:
    """And the other way round."""
    assert trial("record: {who: acme}", "events: [{value: 1}]").diff[1].startswith("+ rejection: MISSING_FIELD")
    assert trial(RECORD, "rejection: BAD_TIME").diff[1] == "+ 1 event"


def test_a_filter_is_known_by_its_name() -> None:
    """Another filter's name does not pass."""
    assert trial("record: {who: test}", "filtered: tests").passed
    assert trial("record: {who: test}", "filtered: emit").diff == ("- filtered: emit", "+ filtered: tests")


@pytest.mark.parametrize(("source", "key"), [("source: {format: delimited}", "x"), ("", "a/x.csv.gz"), ("", "x.TSV")])
def test_cells_by_column(source: str, key: str) -> None:
    """Delimited by the mapping or by the key: null is an empty cell, and what is nested is JSON."""
    found = trial(
        'record: {who: acme, n: 2, at: "2026-11-20T00:00:00Z", region: null,',
        '         note: "a, \\"b\\"", size: 1.5, tags: {a: 1}}',
        f"key: {key}",
        f"events: [{{dimensions: {{file: {key}, bucket: test, note: 'a, \"b\"', size: 1.5, tags: '{{\"a\": 1}}'}}}}]",
        source=source,
    )

    assert found.diff == ()


def test_the_environment_is_what_is_given() -> None:
    """A mapping that takes a value from it is run with that."""
    text = MAPPING.format(source="", test=f"    {RECORD}\n    events: [{{meter: from-env}}]")
    document = read_document(text.replace("{const: calls}", "{env: METER}"), "m.yaml")

    assert run_trials(document, {"METER": "from-env"})[0].passed
    with pytest.raises(MappingRefused, match="METER"):
        run_trials(document, {})
