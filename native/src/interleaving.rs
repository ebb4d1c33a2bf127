//! Texts of several columns, row after row.

use crate::columns;
use crate::views::{Texts, Unfit};

/// Copied at once by `push_part`, also of shorter texts.
const OVERSHOOT: usize = 16;

/// The texts of these rows, in each row one column after the other, but only those that `there` marks: a byte for each
/// text of a row, row after row.
///
/// # Errors
/// There is not a mark for every text, a row lies outside of the columns, a null is marked, or the texts have 2 GiB.
pub fn interleaved(texts: &[Texts<'_>], count: usize, rows: &[i64], there: &[u8]) -> Result<columns::Texts, Unfit> {
    if there.len() != rows.len() * texts.len() || rows.iter().any(|&row| !(0..count as i64).contains(&row)) {
        return Err(Unfit("the marks or rows do not fit the columns".into()));
    }
    let marked = || {
        let rows = rows.iter().zip(there.chunks_exact(texts.len().max(1)));
        rows.flat_map(|(&row, there)| {
            texts.iter().zip(there).filter(|&(_, &there)| there != 0).map(move |(column, _)| (column, row as usize))
        })
    };
    let (mut bytes, mut number) = (0_usize, 0_usize);
    for (column, row) in marked() {
        if column.is_null(row) {
            return Err(Unfit("a null is marked".into()));
        }
        let (start, end) = column.range(row, row + 1);
        (bytes, number) = (bytes + end - start, number + 1);
    }
    if i32::try_from(bytes).is_err() {
        return Err(Unfit("the texts have 2 GiB or more".into()));
    }
    // Room for all at once: pages that are new to the process cost more than the copies.
    let mut found = columns::Texts::with_room(number, bytes + OVERSHOOT);
    for (column, row) in marked() {
        let (start, end) = column.range(row, row + 1);
        found.push_part(column.data(), start, end);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrow::{ArrowArray, ArrowSchema};
    use crate::columns::{Column, Table};
    use crate::import::Import;
    use crate::plan::{Field, Kind};
    use crate::times::rfc3339;

    /// Two columns of three rows, the second with a null in its middle.
    fn import() -> Import {
        let field = |name: &str| Field { name: name.into(), path: vec![], kind: Kind::Text, items: vec![] };
        let mut table = Table::of(&[field("a"), field("b")]);
        for (row, text) in ["2000-02-29T00:00:00Z", "", "longer than sixteen bytes"].into_iter().enumerate() {
            let [Column::Texts(first), Column::Texts(second)] = &mut table.columns[..] else { unreachable!() };
            first.push(|data| data.extend(text.as_bytes()));
            if row != 1 {
                second.push(|data| data.push(b'0' + row as u8));
            }
            table.end_row();
        }
        let (mut schema, mut array) = (ArrowSchema::of(&[field("a"), field("b")]), ArrowArray::of(table));
        // SAFETY: both follow the interface, and nothing else has them.
        unsafe { Import::take(&mut schema, &mut array) }.unwrap()
    }

    #[test]
    fn rows_have_their_marked_texts() {
        let import = import();
        let (count, columns) = import.texts().unwrap();
        let found = interleaved(&columns, count, &[2, 0, 2], &[1, 1, 0, 1, 1, 0]).unwrap();
        assert_eq!(found.data(), b"longer than sixteen bytes20longer than sixteen bytes");
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let import = import();
        let (count, columns) = import.texts().unwrap();
        for (rows, there) in [(&[3_i64][..], &[1_u8, 1][..]), (&[-1], &[1, 1]), (&[0], &[1]), (&[1], &[1, 1])] {
            assert!(interleaved(&columns, count, rows, there).is_err(), "{rows:?}");
        }
        assert!(interleaved(&columns, count, &[1], &[1, 0]).is_ok());
    }

    #[test]
    fn times_of_a_column() {
        let import = import();
        let (count, columns) = import.texts().unwrap();
        let (millis, zones) = rfc3339(&columns[0], count);
        assert_eq!(millis[..8], 951_782_400_000_i64.to_ne_bytes());
        assert_eq!(zones, [1, 0, 0]);
        assert_eq!(rfc3339(&columns[1], count).1, [0, 0, 0]);
    }
}
