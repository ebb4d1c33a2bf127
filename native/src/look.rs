//! The final word about a record that is unusual: its values, or the one reason why it is refused.
//!
//! The rules and their order are those of `transforms/formats/json/record.py`. Slow and obvious: each field walks the
//! record again.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::columns::{Column, Map, Table};
use crate::number::{self, NoInteger};
use crate::plan::{Field, Kind, Step};
use crate::scan::{Doubt, Skipper, blanks, byte, colon, number as number_at, string};
use crate::syntax::{Fault, find_fault};
use crate::text::unescape;

/// Why a record is refused; positions are bytes of the record.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not UTF-8 from there on.
    InvalidUtf8(usize),
    /// No JSON from there on.
    InvalidJson(usize),
    /// A bracket opens one level too many there.
    TooDeep(usize),
    /// Another JSON value.
    NotAnObject,
    /// A value of the wrong type.
    WrongType(Found),
    /// A number that does not fit.
    OutOfRange(Found),
}

/// A value at fault.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it stands in the record.
    pub path: Vec<Step>,
    /// Its first byte.
    pub start: usize,
    /// Behind its last byte.
    pub end: usize,
    /// What would be allowed.
    pub allowed: &'static str,
}

/// Append a record to the table as one row, or say why not; the table is then as before.
///
/// # Errors
/// The record is refused.
pub fn look(text: &[u8], fields: &[Field], depth: usize, table: &mut Table) -> Result<(), Refusal> {
    if let Err(error) = simdutf8::compat::from_utf8(text) {
        return Err(Refusal::InvalidUtf8(error.valid_up_to()));
    }
    // Most records that come here are sound, and passing over them is quicker than finding a fault.
    if Skipper::new(depth).skip(text, 0, 0) != Ok(text.len()) {
        match find_fault(text, depth) {
            Some(Fault::Syntax(at)) => return Err(Refusal::InvalidJson(at)),
            Some(Fault::TooDeep(at)) => return Err(Refusal::TooDeep(at)),
            None => {}
        }
    }
    if byte(text, 0) != b'{' {
        return Err(Refusal::NotAnObject);
    }
    let mut look = Look { text, skipper: Skipper::new(usize::MAX), path: Vec::new() };
    let done = look.row((0, text.len()), fields, table);
    if done.is_err() {
        table.take_back();
    }
    done
}

/// First and last byte of a value, which is valid JSON.
type Span = (usize, usize);

/// A key, its escapes undone, and its value.
type Member<'a> = (Cow<'a, [u8]>, Span);

/// The value of the last member of this key.
fn last<'a>(members: impl DoubleEndedIterator<Item = &'a Member<'a>>, key: &[u8]) -> Option<Span> {
    members.rev().find(|(found, _)| &**found == key).map(|&(_, value)| value)
}

struct Look<'a> {
    text: &'a [u8],
    skipper: Skipper,
    path: Vec<Step>,
}

impl<'a> Look<'a> {
    fn row(&mut self, record: Span, fields: &[Field], table: &mut Table) -> Result<(), Refusal> {
        // Every field begins here, so the members are found once.
        let members = self.members(record);
        for (field, column) in fields.iter().zip(&mut table.columns) {
            let depth = self.path.len();
            self.field(record, &members, field, column)?;
            self.path.truncate(depth);
        }
        table.end_row();
        Ok(())
    }

