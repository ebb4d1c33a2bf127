"""Mapping files to programs: all that can be known to be wrong is found here, before the first record is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from transforms.mapping.compiling.checks import check_mapping
from transforms.mapping.compiling.fields import Fields
from transforms.mapping.compiling.findings import Findings
from transforms.mapping.compiling.key_patterns import KeyPattern, read_key_pattern
from transforms.mapping.compiling.rules import Rules
from transforms.mapping.compiling.sources import Sources
from transforms.mapping.language.document import Document
from transforms.mapping.language.problems import MappingRefused
from transforms.mapping.program import Program

_Part = TypeVar("_Part")


def compile_mapping(document: Document, environment: Mapping[str, str]) -> Program:
    """The program that a mapping file stands for.

    Args:
        document: the file.
        environment: the variables that `env` names.

    Raises:
        MappingRefused: with all problems that were found, each at its line and column.
    """
    mapping = document.mapping
    findings = Findings(document)
    check_mapping(mapping, findings)
    pattern = _key_pattern(mapping.source.path, findings)
    sources = Sources(findings, delimited=mapping.source.format == "delimited", pattern=pattern)
    if mapping.explode is not None:
        with findings.part():
            sources.set_explode(mapping.explode, ("explode",))
    rules = Rules(mapping, findings, sources, Fields(findings, sources, environment))
    # In the order in which a record is looked at, which is that of its columns, too.
    filters, customer, emits, values = rules.filters(), rules.customer(), rules.emits(), rules.values()
    time, id_, dimensions = rules.time(), rules.id(), rules.dimensions()
    if findings.problems:
        raise MappingRefused(document.file, findings.problems)
    return Program(
        name=mapping.name,
        plan=sources.plan(frozenset(mapping.source.nulls)),
        customer=_sound(customer),
        time=_sound(time),
        emits=emits,
        values=values,
        id=id_,
        item_id=id_ is not None and sources.reads_item(id_.node),
        dimensions=dimensions,
        filters=filters,
        explode=sources.exploded,
        key_pattern=None if pattern is None else pattern.regex,
        splittable="$record.number" not in sources.about,
    )


def _key_pattern(text: str | None, findings: Findings) -> KeyPattern | None:
    if text is not None:
        with findings.part():
            return read_key_pattern(text, ("source", "path"))
    return None


def _sound(part: _Part | None) -> _Part:
    """The part, which is only None where a problem was noted."""
    if part is None:
        raise AssertionError("a part without problems is there")
    return part
