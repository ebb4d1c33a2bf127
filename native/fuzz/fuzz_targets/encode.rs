//! Any bytes as lines of events: what is read of them is written so that it is read again as the same, in every form as
//! JSON, and hashed, all across Arrow's C data interface.
#![no_main]

use _native::arrow::{ArrowArray, ArrowSchema};
use _native::columns::Table;
use _native::decoding::Decoding;
use _native::digests::joint_digests;
use _native::encoding::events::texts;
use _native::encoding::forms::Form;
use _native::import::Import;
use _native::plan::{Field, Kind, Step};
use libfuzzer_sys::fuzz_target;

const DEPTH: usize = 6;

fn fields(names: &[(&str, Kind)]) -> Vec<Field> {
    let path = |name: &str| vec![Step::Key(name.as_bytes().to_vec())];
    names.iter().map(|&(name, kind)| Field { name: name.into(), path: path(name), kind, items: vec![] }).collect()
}

fn events() -> Vec<Field> {
    fields(&[
        ("customerId", Kind::Text),
        ("meterApiName", Kind::Text),
        ("meterValue", Kind::Number),
        ("meterTimeInMillis", Kind::Integer),
        ("uniqueId", Kind::Text),
        ("dimensions", Kind::TextMap),
    ])
}

/// The rows of the lines that decode, and how many do not.
fn decoded(fields: &[Field], data: &[u8]) -> (Table, usize) {
    let (mut starts, mut lengths, mut at) = (vec![], vec![], 0);
    for line in data.split(|&byte| byte == b'\n') {
        if !line.is_empty() {
            starts.push(at);
            lengths.push(line.len() as i32);
        }
        at += line.len() as i64 + 1;
    }
    let mut decoding = Decoding::new(fields.to_vec(), DEPTH);
    let refused = decoding.decode(data, &starts, &lengths).unwrap().len();
    (decoding.take(), refused)
}

fn import(fields: &[Field], table: Table) -> Import {
    let (mut schema, mut array) = (ArrowSchema::of(fields), ArrowArray::of(table));
    // SAFETY: both follow the interface, and nothing else has them.
    unsafe { Import::take(&mut schema, &mut array) }.unwrap()
}

/// The lines of the events in this form; none where a column has a null, or a time is beyond the form.
fn written(table: Table, form: Form) -> Option<Vec<u8>> {
    let import = import(&events(), table);
    let lines = texts(&import.events().ok()?, form, b"\n").ok()?;
    Some(lines.data().to_vec())
}

fuzz_target!(|data: &[u8]| {
    let (table, _) = decoded(&events(), data);
    if let Some(lines) = written(table, Form::Meter) {
        let (again, refused) = decoded(&events(), &lines);
        assert_eq!(refused, 0);
        assert_eq!(written(again, Form::Meter).as_deref(), Some(&lines[..]));
    }
    if let Some(lines) = written(decoded(&events(), data).0, Form::CloudEvents) {
        let cloud = fields(&[("id", Kind::Text), ("time", Kind::Text), ("data", Kind::TextMap)]);
        assert_eq!(decoded(&cloud, &lines).1, 0);
    }
    let columns = fields(&[("customerId", Kind::Scalar), ("uniqueId", Kind::Raw), ("dimensions", Kind::Raw)]);
    let import = import(&columns, decoded(&columns, data).0);
    let (rows, columns) = import.texts().unwrap();
    assert_eq!(joint_digests(&columns, rows).len(), rows * 32);
});