    fn field(
        &mut self,
        record: Span,
        members: &[Member<'_>],
        field: &Field,
        column: &mut Column,
    ) -> Result<(), Refusal> {
        let mut value = record;
        for (depth, step) in field.path.iter().enumerate() {
            if byte(self.text, value.0) == b'n' {
                return Ok(());
            }
            let child = match step {
                Step::Key(key) if depth == 0 => last(members.iter(), key),
                _ => self.child(value, step)?,
            };
            let Some(child) = child else { return Ok(()) };
            value = child;
            self.path.push(step.clone());
        }
        if byte(self.text, value.0) == b'n' { Ok(()) } else { self.read(value, field, column) }
    }

    fn child(&mut self, value: Span, step: &Step) -> Result<Option<Span>, Refusal> {
        match step {
            Step::Key(key) if byte(self.text, value.0) == b'{' => Ok(last(self.members(value).iter(), key)),
            Step::Index(index) if byte(self.text, value.0) == b'[' => Ok(self.elements(value).nth(*index)),
            Step::Key(_) => Err(self.wrong(value, "an object")),
            Step::Index(_) => Err(self.wrong(value, "an array")),
        }
    }

    fn read(&mut self, value: Span, field: &Field, column: &mut Column) -> Result<(), Refusal> {
        match (field.kind, column) {
            (Kind::Text, Column::Texts(texts)) => {
                let text = self.string(value).ok_or_else(|| self.wrong(value, "a text"))?;
                texts.push(|data| data.extend_from_slice(&text));
            }
            (Kind::Scalar, Column::Texts(texts)) => {
                let text = self.scalar(value)?;
                texts.push(|data| data.extend_from_slice(&text));
            }
            (Kind::Raw, Column::Texts(texts)) => {
                texts.push(|data| data.extend_from_slice(&self.text[value.0..value.1]))
            }
            (Kind::Number, Column::Doubles(numbers)) => numbers.push(self.double(value)?),
            (Kind::Integer, Column::Integers(numbers)) => numbers.push(self.integer(value)?),
            (Kind::TextMap, Column::TextMaps(maps)) => self.map(value, maps, |look, item, values| {
                let text = look.scalar(item)?;
                values.push(|data| data.extend_from_slice(&text));
                Ok(())
            })?,
            (Kind::NumberMap, Column::NumberMaps(maps)) => self.map(value, maps, |look, item, values| {
                values.push(look.double(item)?);
                Ok(())
            })?,
            (Kind::Items, Column::Lists(lists)) => {
                if byte(self.text, value.0) != b'[' {
                    return Err(self.wrong(value, "an array of objects"));
                }
                let items: Vec<Span> = self.elements(value).collect();
                for (index, item) in items.into_iter().enumerate() {
                    self.path.push(Step::Index(index));
                    if byte(self.text, item.0) != b'{' {
                        return Err(self.wrong(item, "an object"));
                    }
                    self.row(item, &field.items, &mut lists.items)?;
                    self.path.pop();
                }
                lists.push();
            }
            _ => unreachable!("a column is made for its field's kind"),
        }
        Ok(())
    }

    fn string(&self, value: Span) -> Option<Vec<u8>> {
        if byte(self.text, value.0) != b'"' {
            return None;
        }
        let mut characters = Vec::new();
        unescape(&self.text[value.0 + 1..value.1 - 1], &mut characters);
        Some(characters)
    }

    fn scalar(&self, value: Span) -> Result<Vec<u8>, Refusal> {
        if matches!(byte(self.text, value.0), b'{' | b'[') {
            return Err(self.wrong(value, "a text, a number, true or false"));
        }
        Ok(self.string(value).unwrap_or_else(|| self.text[value.0..value.1].to_vec()))
    }

    fn double(&self, value: Span) -> Result<f64, Refusal> {
        if number_at(self.text, value.0).is_none() {
            return Err(self.wrong(value, "a number"));
        }
        let double = number::double(&self.text[value.0..value.1]);
        if double.is_finite() { Ok(double) } else { Err(Refusal::OutOfRange(self.found(value, "a double"))) }
    }

    fn integer(&self, value: Span) -> Result<i64, Refusal> {
        let Some((_, digits_only)) = number_at(self.text, value.0) else {
            return Err(self.wrong(value, "a whole number"));
        };
        number::integer(&self.text[value.0..value.1], digits_only).map_err(|reason| match reason {
            NoInteger::Fraction => self.wrong(value, "a whole number"),
            NoInteger::Range => Refusal::OutOfRange(self.found(value, "a 64-bit integer")),
        })
    }

    /// The entries of an object: a key that stands twice has its last value, at the place of its first.
    fn map<V>(
        &mut self,
        value: Span,
        maps: &mut Map<V>,
        mut push: impl FnMut(&mut Self, Span, &mut V) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        if byte(self.text, value.0) != b'{' {
            return Err(self.wrong(value, "an object"));
        }
        let mut entries: Vec<Member<'a>> = Vec::new();
        let mut places: HashMap<Cow<'a, [u8]>, usize> = HashMap::new();
        for (key, item) in self.members(value) {
            match places.get(&key) {
                Some(&place) => entries[place].1 = item,
                None => {
                    places.insert(key.clone(), entries.len());
                    entries.push((key, item));
                }
            }
        }
        for (key, item) in entries {
            if byte(self.text, item.0) != b'n' {
                self.path.push(Step::Key(key.to_vec()));
                push(self, item, &mut maps.values)?;
                self.path.pop();
                maps.keys.push(|data| data.extend_from_slice(&key));
            }
        }
        maps.push();
        Ok(())
    }

    /// The members of an object in their order.
    fn members(&mut self, value: Span) -> Vec<Member<'a>> {
        let mut at = blanks(self.text, value.0 + 1);
        std::iter::from_fn(|| self.member(&mut at)).collect()
    }

    /// The member at `at`, its key's escapes undone; `at` is moved to the next one.
    fn member(&mut self, at: &mut usize) -> Option<Member<'a>> {
        if byte(self.text, *at) != b'"' {
            return None;
        }
        let start = *at + 1;
        let (end, escaped) = string(self.text, start).ok()?;
        let item = self.span(colon(self.text, end + 1).ok()?).ok()?;
        let behind = blanks(self.text, item.1);
        *at = if byte(self.text, behind) == b',' { blanks(self.text, behind + 1) } else { behind };
        let text: &'a [u8] = self.text;
        let raw = &text[start..end];
        if !escaped {
            return Some((Cow::Borrowed(raw), item));
        }
        let mut key = Vec::new();
        unescape(raw, &mut key);
        Some((Cow::Owned(key), item))
    }

    /// The elements of an array in their order.
    fn elements(&mut self, value: Span) -> impl Iterator<Item = Span> {
        let mut at = blanks(self.text, value.0 + 1);
        std::iter::from_fn(move || {
            let item = if byte(self.text, at) == b']' { None } else { self.span(at).ok() }?;
            at = blanks(self.text, item.1);
            at = if byte(self.text, at) == b',' { blanks(self.text, at + 1) } else { at };
            Some(item)
        })
    }

    fn span(&mut self, start: usize) -> Result<Span, Doubt> {
        Ok((start, self.skipper.skip(self.text, start, 0)?))
    }

    fn wrong(&self, value: Span, allowed: &'static str) -> Refusal {
        Refusal::WrongType(self.found(value, allowed))
    }

    fn found(&self, value: Span, allowed: &'static str) -> Found {
        Found { path: self.path.clone(), start: value.0, end: value.1, allowed }
    }
}
