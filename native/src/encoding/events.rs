//! Events as JSON objects, one after the other.

use crate::columns::{Offsets, Texts, Validity};
use crate::encoding::forms::Form;
use crate::encoding::sheet::Sheet;
use crate::views::{Events, Unfit};

/// Bytes of an event that are not text of its columns, numbers of usual length among them.
const USUAL: usize = 144;

/// The text of each event in this form, with `end` behind it.
///
/// # Errors
/// A value is not finite, a dimension is null, the form cannot say a time, or all the text is 2 GiB or more.
pub fn texts(events: &Events<'_>, form: Form, end: &[u8]) -> Result<Texts, Unfit> {
    // A loop for each form, so that none asks for it row by row.
    match form {
        Form::Meter => written(events, end, |row, sheet| Form::Meter.write(events, row, sheet)),
        Form::CloudEvents => written(events, end, |row, sheet| Form::CloudEvents.write(events, row, sheet)),
    }
}

#[inline(always)]
fn written(
    events: &Events<'_>,
    end: &[u8],
    mut write: impl FnMut(usize, &mut Sheet) -> Result<(), Unfit>,
) -> Result<Texts, Unfit> {
    let mut sheet = Sheet::new(expected(events, end));
    let mut offsets = Vec::with_capacity(events.rows + 1);
    offsets.push(0);
    for row in 0..events.rows {
        write(row, &mut sheet)?;
        sheet.room(end.len());
        sheet.put_all(end);
        let behind = i32::try_from(sheet.written());
        offsets.push(behind.map_err(|_| Unfit("the text of these events is 2 GiB or more".into()))?);
    }
    let valid = Validity { len: events.rows, ..Validity::default() };
    Ok(Texts { valid, offsets: Offsets(offsets), data: sheet.into_bytes() })
}

