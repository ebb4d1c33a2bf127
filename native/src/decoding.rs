//! Frames of records to columns: the way of `transforms/formats/json/native_decoder.py`, without Python.

use crate::columns::Table;
use crate::look::{Refusal, look};
use crate::plan::{Field, Node};
use crate::record::Reader;

/// Carries out a plan on records.
#[derive(Debug)]
pub struct Decoding {
    fields: Vec<Field>,
    node: Option<Node>,
    depth: usize,
    reader: Reader,
    table: Table,
}

/// The frame is none: its records do not lie in its bytes.
#[derive(Debug, PartialEq, Eq)]
pub struct NoFrame;

impl Decoding {
    /// Of these fields, and of records that nest at most so deep.
    pub fn new(fields: Vec<Field>, depth: usize) -> Decoding {
        let (node, table) = (Node::of(&fields), Table::of(&fields));
        Decoding { fields, node, depth, reader: Reader::new(depth), table }
    }

    /// The same, every record by the slow look, to hold the fast way against.
    pub fn slow(fields: Vec<Field>, depth: usize) -> Decoding {
        Decoding { node: None, ..Decoding::new(fields, depth) }
    }

    /// Append the records of a frame as rows; gives those that are refused, by their numbers in the frame.
    ///
    /// # Errors
    /// The starts and lengths are not those of records in the bytes.
    pub fn decode(&mut self, data: &[u8], starts: &[i64], lengths: &[i32]) -> Result<Vec<(usize, Refusal)>, NoFrame> {
        if starts.len() != lengths.len() {
            return Err(NoFrame);
        }
        let spans: Option<Vec<_>> =
            starts.iter().zip(lengths).map(|(&start, &length)| span(data, start, length)).collect();
        // One look at all records is enough, unless one of them ends within a character.
        let characters = simdutf8::basic::from_utf8(data).is_ok();
        let mut refused = Vec::new();
        for (number, (start, end)) in spans.ok_or(NoFrame)?.into_iter().enumerate() {
            let record = &data[start..end];
            let sound = characters && boundary(data, start) && boundary(data, end);
            let sound = sound || simdutf8::basic::from_utf8(record).is_ok();
            if !(sound && self.read(record)) {
                if let Err(refusal) = look(record, &self.fields, self.depth, &mut self.table) {
                    refused.push((number, refusal));
                }
            }
        }
        Ok(refused)
    }

    fn read(&mut self, record: &[u8]) -> bool {
        self.node.as_ref().is_some_and(|node| self.reader.read(record, node, &mut self.table).is_ok())
    }

    /// The rows since this was last asked.
    pub fn take(&mut self) -> Table {
        let next = self.table.like();
        std::mem::replace(&mut self.table, next)
    }

    /// What is decoded.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }
}

fn span(data: &[u8], start: i64, length: i32) -> Option<(usize, usize)> {
    let start = usize::try_from(start).ok()?;
    let end = start.checked_add(usize::try_from(length).ok()?)?;
    (end <= data.len()).then_some((start, end))
}

