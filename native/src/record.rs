//! One record into columns, fast: whatever is unusual about it is left to [`crate::look`].

use std::hash::Hasher;

use rustc_hash::FxHasher;

use crate::columns::{Column, Map, Table, Texts};
use crate::number;
use crate::plan::{Kind, Node};
use crate::scan::{self, Doubt, Skipper, blanks, byte, colon};
use crate::text::unescape;

/// Reads records one after the other.
#[derive(Debug)]
pub struct Reader {
    skipper: Skipper,
    key: Vec<u8>,
    hashes: Vec<u64>,
}

impl Reader {
    /// One for records that nest at most so deep.
    pub fn new(depth: usize) -> Reader {
        Reader { skipper: Skipper::new(depth), key: Vec::new(), hashes: Vec::new() }
    }

    /// Append a record to the table as one row.
    ///
    /// # Errors
    /// It is refused, or it has a key twice; the table is then as before.
    pub fn read(&mut self, text: &[u8], plan: &Node, table: &mut Table) -> Result<(), Doubt> {
        let end = match byte(text, 0) {
            b'{' => self.value(text, plan, table, 0, 0),
            _ => Err(Doubt),
        };
        if end == Ok(text.len()) {
            table.end_row();
            return Ok(());
        }
        table.take_back();
        Err(Doubt)
    }

    /// The end of a value at `at`, within so many brackets, what is planned of it in the table.
    fn value(&mut self, text: &[u8], node: &Node, table: &mut Table, at: usize, level: usize) -> Result<usize, Doubt> {
        match node {
            Node::Leaf(column, kind) => self.leaf(text, *kind, &mut table.columns[*column], at, level),
            _ if byte(text, at) == b'n' => scan::literal(text, at).ok_or(Doubt),
            Node::Object(keys) => self.object(text, keys, table, at, level),
            Node::Array(elements) => self.array(text, elements, table, at, level),
            Node::Items(column, item) => self.items(text, item, &mut table.columns[*column], at, level),
            Node::Several(parts) => {
                let mut end = Err(Doubt);
                for part in parts {
                    end = Ok(self.value(text, part, table, at, level)?);
                }
                end
            }
        }
    }

    fn object(
        &mut self,
        text: &[u8],
        keys: &[(Vec<u8>, Node)],
        table: &mut Table,
        at: usize,
        level: usize,
    ) -> Result<usize, Doubt> {
        let mut at = self.open(text, b'{', at, level)?;
        if byte(text, at) == b'}' {
            return Ok(at + 1);
        }
        let (mut seen, mut next) = (0_u128, 0);
        loop {
            let (behind, found) = self.key(text, keys, at, next)?;
            at = colon(text, behind)?;
            at = match found {
                Some(index) => {
                    if seen >> index & 1 == 1 {
                        return Err(Doubt);
                    }
                    seen |= 1 << index;
                    next = index + 1;
                    self.value(text, &keys[index].1, table, at, level + 1)?
                }
                None => self.skipper.skip(text, at, level + 1)?,
            };
            at = blanks(text, at);
            match byte(text, at) {
                b',' => at = blanks(text, at + 1),
                b'}' => return Ok(at + 1),
                _ => return Err(Doubt),
            }
        }
    }

    /// Where the key at `at` ends, and which of `keys` it is; most often the one behind that of the last member.
    #[inline]
    fn key(
        &mut self,
        text: &[u8],
        keys: &[(Vec<u8>, Node)],
        at: usize,
        next: usize,
    ) -> Result<(usize, Option<usize>), Doubt> {
        if byte(text, at) != b'"' {
            return Err(Doubt);
        }
        let (end, escaped) = scan::string(text, at + 1).map_err(|_| Doubt)?;
        let mut key = &text[at + 1..end];
        if escaped {
            self.key.clear();
            unescape(key, &mut self.key);
            key = &self.key;
        }
        if keys.get(next).is_some_and(|(planned, _)| planned == key) {
            return Ok((end + 1, Some(next)));
        }
        Ok((end + 1, keys.iter().position(|(planned, _)| planned == key)))
    }

    fn array(
        &mut self,
        text: &[u8],
        elements: &[(usize, Node)],
        table: &mut Table,
        at: usize,
        level: usize,
    ) -> Result<usize, Doubt> {
        let mut due = elements.iter().peekable();
        self.elements(text, at, level, |reader, index, at| match due.next_if(|(planned, _)| *planned == index) {
            Some((_, node)) => reader.value(text, node, table, at, level + 1),
            None => reader.skipper.skip(text, at, level + 1),
        })
    }

    fn items(
        &mut self,
        text: &[u8],
        item: &Node,
        column: &mut Column,
        at: usize,
        level: usize,
    ) -> Result<usize, Doubt> {
        let Column::Lists(lists) = column else { return Err(Doubt) };
        let end = self.elements(text, at, level, |reader, _, at| {
            if byte(text, at) != b'{' {
                return Err(Doubt);
            }
            let end = reader.value(text, item, &mut lists.items, at, level + 1)?;
            lists.items.end_row();
            Ok(end)
        })?;
        lists.push();
        Ok(end)
    }

