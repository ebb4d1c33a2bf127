"""What the slow interpreter has from elsewhere: slow expressions, and the environment."""

from __future__ import annotations

from collections.abc import Mapping

from tests.mapping.expression_oracle import evaluate
from tests.mapping.oracle_fields import Language
from tests.mapping.oracle_sources import Candidate
from tests.mapping.oracle_values import Value, convert
from transforms.mapping.language.paths import parse_path


def language(environment: Mapping[str, str]) -> Language:
    """The language with these variables."""
    return Language(_expression, environment)


def _expression(text: str, candidate: Candidate, lenient: bool) -> Value:
    def read(path: str, wanted: str) -> Value:
        if wanted == "any":
            return None if candidate.read(parse_path(path), "any") is None else True
        value: Value = candidate.read(parse_path(path), "scalar")
        return convert(value, "string" if wanted == "text" else wanted)

    return evaluate(text, read, condition=lenient)
