"""What `meterbeam mapping show` lists of a mapping."""

from __future__ import annotations

from pipelines.mapping_overview import overview, readings
from transforms.mapping.compiling.compiler import compile_mapping
from transforms.mapping.language.document import read_document
from transforms.mapping.program import Program

EVERYTHING = """
version: 1
source: {format: json, path: "{tenant}/{day}.json", nulls: ["-", ""]}
explode: orders[].lines[]
filter:
  - {name: free, drop: "text('plan') == 'free'"}
  - name: priced
    keep: |
      exists('orders[].lines[].price')
      and exists('orders[].id')
customer: {first_of: [$path.tenant, {from: who, strict: true}]}
emit:
  - {meter: {const: calls}, value: {const: 1}, when: "number('orders[].lines[].n') > 0"}
  - {meter: {env: METER}, value: {from: "orders[].lines[].n"}, dimensions: {currency: cur}}
time: {from: at, strict: true, format: epoch_ms}
id: {hash: ["orders[].id", $record.offset]}
dimensions:
  fields: {line: $record.number}
  maps: [{from: tags, strict: true}]
  rest: {drop: [debug]}
"""

JOINED = """
version: 1
customer: who
meter: type
values: {from: data, join: "."}
time: at
"""

SHOWN = """
source
  format     JSON
  path       {tenant}/{day}.json
  nulls      "-" ""
  explode    orders[].lines[], each item makes events of its own
  splitting  off: `$record.number` is counted from an object's start

reads
  plan                    scalar                    filter free
  orders[].lines[].price  raw JSON                  filter priced
  orders[].id             raw JSON                  filter priced
  orders[].lines[].n      scalar                    emit[0].when, emit[1].value
  $path.tenant            of the key                customer
  who                     strict text               customer
  cur                     scalar                    emit[1].dimensions.currency
  at                      strict integer            time
  orders[].id             scalar                    id
  $record.offset          of the record             id
  $record.number          of the record             dimensions.fields.line
  tags                    strict object of scalars  dimensions.maps[0]
  every other key         scalar                    dimensions.rest
  every other column      scalar                    dimensions.rest

fixed
  emit[0].meter  "calls"
  emit[0].value  1
  emit[1].meter  "requests"

leaves out
  free    where text('plan') == 'free'
  priced  unless exists('orders[].lines[].price') and exists('orders[].id')
"""


def program(text: str) -> Program:
    """The program of a mapping file."""
    return compile_mapping(read_document(text, "m.yaml"), {"METER": "requests"})


def test_all_that_a_mapping_says_of_its_source_is_listed() -> None:
    """Kinds, uses, arrays, the pattern of keys, nulls, and what keeps objects from being split."""
    assert "\n".join([*overview(read_document(EVERYTHING, "m.yaml"), program(EVERYTHING)), ""]) == SHOWN


def test_every_planned_field_is_listed() -> None:
    """The meter in front of joined names is read, too; what is not there is left out."""
    assert [(each.path, each.kind, each.uses) for each in readings(program(JOINED))] == [
        ("who", "scalar", ["customer"]),
        ("type", "scalar", ["meter"]),
        ("at", "scalar", ["time"]),
        ("data", "raw JSON", ["values"]),
    ]
    assert [line for line in overview(read_document(JOINED, "m.yaml"), program(JOINED)) if line[:1].strip()] == [
        "source",
        "reads",
    ]