    /// The end of the array at `at`, each of whose elements is passed by `each`, given its index and position.
    fn elements(
        &mut self,
        text: &[u8],
        at: usize,
        level: usize,
        mut each: impl FnMut(&mut Reader, usize, usize) -> Result<usize, Doubt>,
    ) -> Result<usize, Doubt> {
        let mut at = self.open(text, b'[', at, level)?;
        if byte(text, at) == b']' {
            return Ok(at + 1);
        }
        for index in 0.. {
            at = blanks(text, each(self, index, at)?);
            match byte(text, at) {
                b',' => at = blanks(text, at + 1),
                b']' => return Ok(at + 1),
                _ => break,
            }
        }
        Err(Doubt)
    }

    /// Behind the bracket that must open at `at`, and the blanks there.
    #[inline]
    fn open(&self, text: &[u8], bracket: u8, at: usize, level: usize) -> Result<usize, Doubt> {
        if byte(text, at) != bracket || level >= self.skipper.depth() {
            return Err(Doubt);
        }
        Ok(blanks(text, at + 1))
    }

    #[inline]
    fn leaf(&mut self, text: &[u8], kind: Kind, column: &mut Column, at: usize, level: usize) -> Result<usize, Doubt> {
        let first = byte(text, at);
        if first == b'n' {
            return scan::literal(text, at).ok_or(Doubt);
        }
        match (kind, column) {
            (Kind::Text, Column::Texts(texts)) => push_string(text, at, texts),
            (Kind::Scalar, Column::Texts(texts)) => push_scalar(text, at, texts),
            (Kind::Raw, Column::Texts(texts)) => {
                let end = self.skipper.skip(text, at, level)?;
                texts.push(|data| data.extend_from_slice(&text[at..end]));
                Ok(end)
            }
            (Kind::Number, Column::Doubles(numbers)) => {
                let (end, value) = number(text, at)?;
                numbers.push(value);
                Ok(end)
            }
            (Kind::Integer, Column::Integers(numbers)) => {
                let (end, whole) = scan::number(text, at).ok_or(Doubt)?;
                numbers.push(number::integer(&text[at..end], whole).map_err(|_| Doubt)?);
                Ok(end)
            }
            (Kind::TextMap, Column::TextMaps(maps)) => {
                self.map(text, maps, at, level, |at, values| push_scalar(text, at, values))
            }
            (Kind::NumberMap, Column::NumberMaps(maps)) => self.map(text, maps, at, level, |at, values| {
                let (end, value) = number(text, at)?;
                values.push(value);
                Ok(end)
            }),
            _ => Err(Doubt),
        }
    }

    /// The end of an object at `at` whose members are entries, except those that are null.
    fn map<V>(
        &mut self,
        text: &[u8],
        maps: &mut Map<V>,
        at: usize,
        level: usize,
        push: impl FnMut(usize, &mut V) -> Result<usize, Doubt>,
    ) -> Result<usize, Doubt> {
        let mut at = self.open(text, b'{', at, level)?;
        self.hashes.clear();
        if byte(text, at) != b'}' {
            at = self.entries(text, maps, at, push)?;
        }
        if alike(&mut self.hashes) {
            return Err(Doubt);
        }
        maps.push();
        Ok(at + 1)
    }

    /// The closing bracket behind the members that begin at `at`.
    #[inline]
    fn entries<V>(
        &mut self,
        text: &[u8],
        maps: &mut Map<V>,
        mut at: usize,
        mut push: impl FnMut(usize, &mut V) -> Result<usize, Doubt>,
    ) -> Result<usize, Doubt> {
        loop {
            let behind = push_string(text, at, &mut maps.keys)?;
            self.hashes.push(hash(maps.keys.last()));
            at = colon(text, behind)?;
            at = if byte(text, at) == b'n' {
                maps.keys.truncate(maps.keys.len() - 1);
                scan::literal(text, at).ok_or(Doubt)?
            } else {
                push(at, &mut maps.values)?
            };
            at = blanks(text, at);
            match byte(text, at) {
                b',' => at = blanks(text, at + 1),
                b'}' => return Ok(at),
                _ => return Err(Doubt),
            }
        }
    }
}

#[inline]
fn push_string(text: &[u8], at: usize, texts: &mut Texts) -> Result<usize, Doubt> {
    if byte(text, at) != b'"' {
        return Err(Doubt);
    }
    let (end, escaped) = scan::string(text, at + 1).map_err(|_| Doubt)?;
    if escaped {
        texts.push(|data| unescape(&text[at + 1..end], data));
    } else {
        texts.push_part(text, at + 1, end);
    }
    Ok(end + 1)
}

#[inline]
fn push_scalar(text: &[u8], at: usize, texts: &mut Texts) -> Result<usize, Doubt> {
    if byte(text, at) == b'"' {
        return push_string(text, at, texts);
    }
    let end = scan::scalar(text, at)?;
    texts.push_part(text, at, end);
    Ok(end)
}

#[inline]
fn number(text: &[u8], at: usize) -> Result<(usize, f64), Doubt> {
    let (end, _) = scan::number(text, at).ok_or(Doubt)?;
    let value = number::double(&text[at..end]);
    if value.is_finite() { Ok((end, value)) } else { Err(Doubt) }
}

#[inline]
fn hash(key: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(key);
    hasher.finish()
}

/// Whether two of some hashes are equal, which keys with the same hash only say too often.
fn alike(hashes: &mut [u64]) -> bool {
    if hashes.len() <= 8 {
        return (1..hashes.len()).any(|at| hashes[..at].contains(&hashes[at]));
    }
    hashes.sort_unstable();
    hashes.windows(2).any(|pair| pair[0] == pair[1])
}