/// Whether no character goes on at a position.
fn boundary(data: &[u8], at: usize) -> bool {
    data.get(at).is_none_or(|byte| byte & 0xc0 != 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::Column;
    use crate::plan::{Kind, Step};

    fn field(path: &[&str], kind: Kind, items: Vec<Field>) -> Field {
        let path: Vec<Step> = path
            .iter()
            .map(|step| step.parse().map_or_else(|_| Step::Key(step.as_bytes().to_vec()), Step::Index))
            .collect();
        Field { name: format!("{path:?}"), path, kind, items }
    }

    fn fields() -> Vec<Field> {
        let inner = vec![field(&["x"], Kind::Scalar, vec![]), field(&[], Kind::Raw, vec![])];
        vec![
            field(&["t"], Kind::Text, vec![]),
            field(&["n", "v"], Kind::Number, vec![]),
            field(&["n"], Kind::Raw, vec![]),
            field(&["i"], Kind::Integer, vec![]),
            field(&["m"], Kind::TextMap, vec![]),
            field(&["d"], Kind::NumberMap, vec![]),
            field(&["l"], Kind::Items, inner),
            field(&["l", "1", "x"], Kind::Scalar, vec![]),
            field(&[], Kind::Raw, vec![]),
        ]
    }

    /// Each record by both ways: the same rows, or a doubt that the look decides.
    fn decoded(records: &[&str]) -> (Table, Vec<(usize, Refusal)>) {
        let (mut fast, mut slow) = (Decoding::new(fields(), 4), Decoding::slow(fields(), 4));
        let data = records.join("\n");
        let mut starts = vec![0];
        starts.extend(data.match_indices('\n').map(|(at, _)| at as i64 + 1));
        let lengths: Vec<i32> = records.iter().map(|record| record.len() as i32).collect();
        let refused = fast.decode(data.as_bytes(), &starts, &lengths).unwrap();
        assert_eq!(slow.decode(data.as_bytes(), &starts, &lengths).unwrap(), refused);
        let (table, other) = (fast.take(), slow.take());
        assert_eq!(format!("{table:?}"), format!("{other:?}"));
        (table, refused)
    }

    fn texts(column: &Column) -> Vec<&str> {
        let Column::Texts(texts) = column else { unreachable!() };
        texts
            .offsets
            .0
            .windows(2)
            .map(|ends| std::str::from_utf8(&texts.data[ends[0] as usize..ends[1] as usize]).unwrap())
            .collect()
    }

    #[test]
    fn both_ways_make_the_same_rows() {
        let (table, refused) = decoded(&[
            r#"{"t":"a\n\u00e9","n":{"v":1.5,"w":[1,{"x":2}]},"i":5.0,"m":{"a":1.10,"b":true,"c":null},"d":{"y":-0}}"#,
            r#"{ "l" : [ {"x":1.0} , {"x":"s","y":{}} ] , "t" : null, "n": null }"#,
            r#"{"t":"first","t":"last","m":{"a":1,"a":2},"n":{"v":1},"n":{}}"#,
            r#"{"\u0074":"escaped","m":{},"l":[],"i":9223372036854775807}"#,
            "{}",
        ]);
        assert!(refused.is_empty(), "{refused:?}");
        assert_eq!(table.rows, 5);
        assert_eq!(texts(&table.columns[0]), ["a\né", "", "last", "escaped", ""]);
        assert_eq!(texts(&table.columns[7]), ["", "s", "", "", ""]);
    }

    #[test]
    fn refused_records_leave_nothing_behind() {
        let found = |path: &[&str], start, end, allowed| Found {
            path: field(path, Kind::Raw, vec![]).path,
            start,
            end,
            allowed,
        };
        use crate::look::Found;
        let (table, refused) = decoded(&[
            r#"{"m":{"a":1,"b":[]},"t":5}"#,
            r#"{"n":{"v":1e400}}"#,
            r#"{"l":[{"x":1},{"x":{}}]}"#,
            r#"{"l":[{"x":1},null]}"#,
            r#"{"n":5}"#,
            r#"{"i":5.5}"#,
            r#"{"i":9223372036854775808}"#,
            r#"{"l":{"x":1}}"#,
            r#"[]"#,
            r#"{"q":[[[[]]]]}"#,
            r#"{"q":tru}"#,
            r#"{"t":"kept"}"#,
            r#"{"d":{"a":"5"}}"#,
            r#"{"t":"a"} {"t":"b"}"#,
        ]);
        assert_eq!(texts(&table.columns[0]), ["kept"]);
        let whole = "a whole number";
        let scalar = "a text, a number, true or false";
        assert_eq!(
            refused,
            [
                (0, Refusal::WrongType(found(&["t"], 24, 25, "a text"))),
                (1, Refusal::OutOfRange(found(&["n", "v"], 10, 15, "a double"))),
                (2, Refusal::WrongType(found(&["l", "1", "x"], 19, 21, scalar))),
                (3, Refusal::WrongType(found(&["l", "1"], 14, 18, "an object"))),
                (4, Refusal::WrongType(found(&["n"], 5, 6, "an object"))),
                (5, Refusal::WrongType(found(&["i"], 5, 8, whole))),
                (6, Refusal::OutOfRange(found(&["i"], 5, 24, "a 64-bit integer"))),
                (7, Refusal::WrongType(found(&["l"], 5, 12, "an array of objects"))),
                (8, Refusal::NotAnObject),
                (9, Refusal::TooDeep(8)),
                (10, Refusal::InvalidJson(5)),
                (12, Refusal::WrongType(found(&["d", "a"], 10, 13, "a number"))),
                (13, Refusal::InvalidJson(10)),
            ]
        );
    }

    #[test]
    fn what_is_decoded_behind_a_taken_table_begins_anew() {
        let data = br#"{"t":"a","n":{"v":1},"m":{"k":1},"d":{"k":1},"l":[{"x":1},{"x":2}]}"#;
        let mut decoding = Decoding::new(fields(), 4);
        let mut take = || {
            decoding.decode(data, &[0, 0], &[data.len() as i32, data.len() as i32]).unwrap();
            format!("{:?}", decoding.take())
        };
        assert_eq!(take(), take());
    }

    #[test]
    fn places_of_other_numbers_are_no_frame() {
        let mut decoding = Decoding::new(fields(), 4);
        assert_eq!(decoding.decode(b"{}", &[0, 0], &[2]), Err(NoFrame));
        assert_eq!(decoding.decode(b"{}", &[0], &[2, 2]), Err(NoFrame));
    }

    #[test]
    fn bytes_that_are_no_characters_cost_their_record() {
        let mut decoding = Decoding::new(fields(), 4);
        let data = b"{\"t\":\"\xff\"}{\"q\":\"\xc3\xa9\"}";
        let refused = decoding.decode(data, &[0, 9], &[9, 10]).unwrap();
        assert_eq!(refused, [(0, Refusal::InvalidUtf8(6))]);
        assert_eq!(decoding.take().rows, 1);
        assert_eq!(decoding.decode(data, &[0, 20], &[9, 1]), Err(NoFrame));
        let cut = decoding.decode("{\"é\":1}".as_bytes(), &[0], &[3]).unwrap();
        assert_eq!(cut, [(0, Refusal::InvalidUtf8(2))]);
    }
}
