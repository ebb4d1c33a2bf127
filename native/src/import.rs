//! Columns of others, read through the Arrow C data interface
//! (<https://arrow.apache.org/docs/format/CDataInterface.html>).
//!
//! What the structures say is checked before what they point to is touched: types, the numbers of buffers and children,
//! offsets and lengths against each other. How long a buffer is they do not say; that it is long enough for them is the
//! promise of whoever made them. Values are read from bytes, since nobody promises alignment.

use std::ffi::{CStr, c_char};
use std::slice;

use crate::arrow::{ArrowArray, ArrowSchema};
use crate::views::{Bounds, Events, Maps, Nulls, Numbers, Texts, Unfit};

/// Columns taken over from whoever made them; released when this is dropped.
#[derive(Debug)]
pub struct Import {
    schema: ArrowSchema,
    array: ArrowArray,
}

impl Import {
    /// Take over what these point to, which then counts as released there.
    ///
    /// # Safety
    /// They point to structures that follow the interface, released or not, and nothing else uses them meanwhile.
    ///
    /// # Errors
    /// They are released already.
    pub unsafe fn take(schema: *mut ArrowSchema, array: *mut ArrowArray) -> Result<Import, Unfit> {
        // SAFETY: by contract both can be read and written; a copy is made of each, and since the original is marked as
        // released, as the interface tells consumers to, the copy alone owns what it points to.
        unsafe {
            if (*schema).release.is_none() || (*array).release.is_none() {
                return Err(Unfit("these columns are taken already".into()));
            }
            let taken = Import { schema: schema.read(), array: array.read() };
            (*schema).release = None;
            (*array).release = None;
            Ok(taken)
        }
    }

    /// How many rows these have, and their columns, which all are texts.
    ///
    /// # Errors
    /// One is of another type; or the structures contradict themselves.
    pub fn texts(&self) -> Result<(usize, Vec<Texts<'_>>), Unfit> {
        let table = self.table()?;
        let columns = 0..size(table.name, self.schema.n_children)?;
        let texts = columns.map(|number| table.child(number, table.first, table.rows)?.texts());
        Ok((table.rows, texts.collect::<Result<_, _>>()?))
    }

    fn table(&self) -> Result<Node<'_>, Unfit> {
        let table = Node::of("the batch", &self.schema, &self.array, Rows::All)?;
        table.expect("+s", 1)?;
        table.without_nulls()?;
        Ok(table)
    }

    /// The event columns among these.
    ///
    /// # Errors
    /// One is missing, of another type, or has nulls where there may be none; or the structures contradict themselves.
    pub fn events(&self) -> Result<Events<'_>, Unfit> {
        let table = self.table()?;
        Ok(Events {
            rows: table.rows,
            customers: table.column("customerId")?.texts()?.without_nulls("customerId")?,
            meters: table.column("meterApiName")?.texts()?.without_nulls("meterApiName")?,
            values: table.column("meterValue")?.numbers("g")?,
            times: table.column("meterTimeInMillis")?.numbers("l")?,
            ids: table.column("uniqueId")?.texts()?.without_nulls("uniqueId")?,
            dimensions: table.column("dimensions")?.maps()?,
        })
    }
}

enum Rows {
    All,
    Range(usize, usize),
}

/// Rows of an array with their type: those from `first` on in its buffers.
struct Node<'a> {
    name: &'a str,
    schema: &'a ArrowSchema,
    array: &'a ArrowArray,
    first: usize,
    rows: usize,
}

impl<'a> Node<'a> {
    /// Rows of this array; a range counts from its offset.
    fn of(name: &'a str, schema: &'a ArrowSchema, array: &'a ArrowArray, rows: Rows) -> Result<Node<'a>, Unfit> {
        let (length, offset) = (size(name, array.length)?, size(name, array.offset)?);
        let (first, rows) = match rows {
            Rows::All => (0, length),
            Rows::Range(first, rows) => (first, rows),
        };
        if first.checked_add(rows).is_none_or(|end| end > length) {
            return Err(contradiction(name));
        }
        let first = offset.checked_add(first).filter(|first| first.checked_add(rows).is_some());
        Ok(Node { name, schema, array, first: first.ok_or_else(|| contradiction(name))?, rows })
    }

    /// That the type is this one, with so many buffers.
    fn expect(&self, format: &str, buffers: i64) -> Result<(), Unfit> {
        // SAFETY: the interface has format as a string with a zero behind it; null is against it, and refused.
        let found = unsafe { text_at(self.schema.format) };
        let plain = self.schema.dictionary.is_null() && self.array.dictionary.is_null();
        if !plain || found.is_none_or(|found| found.to_bytes() != format.as_bytes()) {
            let found = if plain { found.unwrap_or_default().to_string_lossy() } else { "a dictionary".into() };
            return Err(Unfit(format!("{} is {found} in Arrow, and has to be {format}", self.name)));
        }
        let fits = self.array.n_buffers == buffers && !self.array.buffers.is_null();
        if fits { Ok(()) } else { Err(contradiction(self.name)) }
    }

    /// Values of a buffer up to the last row and `more`; only for a buffer whose number `expect` has made sure of.
    fn buffer<const N: usize>(&self, number: usize, more: usize) -> Result<&'a [[u8; N]], Unfit> {
        let count = self.first + self.rows + more;
        let fits = count.checked_mul(N).is_some_and(|bytes| isize::try_from(bytes).is_ok());
        // SAFETY: there is a pointer for each buffer, and expect has found that there are more than `number` buffers.
        let start = unsafe { *self.array.buffers.add(number) }.cast::<[u8; N]>();
        if !fits || start.is_null() {
            return Err(contradiction(self.name));
        }
        // SAFETY: by the interface the buffer has a value for every row up to offset + length (and `more` is 1 only
        // where one stands behind the last), arrays of bytes need no alignment, and it lives, unchanged, as long as
        // the array is not released, which its borrow sees to.
        Ok(unsafe { slice::from_raw_parts(start, count) })
    }

