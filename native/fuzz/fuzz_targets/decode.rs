//! Any bytes as lines of records: both ways of decoding make the same rows and refusals, and touch no memory of others.
#![no_main]

use _native::arrow::{ArrowArray, ArrowSchema};
use _native::decoding::Decoding;
use _native::plan::{Field, Kind, Step};
use libfuzzer_sys::fuzz_target;

fn field(path: &[&str], kind: Kind, items: Vec<Field>) -> Field {
    let step = |step: &&str| step.parse().map_or_else(|_| Step::Key(step.as_bytes().to_vec()), Step::Index);
    Field { name: format!("{path:?}{kind:?}"), path: path.iter().map(step).collect(), kind, items }
}

fn fields() -> Vec<Field> {
    let leaf = |path: &[&str], kind| field(path, kind, vec![]);
    let inner = vec![leaf(&["a"], Kind::Number), leaf(&[], Kind::Raw), leaf(&["b", "0"], Kind::Text)];
    vec![
        leaf(&["a"], Kind::Text),
        leaf(&["b"], Kind::Number),
        leaf(&["c"], Kind::Integer),
        leaf(&["d"], Kind::Scalar),
        leaf(&["m"], Kind::TextMap),
        leaf(&["n"], Kind::NumberMap),
        leaf(&["n"], Kind::Raw),
        leaf(&["n", "a"], Kind::Scalar),
        field(&["l"], Kind::Items, vec![field(&["l"], Kind::Items, inner)]),
        leaf(&["l", "1", "a"], Kind::Scalar),
    ]
}

fuzz_target!(|data: &[u8]| {
    let (mut starts, mut lengths, mut at) = (vec![], vec![], 0);
    for line in data.split(|&byte| byte == b'\n') {
        starts.push(at as i64);
        lengths.push(line.len() as i32);
        at += line.len() + 1;
    }
    let (mut fast, mut slow) = (Decoding::new(fields(), 6), Decoding::slow(fields(), 6));
    let refused = fast.decode(data, &starts, &lengths);
    assert_eq!(refused, slow.decode(data, &starts, &lengths));
    let (table, other) = (fast.take(), slow.take());
    assert_eq!(format!("{table:?}"), format!("{other:?}"));
    drop((ArrowSchema::of(&fields()), ArrowArray::of(table)));
});
