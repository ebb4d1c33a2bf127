//! Columns that grow by one value a row and can be cut back to an earlier row, in Arrow's layout.

use crate::plan::{Field, Kind};

/// Which values are there: a bit each, in Arrow's order, written only from the first null on.
#[derive(Debug, Default)]
pub struct Validity {
    pub(crate) bits: Vec<u8>,
    pub(crate) len: usize,
    pub(crate) nulls: usize,
}

impl Validity {
    #[inline(always)]
    fn push(&mut self) {
        if self.nulls > 0 {
            self.write(true);
        }
        self.len += 1;
    }

    #[inline]
    fn push_null(&mut self) {
        if self.nulls == 0 {
            self.bits.clear();
            self.bits.resize(self.len / 8, 0xff);
            self.bits.extend((self.len % 8 > 0).then_some((1 << (self.len % 8)) - 1));
        }
        self.write(false);
        self.len += 1;
        self.nulls += 1;
    }

    #[inline]
    fn write(&mut self, valid: bool) {
        let bit = self.len % 8;
        if bit == 0 {
            self.bits.push(0);
        }
        if let Some(last) = self.bits.last_mut() {
            *last |= u8::from(valid) << bit;
        }
    }

    fn truncate(&mut self, len: usize) {
        if self.nulls > 0 {
            self.nulls -= (len..self.len).filter(|at| self.bits[at / 8] >> (at % 8) & 1 == 0).count();
            self.bits.truncate(len.div_ceil(8));
            if let (Some(last), bits @ 1..) = (self.bits.last_mut(), len % 8) {
                *last &= (1 << bits) - 1;
            }
        }
        self.len = self.len.min(len);
    }
}

/// Where the values of a column of lists or texts begin and end.
#[derive(Debug)]
pub struct Offsets(pub(crate) Vec<i32>);

impl Default for Offsets {
    fn default() -> Offsets {
        Offsets(vec![0])
    }
}

impl Offsets {
    fn like(&self) -> Offsets {
        let mut offsets = Vec::with_capacity(room(self.0.len()));
        offsets.push(0);
        Offsets(offsets)
    }

    /// Where the last value ends.
    pub fn end(&self) -> usize {
        self.0.last().map_or(0, |&end| end as usize)
    }

    #[inline]
    fn push(&mut self, end: usize) {
        self.0.push(i32::try_from(end).expect("a column holds less than 2 GiB"));
    }
}

/// Texts.
#[derive(Debug, Default)]
pub struct Texts {
    pub(crate) valid: Validity,
    pub(crate) offsets: Offsets,
    pub(crate) data: Vec<u8>,
}

impl Texts {
    fn like(&self) -> Texts {
        let data = Vec::with_capacity(room(self.data.len()));
        Texts { valid: Validity::default(), offsets: self.offsets.like(), data }
    }

    /// None yet, with room for so many of so many bytes.
    pub fn with_room(values: usize, bytes: usize) -> Texts {
        let mut offsets = Vec::with_capacity(values + 1);
        offsets.push(0);
        Texts { valid: Validity::default(), offsets: Offsets(offsets), data: Vec::with_capacity(bytes) }
    }

    /// The value that stands in a text there.
    #[inline(always)]
    pub fn push_part(&mut self, text: &[u8], start: usize, end: usize) {
        // Most are short: sixteen bytes are copied by two instructions, where `memcpy` has to find out how many.
        match text.get(start..start + 16) {
            Some(sixteen) if end - start <= 16 => {
                let behind = self.data.len() + end - start;
                self.data.extend_from_slice(sixteen);
                self.data.truncate(behind);
            }
            _ => self.data.extend_from_slice(&text[start..end]),
        }
        self.offsets.push(self.data.len());
        self.valid.push();
    }

    /// One value, written by `write` behind those before it.
    #[inline]
    pub fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.data);
        self.offsets.push(self.data.len());
        self.valid.push();
    }

    fn push_null(&mut self) {
        self.offsets.push(self.data.len());
        self.valid.push_null();
    }

    /// Cut back to `len` values.
    pub fn truncate(&mut self, len: usize) {
        self.offsets.0.truncate(len + 1);
        self.data.truncate(self.offsets.end());
        self.valid.truncate(len);
    }

    /// How many values.
    pub fn len(&self) -> usize {
        self.valid.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All values, one after the other.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The bytes of the last value.
    pub fn last(&self) -> &[u8] {
        let [.., start, end] = self.offsets.0[..] else { return &[] };
        &self.data[start as usize..end as usize]
    }
}