/// About how long the text gets; some more, so that the last event seldom makes the sheet grow.
fn expected(events: &Events<'_>, end: &[u8]) -> usize {
    let maps = &events.dimensions;
    let columns = [&events.customers, &events.meters, &events.ids, &maps.keys, &maps.items];
    let texts: usize = columns.iter().map(|column| column.bytes()).sum();
    texts + events.rows * (USUAL + end.len()) + maps.count() * b"\"\":\"\",".len() + 4096
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrow::{ArrowArray, ArrowSchema};
    use crate::columns::{Column, Table};
    use crate::import::Import;
    use crate::plan::{Field, Kind};

    const NAMES: [(&str, Kind); 7] = [
        ("row", Kind::Integer),
        ("dimensions", Kind::TextMap),
        ("customerId", Kind::Text),
        ("meterApiName", Kind::Text),
        ("uniqueId", Kind::Text),
        ("meterValue", Kind::Number),
        ("meterTimeInMillis", Kind::Integer),
    ];
    const LINES: [&str; 3] = [
        r#"{"customerId":"c0","meterApiName":"m0","meterValue":0.5,"meterTimeInMillis":1000,"uniqueId":"u0","dimensions":{"k":"v0"}}"#,
        r#"{"customerId":"c1","meterApiName":"m1","meterValue":1.5,"meterTimeInMillis":1001,"uniqueId":"u1"}"#,
        r#"{"customerId":"c2","meterApiName":"m2","meterValue":2.5,"meterTimeInMillis":1002,"uniqueId":"u2","dimensions":{"k":"v2","é\"":"\n"}}"#,
    ];

    fn fields(names: &[(&str, Kind)]) -> Vec<Field> {
        names.iter().map(|&(name, kind)| Field { name: name.into(), path: vec![], kind, items: vec![] }).collect()
    }

    /// The three events of `LINES`, the second without dimensions.
    fn table(names: &[(&str, Kind)]) -> Table {
        let mut table = Table::of(&fields(names));
        for row in 0..3_u8 {
            for (number, (name, _)) in names.iter().enumerate() {
                let mark = |texts: &mut Texts, letter| texts.push(|data| data.extend([letter, b'0' + row]));
                match &mut table.columns[number] {
                    Column::Texts(texts) => mark(texts, name.as_bytes()[0]),
                    Column::Doubles(numbers) => numbers.push(f64::from(row) + 0.5),
                    Column::Integers(numbers) => numbers.push(1000 + i64::from(row)),
                    Column::TextMaps(maps) if row != 1 => {
                        maps.keys.push(|data| data.push(b'k'));
                        mark(&mut maps.values, b'v');
                        if row == 2 {
                            maps.keys.push(|data| data.extend("é\"".as_bytes()));
                            maps.values.push(|data| data.push(b'\n'));
                        }
                        maps.push();
                    }
                    _ => {}
                }
            }
            table.end_row();
        }
        table
    }

    fn import(names: &[(&str, Kind)], change: impl FnOnce(&mut ArrowSchema, &mut ArrowArray)) -> Import {
        let (mut schema, mut array) = (ArrowSchema::of(&fields(names)), ArrowArray::of(table(names)));
        change(&mut schema, &mut array);
        // SAFETY: both follow the interface, but for what a test has changed, which has to be found before use.
        unsafe { Import::take(&mut schema, &mut array) }.unwrap()
    }

    fn lines(import: &Import) -> Result<String, Unfit> {
        told(import, Form::Meter)
    }

    fn told(import: &Import, form: Form) -> Result<String, Unfit> {
        let texts = texts(&import.events()?, form, b"\n")?;
        assert_eq!(texts.offsets.end(), texts.data.len());
        Ok(String::from_utf8(texts.data).unwrap())
    }

    fn child(array: &mut ArrowArray, number: usize) -> &mut ArrowArray {
        // SAFETY: the tests ask only for children that there are.
        unsafe { &mut **array.children.add(number) }
    }

    #[test]
    fn columns_are_found_by_name_and_others_passed_over() {
        let expected: String = LINES.iter().map(|line| format!("{line}\n")).collect();
        assert_eq!(lines(&import(&NAMES, |_, _| {})), Ok(expected));
    }

    #[test]
    fn cloud_events_have_the_dimensions_beside_the_value() {
        let text = told(&import(&NAMES, |_, _| {}), Form::CloudEvents).unwrap();
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [
                r#"{"specversion":"1.0","id":"u0","source":"meterbeam","type":"m0","subject":"c0","time":"1970-01-01T00:00:01.000Z","data":{"value":0.5,"k":"v0"}}"#,
                r#"{"specversion":"1.0","id":"u1","source":"meterbeam","type":"m1","subject":"c1","time":"1970-01-01T00:00:01.001Z","data":{"value":1.5}}"#,
                r#"{"specversion":"1.0","id":"u2","source":"meterbeam","type":"m2","subject":"c2","time":"1970-01-01T00:00:01.002Z","data":{"value":2.5,"k":"v2","é\"":"\n"}}"#,
            ]
        );
    }

    #[test]
    fn slices_of_the_batch_and_of_its_columns_are_those_rows() {
        for first in 0..3 {
            for rows in 0..=3 - first {
                let expected: String = LINES[first..first + rows].iter().map(|line| format!("{line}\n")).collect();
                let (offset, length) = (first as i64, rows as i64);
                let whole = import(&NAMES, |_, array| (array.offset, array.length) = (offset, length));
                assert_eq!(lines(&whole), Ok(expected.clone()));
                let columns = import(&NAMES, |_, array| {
                    array.length = length;
                    for number in 0..NAMES.len() {
                        let column = child(array, number);
                        (column.offset, column.length) = (offset, length);
                    }
                });
                assert_eq!(lines(&columns), Ok(expected));
            }
        }
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let changes: [fn(&mut ArrowSchema, &mut ArrowArray); 10] = [
            |_, array| array.length = 4,
            |_, array| array.length = -1,
            |_, array| (array.offset, array.length) = (i64::MAX, 1),
            |_, array| array.n_children = 6,
            |schema, array| (schema.n_children, array.n_children) = (-1, -1),
            |_, array| child(array, 2).n_buffers = 2,
            |_, array| child(array, 5).length = 2,
            |_, array| child(array, 5).offset = -1,
            |_, array| child(child(array, 1), 0).length = 2,
            |_, array| child(child(child(array, 1), 0), 1).length = 2,
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let (mut schema, mut array) = (ArrowSchema::of(&fields(&NAMES)), ArrowArray::of(table(&NAMES)));
            change(&mut schema, &mut array);
            // SAFETY: as in `import`.
            let import = unsafe { Import::take(&mut schema, &mut array) }.unwrap();
            assert!(lines(&import).unwrap_err().0.contains("contradicts itself"), "{number}");
        }
    }

    #[test]
    fn columns_of_other_types_and_missing_ones_are_refused() {
        for number in 1..NAMES.len() {
            let mut names = NAMES;
            names[number].1 = if names[number].1 == Kind::Integer { Kind::Number } else { Kind::Integer };
            assert!(lines(&import(&names, |_, _| {})).unwrap_err().0.starts_with(NAMES[number].0));
            let mut rest = NAMES.to_vec();
            let (name, _) = rest.remove(number);
            assert_eq!(lines(&import(&rest, |_, _| {})), Err(Unfit(format!("there is no column {name}"))));
        }
    }

    #[test]
    fn falling_offsets_are_refused() {
        let offsets = [0_i32, 4, 2, 6];
        let mut buffers = [std::ptr::null(), offsets.as_ptr().cast(), std::ptr::null()];
        let import = import(&NAMES, |_, array| {
            let column = child(array, 2);
            // SAFETY: a text column has three buffers.
            buffers[2] = unsafe { *column.buffers.add(2) };
            column.buffers = buffers.as_ptr();
        });
        assert!(lines(&import).unwrap_err().0.contains("contradicts itself"));
    }

    #[test]
    fn what_is_taken_is_gone() {
        let (mut schema, mut array) = (ArrowSchema::of(&fields(&NAMES)), ArrowArray::of(table(&NAMES)));
        for fine in [true, false] {
            // SAFETY: both follow the interface, released or not.
            let taken = unsafe { Import::take(&mut schema, &mut array) };
            assert_eq!(taken.is_ok(), fine);
        }
    }
}
