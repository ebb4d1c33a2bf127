"""What each reason code means, in one line for reason files; docs/reasons.md says the same and what to do."""

from __future__ import annotations

from transforms.model.rejections import Code

MEANINGS: dict[Code, str] = {
    Code.UNKNOWN_FORMAT: "The content is in none of the formats that can be read.",
    Code.CORRUPT_COMPRESSION: "The compressed bytes are damaged or end too early; the records before that were used.",
    Code.EXPANSION_LIMIT: "The object decompresses to more than is allowed; the records before that were used.",
    Code.BROKEN_ARCHIVE: "The archive is damaged or ends too early; the members before that were used.",
    Code.TOO_MANY_MEMBERS: "The archive has more members than are allowed; those before that were used.",
    Code.BROKEN_ARRAY: "The JSON array ends or breaks in the middle; the elements before that were used.",
    Code.BAD_ENVELOPE: "The JSON object does not hold its records where they are looked for.",
    Code.BAD_HEADER: "The header of delimited text or Avro cannot be used, or is too long, as may be a Parquet footer.",
    Code.TOO_MANY_COLUMNS: "The object has more columns than are allowed.",
    Code.CORRUPT_FILE: "The file, or a part of it, is damaged, cut off or encrypted; what could be read was used.",
    Code.INVALID_UTF8: "The record holds bytes that are not UTF-8.",
    Code.INVALID_JSON: "The record is not valid JSON.",
    Code.NOT_AN_OBJECT: "The record is valid JSON but not an object.",
    Code.TOO_DEEP: "The record's JSON is nested deeper than the limit.",
    Code.RECORD_TOO_LARGE: "The record, or what it makes, is larger than the limit.",
    Code.COLUMN_COUNT: "The row has more or fewer cells than the header has columns.",
    Code.UNCLOSED_QUOTE: "A quoted cell of the row is not closed, or text follows its closing quote.",
    Code.CORRUPT_BLOCK: "The bytes of the record, or of the block that it stands in, are damaged.",
    Code.WRONG_TYPE: "A field holds a value of another type than the mapping needs.",
    Code.OUT_OF_RANGE: "A field holds a number or a time outside the allowed range.",
    Code.MISSING_FIELD: "A required field is absent or null.",
    Code.BLANK_FIELD: "A required text or name is empty or blank.",
    Code.CONFLICTING_FIELDS: "Fields that exclude each other are both there.",
    Code.BAD_TIME: "A field does not hold a time in the form that the mapping names.",
    Code.UNMAPPED_VALUE: "A field holds a value that is not in the mapping's table.",
    Code.SINK_REFUSED: "The service took the request and refused this event in it.",
}

OBJECT_CODES = frozenset(
    {
        Code.UNKNOWN_FORMAT,
        Code.CORRUPT_COMPRESSION,
        Code.EXPANSION_LIMIT,
        Code.BROKEN_ARCHIVE,
        Code.TOO_MANY_MEMBERS,
        Code.BROKEN_ARRAY,
        Code.BAD_ENVELOPE,
        Code.BAD_HEADER,
        Code.TOO_MANY_COLUMNS,
        Code.CORRUPT_FILE,
    }
)
"""The codes that refuse an object, or the rest of it, and never a record."""


def anchor(code: Code) -> str:
    """The place of the code's section in the documentation."""
    return f"docs/reasons.md#{code.lower()}"