    fn nulls(&self) -> Result<Option<Nulls<'a>>, Unfit> {
        // SAFETY: as in `buffer`; every type that is read here has its bits in the first buffer.
        let bits = unsafe { *self.array.buffers }.cast::<u8>();
        if bits.is_null() || self.array.null_count == 0 || self.rows == 0 {
            return Ok(None);
        }
        let bytes = (self.first + self.rows).div_ceil(8);
        if isize::try_from(bytes).is_err() {
            return Err(contradiction(self.name));
        }
        // SAFETY: by the interface there is a bit for every row up to offset + length; the rest as in `buffer`.
        let nulls = Nulls { bits: unsafe { slice::from_raw_parts(bits, bytes) }, first: self.first };
        Ok(nulls.any(self.rows).then_some(nulls))
    }

    fn without_nulls(&self) -> Result<(), Unfit> {
        match self.nulls()? {
            Some(_) => Err(Unfit(format!("{} has a null", self.name))),
            None => Ok(()),
        }
    }

    /// A child, of as many as there have to be: its rows `first` and following.
    fn child(&self, number: usize, first: usize, rows: usize) -> Result<Node<'a>, Unfit> {
        let (schemas, arrays) = (self.schema.children, self.array.children);
        let fits = number < size(self.name, self.schema.n_children)? && self.schema.n_children == self.array.n_children;
        if !fits || schemas.is_null() || arrays.is_null() {
            return Err(contradiction(self.name));
        }
        // SAFETY: by the interface there are n_children pointers in both, and what they point to lives as long as the
        // parent; null is against it, and refused.
        let (schema, array) = unsafe { ((*schemas.add(number)).as_ref(), (*arrays.add(number)).as_ref()) };
        let (schema, array) = schema.zip(array).ok_or_else(|| contradiction(self.name))?;
        Node::of(self.name, schema, array, Rows::Range(first, rows))
    }

    /// The first column of this name.
    fn column(&self, name: &'a str) -> Result<Node<'a>, Unfit> {
        for number in 0..size(self.name, self.schema.n_children)? {
            let child = self.child(number, self.first, self.rows)?;
            // SAFETY: the interface has name as a string with a zero behind it, or null.
            let found = unsafe { text_at(child.schema.name) };
            if found.is_some_and(|found| found.to_bytes() == name.as_bytes()) {
                return Ok(Node { name, ..child });
            }
        }
        Err(Unfit(format!("there is no column {name}")))
    }

    fn numbers(&self, format: &str) -> Result<Numbers<'a>, Unfit> {
        self.expect(format, 2)?;
        self.without_nulls()?;
        if self.rows == 0 {
            return Ok(Numbers(&[]));
        }
        Ok(Numbers(&self.buffer(1, 0)?[self.first..]))
    }

    fn texts(&self) -> Result<Texts<'a>, Unfit> {
        self.expect("u", 3)?;
        let (bounds, nulls) = (self.bounds()?, self.nulls()?);
        // SAFETY: as in `buffer`; expect has found three.
        let data = unsafe { *self.array.buffers.add(2) }.cast::<u8>();
        let data = match bounds.last() {
            0 => &[],
            _ if data.is_null() => return Err(contradiction(self.name)),
            // SAFETY: by the interface the data reach as far as the greatest offset, which is the last, as Bounds has
            // made sure; the rest as in `buffer`.
            bytes => unsafe { slice::from_raw_parts(data, bytes) },
        };
        Ok(Texts { bounds, data, nulls })
    }

    fn bounds(&self) -> Result<Bounds<'a>, Unfit> {
        // Arrays without rows may be without offsets.
        let bounds = if self.rows == 0 { &[[0; 4]] } else { &self.buffer(1, 1)?[self.first..] };
        Bounds::new(bounds).ok_or_else(|| contradiction(self.name))
    }

    fn maps(&self) -> Result<Maps<'a>, Unfit> {
        self.expect("+m", 2)?;
        let (bounds, nulls) = (self.bounds()?, self.nulls()?);
        let entries = self.child(0, bounds.first(), bounds.last() - bounds.first())?;
        entries.expect("+s", 1)?;
        entries.without_nulls()?;
        let texts = |number| entries.child(number, entries.first, entries.rows)?.texts();
        Ok(Maps { bounds, nulls, keys: texts(0)?.without_nulls("a key of dimensions")?, items: texts(1)? })
    }
}

fn size(name: &str, value: i64) -> Result<usize, Unfit> {
    usize::try_from(value).map_err(|_| contradiction(name))
}

fn contradiction(name: &str) -> Unfit {
    Unfit(format!("{name} contradicts itself: its lengths, offsets, buffers or children do not fit together"))
}

/// The text at a pointer that may be null.
///
/// # Safety
/// It is null, or points to a string with a zero behind it that lives and does not change as long as `'a`.
unsafe fn text_at<'a>(start: *const c_char) -> Option<&'a CStr> {
    if start.is_null() {
        return None;
    }
    // SAFETY: by contract.
    Some(unsafe { CStr::from_ptr(start) })
}
