//! xxh3 (<https://github.com/Cyan4973/xxHash>) of many parts of some bytes, as hex digits.

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::encoding::numbers;
use crate::encoding::sheet::{BETWEEN, Sheet};
use crate::views::Texts;

/// How long a digest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// 64 bits, 16 digits.
    Short,
    /// 128 bits, 32 digits.
    Long,
}

/// The lower-case hex digits of each part's digest, one after the other; `None` where a part is not in the bytes,
/// or one has no end.
pub fn hex_digests(data: &[u8], starts: &[i64], ends: &[i64], width: Width) -> Option<Vec<u8>> {
    if starts.len() != ends.len() {
        return None;
    }
    let mut text = Vec::with_capacity(starts.len() * 32);
    for (&start, &end) in starts.iter().zip(ends) {
        let part = data.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)?;
        match width {
            Width::Short => push(&mut text, &xxh3_64(part).to_be_bytes()),
            Width::Long => push(&mut text, &xxh3_128(part).to_be_bytes()),
        }
    }
    Some(text)
}

/// The same of the texts of each row together, 128 bits: each as `<bytes>:<text>`, and `-` where there is none.
pub fn joint_digests(columns: &[Texts<'_>], rows: usize) -> Vec<u8> {
    let mut digits = Vec::with_capacity(rows * 32);
    let mut joint = Sheet::new(0);
    for row in 0..rows {
        joint.clear();
        for column in columns {
            if column.is_null(row) {
                joint.room(BETWEEN);
                joint.put(b"-");
                continue;
            }
            let (start, end) = column.range(row, row + 1);
            joint.room(end - start + BETWEEN);
            numbers::integer((end - start) as i64, &mut joint);
            joint.put(b":");
            joint.put_all(&column.data()[start..end]);
        }
        push(&mut digits, &xxh3_128(joint.bytes()).to_be_bytes());
    }
    digits
}

fn push(text: &mut Vec<u8>, digest: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    text.extend(digest.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrow::{ArrowArray, ArrowSchema};
    use crate::columns::{self, Column, Table};
    use crate::import::Import;
    use crate::plan::{Field, Kind};

    #[test]
    fn digests_are_those_of_the_specification() {
        // The test vectors of an empty input, seed 0.
        let empty = b"2d06800538d394c299aa06d3014798d86001c324468d497f";
        assert_eq!(hex_digests(b"", &[0], &[0], Width::Short).as_deref(), Some(&empty[..16]));
        assert_eq!(hex_digests(b"", &[0], &[0], Width::Long).as_deref(), Some(&empty[16..]));
    }

    #[test]
    fn the_texts_of_a_row_are_hashed_with_their_lengths() {
        let long = "x".repeat(1_000);
        let (mut texts, mut others) = (columns::Texts::default(), columns::Texts::default());
        for text in ["é", long.as_str(), ""] {
            texts.push(|data| data.extend(text.as_bytes()));
        }
        let field = |name: &str| Field { name: name.into(), path: vec![], kind: Kind::Text, items: vec![] };
        let mut table = Table::of(&[field("a"), field("b")]);
        others.push(|data| data.push(b'y'));
        for row in 0..3 {
            let [Column::Texts(first), Column::Texts(second)] = &mut table.columns[..] else { unreachable!() };
            let (start, end) = (texts.offsets.0[row] as usize, texts.offsets.0[row + 1] as usize);
            first.push(|data| data.extend_from_slice(&texts.data[start..end]));
            if row == 0 {
                second.push(|data| data.extend_from_slice(&others.data));
            }
            table.end_row();
        }
        let (mut schema, mut array) = (ArrowSchema::of(&[field("a"), field("b")]), ArrowArray::of(table));
        // SAFETY: both follow the interface, and nothing else has them.
        let import = unsafe { Import::take(&mut schema, &mut array) }.unwrap();
        let (rows, columns) = import.texts().unwrap();
        let mut expected = Vec::new();
        for framed in ["2:é1:y".to_owned(), format!("1000:{long}-"), "0:-".to_owned()] {
            push(&mut expected, &xxh3_128(framed.as_bytes()).to_be_bytes());
        }
        assert_eq!(joint_digests(&columns, rows), expected);
    }

    #[test]
    fn parts_outside_are_none() {
        for (start, end) in [(-1, 1), (0, 4), (2, 1), (4, 4)] {
            assert_eq!(hex_digests(b"abc", &[start], &[end], Width::Short), None, "{start} {end}");
        }
        assert_eq!(hex_digests(b"abc", &[0, 1], &[1], Width::Short), None);
    }
}
