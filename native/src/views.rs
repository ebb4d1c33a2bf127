//! Columns as they lie in Arrow's buffers, row by row; only [`crate::import`] makes them.

/// These are not the columns that are due; why, for people.
#[derive(Debug, PartialEq, Eq)]
pub struct Unfit(pub String);

/// The columns of events.
#[derive(Debug)]
pub struct Events<'a> {
    /// How many events.
    pub rows: usize,
    /// customerId.
    pub customers: Texts<'a>,
    /// meterApiName.
    pub meters: Texts<'a>,
    /// meterValue.
    pub values: Numbers<'a>,
    /// meterTimeInMillis.
    pub times: Numbers<'a>,
    /// uniqueId.
    pub ids: Texts<'a>,
    /// dimensions.
    pub dimensions: Maps<'a>,
}

/// A column of 64-bit numbers without nulls.
#[derive(Debug)]
pub struct Numbers<'a>(pub(crate) &'a [[u8; 8]]);

impl Numbers<'_> {
    /// The integer of a row.
    #[inline(always)]
    pub fn integer(&self, row: usize) -> i64 {
        i64::from_ne_bytes(self.0[row])
    }

    /// The double of a row.
    #[inline(always)]
    pub fn double(&self, row: usize) -> f64 {
        f64::from_ne_bytes(self.0[row])
    }
}

/// Where the values of a column of lists or texts begin and end: from 0 up, never less than the one before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds<'a>(&'a [[u8; 4]]);

impl<'a> Bounds<'a> {
    pub(crate) fn new(bounds: &'a [[u8; 4]]) -> Option<Bounds<'a>> {
        let values = bounds.iter().map(|&bytes| i32::from_ne_bytes(bytes));
        // Ascending from one that is not negative, told without a branch for each.
        let fine = values.clone().next()? >= 0
            && values.clone().zip(values.skip(1)).fold(true, |fine, (a, b)| fine & (a <= b));
        fine.then_some(Bounds(bounds))
    }

    #[inline(always)]
    fn at(&self, row: usize) -> usize {
        i32::from_ne_bytes(self.0[row]) as usize
    }

    pub(crate) fn first(&self) -> usize {
        self.at(0)
    }

    pub(crate) fn last(&self) -> usize {
        self.at(self.0.len() - 1)
    }
}

/// A column of texts.
#[derive(Debug)]
pub struct Texts<'a> {
    pub(crate) bounds: Bounds<'a>,
    pub(crate) data: &'a [u8],
    pub(crate) nulls: Option<Nulls<'a>>,
}

impl<'a> Texts<'a> {
    /// The bytes of all texts, and maybe some before them.
    #[inline(always)]
    pub fn data(&self) -> &'a [u8] {
        self.data
    }

    /// Where rows `first` up to `stop` begin and end in the data.
    #[inline(always)]
    pub fn range(&self, first: usize, stop: usize) -> (usize, usize) {
        (self.bounds.at(first), self.bounds.at(stop))
    }

    /// How many bytes all texts have.
    pub fn bytes(&self) -> usize {
        self.bounds.last() - self.bounds.first()
    }

    /// Whether the row has no text.
    #[inline(always)]
    pub fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.at(row))
    }

    pub(crate) fn without_nulls(self, name: &str) -> Result<Texts<'a>, Unfit> {
        if self.nulls.is_some() { Err(Unfit(format!("{name} has a null"))) } else { Ok(self) }
    }
}

/// A column of maps from text to text.
#[derive(Debug)]
pub struct Maps<'a> {
    pub(crate) bounds: Bounds<'a>,
    pub(crate) nulls: Option<Nulls<'a>>,
    /// The keys of all entries.
    pub keys: Texts<'a>,
    /// The values of all entries.
    pub items: Texts<'a>,
}

impl Maps<'_> {
    /// The entries of a row, none where there is no map: the first, and the one behind the last.
    #[inline(always)]
    pub fn entries(&self, row: usize) -> (usize, usize) {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.at(row)) {
            return (0, 0);
        }
        let zero = self.bounds.first();
        (self.bounds.at(row) - zero, self.bounds.at(row + 1) - zero)
    }

    /// How many entries all rows have.
    pub fn count(&self) -> usize {
        self.bounds.last() - self.bounds.first()
    }
}

/// Which rows are null: those whose bit is not set.
#[derive(Debug)]
pub(crate) struct Nulls<'a> {
    pub(crate) bits: &'a [u8],
    pub(crate) first: usize,
}

impl Nulls<'_> {
    #[inline(always)]
    fn at(&self, row: usize) -> bool {
        let bit = self.first + row;
        self.bits[bit / 8] >> (bit % 8) & 1 == 0
    }

    pub(crate) fn any(&self, rows: usize) -> bool {
        let (first, end) = (self.first, self.first + rows);
        let whole = (first.div_ceil(8), end / 8);
        if whole.0 >= whole.1 {
            return (0..rows).any(|row| self.at(row));
        }
        let mut edges = (first..whole.0 * 8).chain(whole.1 * 8..end);
        edges.any(|bit| self.at(bit - first)) || self.bits[whole.0..whole.1].iter().any(|&byte| byte != 0xff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_are_found_wherever_the_rows_begin_and_end() {
        for null in (0..40).step_by(if cfg!(miri) { 13 } else { 1 }) {
            let mut bits = [0xff; 5];
            bits[null / 8] &= !(1 << (null % 8));
            for first in 0..40 {
                for rows in 0..=40 - first {
                    let inside = (first..first + rows).contains(&null);
                    assert_eq!(Nulls { bits: &bits, first }.any(rows), inside, "{null} {first} {rows}");
                }
            }
        }
    }
}