/// Numbers of one type.
#[derive(Debug, Default)]
pub struct Numbers<T> {
    pub(crate) valid: Validity,
    pub(crate) values: Vec<T>,
}

impl<T: Default> Numbers<T> {
    fn like(&self) -> Numbers<T> {
        Numbers { valid: Validity::default(), values: Vec::with_capacity(room(self.values.len())) }
    }

    /// One value.
    #[inline]
    pub fn push(&mut self, value: T) {
        self.values.push(value);
        self.valid.push();
    }

    fn push_null(&mut self) {
        self.values.push(T::default());
        self.valid.push_null();
    }

    /// Cut back to `len` values.
    pub fn truncate(&mut self, len: usize) {
        self.values.truncate(len);
        self.valid.truncate(len);
    }
}

/// Maps from texts to values of one kind.
#[derive(Debug, Default)]
pub struct Map<V> {
    pub(crate) valid: Validity,
    pub(crate) offsets: Offsets,
    /// Of the entries of all maps.
    pub keys: Texts,
    /// As many as keys.
    pub values: V,
}

impl<V> Map<V> {
    fn like(&self, values: V) -> Map<V> {
        Map { valid: Validity::default(), offsets: self.offsets.like(), keys: self.keys.like(), values }
    }

    /// End the map of the entries behind the last map's.
    pub fn push(&mut self) {
        self.offsets.push(self.keys.len());
        self.valid.push();
    }

    fn push_null(&mut self) {
        self.offsets.push(self.keys.len());
        self.valid.push_null();
    }

    /// The first entry of the map that is being made.
    pub fn start(&self) -> usize {
        self.offsets.end()
    }
}

/// Lists of items.
#[derive(Debug, Default)]
pub struct Lists {
    pub(crate) valid: Validity,
    pub(crate) offsets: Offsets,
    /// The items of all lists.
    pub items: Table,
}

impl Lists {
    /// End the list of the items behind the last list's.
    pub fn push(&mut self) {
        self.offsets.push(self.items.rows);
        self.valid.push();
    }

    fn push_null(&mut self) {
        self.offsets.push(self.items.rows);
        self.valid.push_null();
    }
}

/// One column.
#[derive(Debug)]
pub enum Column {
    /// Of texts, scalars and raw values.
    Texts(Texts),
    /// Of numbers.
    Doubles(Numbers<f64>),
    /// Of integers.
    Integers(Numbers<i64>),
    /// Of text maps.
    TextMaps(Map<Texts>),
    /// Of number maps.
    NumberMaps(Map<Numbers<f64>>),
    /// Of items.
    Lists(Lists),
}

impl Column {
    fn of(field: &Field) -> Column {
        match field.kind {
            Kind::Text | Kind::Scalar | Kind::Raw => Column::Texts(Texts::default()),
            Kind::Number => Column::Doubles(Numbers::default()),
            Kind::Integer => Column::Integers(Numbers::default()),
            Kind::TextMap => Column::TextMaps(Map::default()),
            Kind::NumberMap => Column::NumberMaps(Map::default()),
            Kind::Items => Column::Lists(Lists { items: Table::of(&field.items), ..Lists::default() }),
        }
    }

    fn like(&self) -> Column {
        match self {
            Column::Texts(texts) => Column::Texts(texts.like()),
            Column::Doubles(numbers) => Column::Doubles(numbers.like()),
            Column::Integers(numbers) => Column::Integers(numbers.like()),
            Column::TextMaps(maps) => Column::TextMaps(maps.like(maps.values.like())),
            Column::NumberMaps(maps) => Column::NumberMaps(maps.like(maps.values.like())),
            Column::Lists(lists) => {
                let valid = Validity::default();
                Column::Lists(Lists { valid, offsets: lists.offsets.like(), items: lists.items.like() })
            }
        }
    }

    pub(crate) fn validity(&self) -> &Validity {
        match self {
            Column::Texts(texts) => &texts.valid,
            Column::Doubles(numbers) => &numbers.valid,
            Column::Integers(numbers) => &numbers.valid,
            Column::TextMaps(maps) => &maps.valid,
            Column::NumberMaps(maps) => &maps.valid,
            Column::Lists(lists) => &lists.valid,
        }
    }

    fn push_null(&mut self) {
        match self {
            Column::Texts(texts) => texts.push_null(),
            Column::Doubles(numbers) => numbers.push_null(),
            Column::Integers(numbers) => numbers.push_null(),
            Column::TextMaps(maps) => maps.push_null(),
            Column::NumberMaps(maps) => maps.push_null(),
            Column::Lists(lists) => lists.push_null(),
        }
    }

