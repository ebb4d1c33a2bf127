//! Texts of several columns, row after row.

use crate::columns;
use crate::views::{Texts, Unfit};

/// The texts of these rows, in each row one column after the other, but only those that `there` marks: a byte for each
/// text of a row, row after row.
///
/// # Errors
/// There is not a mark for every text, or a row lies outside of the columns.
pub fn interleaved(texts: &[Texts<'_>], count: usize, rows: &[i64], there: &[u8]) -> Result<columns::Texts, Unfit> {
    if there.len() != rows.len() * texts.len() || rows.iter().any(|&row| !(0..count as i64).contains(&row)) {
        return Err(Unfit("the marks or rows do not fit the columns".into()));
    }
    let mut found = columns::Texts::default();
    for (&row, there) in rows.iter().zip(there.chunks_exact(texts.len().max(1))) {
        for (column, &there) in texts.iter().zip(there) {
            if there != 0 {
                let (start, end) = column.range(row as usize, row as usize + 1);
                found.push_part(column.data(), start, end);
            }
        }
    }
    Ok(found)
}