    /// Cut back to `len` values, and what belongs to none of them.
    fn truncate(&mut self, len: usize) {
        match self {
            Column::Texts(texts) => texts.truncate(len),
            Column::Doubles(numbers) => numbers.truncate(len),
            Column::Integers(numbers) => numbers.truncate(len),
            Column::TextMaps(maps) => {
                truncate_map(maps, len);
                maps.values.truncate(maps.offsets.end());
            }
            Column::NumberMaps(maps) => {
                truncate_map(maps, len);
                maps.values.truncate(maps.offsets.end());
            }
            Column::Lists(lists) => {
                lists.offsets.0.truncate(len + 1);
                lists.valid.truncate(len);
                lists.items.truncate(lists.offsets.end());
            }
        }
    }
}

fn truncate_map<V>(map: &mut Map<V>, len: usize) {
    map.offsets.0.truncate(len + 1);
    map.valid.truncate(len);
    map.keys.truncate(map.offsets.end());
}

/// The most room that is made before it is needed, in bytes or values: a few chunks' worth. Records may make columns of
/// many times their size, and the next ones need not.
const MOST_ROOM: usize = 32 << 20;

/// Room for as many, and some more.
fn room(used: usize) -> usize {
    (used + used / 8).min(MOST_ROOM)
}

/// The columns of some fields.
#[derive(Debug, Default)]
pub struct Table {
    /// In the order of the fields.
    pub columns: Vec<Column>,
    /// How many rows are whole; a column may have a value for the row behind them.
    pub rows: usize,
}

impl Table {
    /// An empty one.
    pub fn of(fields: &[Field]) -> Table {
        Table { columns: fields.iter().map(Column::of).collect(), rows: 0 }
    }

    /// End a row: null in every column that has no value for it.
    #[inline]
    pub fn end_row(&mut self) {
        for column in &mut self.columns {
            if column.validity().len == self.rows {
                column.push_null();
            }
        }
        self.rows += 1;
    }

    /// An empty one with room for about as much: chunks are much alike, and room that grows is copied again and again.
    pub fn like(&self) -> Table {
        Table { columns: self.columns.iter().map(Column::like).collect(), rows: 0 }
    }

    /// Take back what was begun behind the last whole row.
    pub fn take_back(&mut self) {
        self.truncate(self.rows);
    }

    fn truncate(&mut self, rows: usize) {
        for column in &mut self.columns {
            column.truncate(rows);
        }
        self.rows = rows;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validity_is_what_was_pushed_and_not_cut_off() {
        for first_null in [0, 3, 8, 9, 30] {
            for cut in 0..20 {
                let mut valid = Validity::default();
                let pushed: Vec<bool> = (0..20).map(|at| at < first_null || at % 3 == 0).collect();
                let mut kept = pushed.clone();
                kept.truncate(cut);
                kept.extend(&pushed);
                pushed.iter().for_each(|&there| if there { valid.push() } else { valid.push_null() });
                valid.truncate(cut);
                pushed.iter().for_each(|&there| if there { valid.push() } else { valid.push_null() });
                assert_eq!((valid.len, valid.nulls), (kept.len(), kept.iter().filter(|&&there| !there).count()));
                if valid.nulls > 0 {
                    let bits: Vec<bool> = (0..valid.len).map(|at| valid.bits[at / 8] >> (at % 8) & 1 == 1).collect();
                    assert_eq!((bits, valid.bits.len()), (kept.clone(), kept.len().div_ceil(8)));
                }
            }
        }
    }

    #[test]
    fn a_row_that_is_taken_back_leaves_nothing() {
        let inner = Field { name: "t".into(), path: vec![], kind: Kind::Text, items: vec![] };
        let items = Field { name: "l".into(), path: vec![], kind: Kind::Items, items: vec![inner] };
        let map = Field { name: "m".into(), path: vec![], kind: Kind::TextMap, items: vec![] };
        let mut table = Table::of(&[items, map]);
        table.end_row();
        let [Column::Lists(lists), Column::TextMaps(maps)] = &mut table.columns[..] else { unreachable!() };
        lists.items.end_row();
        lists.push();
        maps.keys.push(|data| data.extend_from_slice(b"key"));
        table.take_back();
        let [Column::Lists(lists), Column::TextMaps(maps)] = &table.columns[..] else { unreachable!() };
        assert_eq!((lists.items.rows, lists.offsets.0.clone(), lists.valid.len), (0, vec![0, 0], 1));
        assert!(maps.keys.is_empty() && maps.keys.data.is_empty());
    }
}
