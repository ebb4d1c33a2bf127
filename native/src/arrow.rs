//! Columns handed over through the Arrow C data interface (<https://arrow.apache.org/docs/format/CDataInterface.html>).
//!
//! The structures own what they point to and free it when whoever imported them calls `release`, from any thread.

use std::ffi::{CString, c_char, c_void};
use std::ptr;

use crate::columns::{Column, Map, Numbers, Offsets, Table, Texts, Validity};
use crate::plan::{Field, Kind};

const NULLABLE: i64 = 2;

/// The type of a column.
#[repr(C)]
#[derive(Debug)]
pub struct ArrowSchema {
    pub(crate) format: *const c_char,
    pub(crate) name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    pub(crate) n_children: i64,
    pub(crate) children: *mut *mut ArrowSchema,
    pub(crate) dictionary: *mut ArrowSchema,
    pub(crate) release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    private_data: *mut c_void,
}

/// The values of a column.
#[repr(C)]
#[derive(Debug)]
pub struct ArrowArray {
    pub(crate) length: i64,
    pub(crate) null_count: i64,
    pub(crate) offset: i64,
    pub(crate) n_buffers: i64,
    pub(crate) n_children: i64,
    pub(crate) buffers: *const *const c_void,
    pub(crate) children: *mut *mut ArrowArray,
    pub(crate) dictionary: *mut ArrowArray,
    pub(crate) release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    private_data: *mut c_void,
}

// SAFETY: those made here own all that they point to. Those taken over are pyarrow's: what they point to does not change
// while they live, and they count their users across threads.
unsafe impl Send for ArrowSchema {}
// SAFETY: as above.
unsafe impl Send for ArrowArray {}
// SAFETY: a reference only reads, and what it reads does not change until it is released.
unsafe impl Sync for ArrowSchema {}
// SAFETY: as above.
unsafe impl Sync for ArrowArray {}

struct SchemaParts {
    _format: CString,
    _name: CString,
    children: Box<[*mut ArrowSchema]>,
}

struct ArrayParts {
    buffers: Box<[*const c_void]>,
    children: Box<[*mut ArrowArray]>,
    _owned: Vec<Buffer>,
}

/// Memory that a column is made of.
enum Buffer {
    Bytes(Vec<u8>),
    Offsets(Vec<i32>),
    Doubles(Vec<f64>),
    Integers(Vec<i64>),
    None,
}

impl Buffer {
    fn address(&self) -> *const c_void {
        match self {
            Buffer::Bytes(bytes) => bytes.as_ptr().cast(),
            Buffer::Offsets(offsets) => offsets.as_ptr().cast(),
            Buffer::Doubles(values) => values.as_ptr().cast(),
            Buffer::Integers(values) => values.as_ptr().cast(),
            Buffer::None => ptr::null(),
        }
    }
}

impl ArrowSchema {
    /// The schema of a table of these fields.
    pub fn of(fields: &[Field]) -> ArrowSchema {
        ArrowSchema::new("+s", "", 0, fields.iter().map(ArrowSchema::of_field).collect())
    }

    /// The schema of texts alone.
    pub fn of_texts() -> ArrowSchema {
        ArrowSchema::new("u", "", 0, vec![])
    }

    fn of_field(field: &Field) -> ArrowSchema {
        let entries = |value| {
            let key = ArrowSchema::new("u", "key", 0, vec![]);
            let value = ArrowSchema::new(value, "value", NULLABLE, vec![]);
            vec![ArrowSchema::new("+s", "entries", 0, vec![key, value])]
        };
        let (format, children) = match field.kind {
            Kind::Text | Kind::Scalar | Kind::Raw => ("u", vec![]),
            Kind::Number => ("g", vec![]),
            Kind::Integer => ("l", vec![]),
            Kind::TextMap => ("+m", entries("u")),
            Kind::NumberMap => ("+m", entries("g")),
            Kind::Items => {
                let items = field.items.iter().map(ArrowSchema::of_field).collect();
                ("+l", vec![ArrowSchema::new("+s", "item", NULLABLE, items)])
            }
        };
        ArrowSchema::new(format, &field.name, NULLABLE, children)
    }

    fn new(format: &str, name: &str, flags: i64, children: Vec<ArrowSchema>) -> ArrowSchema {
        let text = |text: &str| CString::new(text.replace('\0', "")).unwrap_or_default();
        let mut parts = Box::new(SchemaParts {
            _format: text(format),
            _name: text(name),
            children: children.into_iter().map(|child| Box::into_raw(Box::new(child))).collect(),
        });
        ArrowSchema {
            format: parts._format.as_ptr(),
            name: parts._name.as_ptr(),
            metadata: ptr::null(),
            flags,
            n_children: parts.children.len() as i64,
            children: parts.children.as_mut_ptr(),
            dictionary: ptr::null_mut(),
            release: Some(release_schema),
            private_data: Box::into_raw(parts).cast(),
        }
    }
}

impl ArrowArray {
    /// The table as one array of structs.
    pub fn of(table: Table) -> ArrowArray {
        let children = table.columns.into_iter().map(ArrowArray::of_column).collect();
        ArrowArray::new(table.rows, 0, vec![Buffer::None], children)
    }

    fn of_column(column: Column) -> ArrowArray {
        match column {
            Column::Texts(texts) => ArrowArray::of_texts(texts),
            Column::Doubles(numbers) => ArrowArray::of_numbers(numbers, Buffer::Doubles),
            Column::Integers(numbers) => ArrowArray::of_numbers(numbers, Buffer::Integers),
            Column::TextMaps(maps) => ArrowArray::of_map(maps, ArrowArray::of_texts),
            Column::NumberMaps(maps) => {
                ArrowArray::of_map(maps, |numbers| ArrowArray::of_numbers(numbers, Buffer::Doubles))
            }
            Column::Lists(lists) => ArrowArray::of_lists(lists.valid, lists.offsets, ArrowArray::of(lists.items)),
        }
    }

    /// Texts alone.
    pub fn of_texts(texts: Texts) -> ArrowArray {
        let (length, nulls) = (texts.valid.len, texts.valid.nulls);
        let buffers = vec![validity(texts.valid), Buffer::Offsets(texts.offsets.0), Buffer::Bytes(texts.data)];
        ArrowArray::new(length, nulls, buffers, vec![])
    }

    fn of_numbers<T>(numbers: Numbers<T>, buffer: fn(Vec<T>) -> Buffer) -> ArrowArray {
        let (length, nulls) = (numbers.valid.len, numbers.valid.nulls);
        ArrowArray::new(length, nulls, vec![validity(numbers.valid), buffer(numbers.values)], vec![])
    }

    fn of_map<V>(maps: Map<V>, values: fn(V) -> ArrowArray) -> ArrowArray {
        let entries = maps.keys.len();
        let children = vec![ArrowArray::of_texts(maps.keys), values(maps.values)];
        let entries = ArrowArray::new(entries, 0, vec![Buffer::None], children);
        ArrowArray::of_lists(maps.valid, maps.offsets, entries)
    }

    fn of_lists(valid: Validity, offsets: Offsets, items: ArrowArray) -> ArrowArray {
        let (length, nulls) = (valid.len, valid.nulls);
        ArrowArray::new(length, nulls, vec![validity(valid), Buffer::Offsets(offsets.0)], vec![items])
    }

    fn new(length: usize, nulls: usize, buffers: Vec<Buffer>, children: Vec<ArrowArray>) -> ArrowArray {
        let mut parts = Box::new(ArrayParts {
            buffers: buffers.iter().map(Buffer::address).collect(),
            children: children.into_iter().map(|child| Box::into_raw(Box::new(child))).collect(),
            _owned: buffers,
        });
        ArrowArray {
            length: length as i64,
            null_count: nulls as i64,
            offset: 0,
            n_buffers: parts.buffers.len() as i64,
            n_children: parts.children.len() as i64,
            buffers: parts.buffers.as_ptr(),
            children: parts.children.as_mut_ptr(),
            dictionary: ptr::null_mut(),
            release: Some(release_array),
            private_data: Box::into_raw(parts).cast(),
        }
    }
}

fn validity(valid: Validity) -> Buffer {
    if valid.nulls == 0 { Buffer::None } else { Buffer::Bytes(valid.bits) }
}

/// Frees a schema.
///
/// # Safety
/// `schema` was made by this module and is not released.
unsafe extern "C" fn release_schema(schema: *mut ArrowSchema) {
    // SAFETY: by contract; the parts were boxed by `new`, and are freed only here, behind which `release` is null. A
    // child may have been moved away by who imported it, who then set its `release` to null, which its drop respects.
    unsafe {
        let parts: Box<SchemaParts> = Box::from_raw((*schema).private_data.cast());
        parts.children.iter().for_each(|&child| drop(Box::from_raw(child)));
        (*schema).release = None;
    }
}

/// Frees an array.
///
/// # Safety
/// `array` was made by this module and is not released.
unsafe extern "C" fn release_array(array: *mut ArrowArray) {
    // SAFETY: as for `release_schema`.
    unsafe {
        let parts: Box<ArrayParts> = Box::from_raw((*array).private_data.cast());
        parts.children.iter().for_each(|&child| drop(Box::from_raw(child)));
        (*array).release = None;
    }
}

impl Drop for ArrowSchema {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: it is not released, or `release` would be null.
            unsafe { release(self) }
        }
    }
}

impl Drop for ArrowArray {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: it is not released, or `release` would be null.
            unsafe { release(self) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handed_over_is_freed_by_whoever_has_it() {
        let inner = Field { name: "x".into(), path: vec![], kind: Kind::Number, items: vec![] };
        let fields = [
            Field { name: "l".into(), path: vec![], kind: Kind::Items, items: vec![inner.clone()] },
            Field { name: "m".into(), path: vec![], kind: Kind::TextMap, items: vec![] },
            Field { name: "i\0".into(), path: vec![], kind: Kind::Integer, items: vec![] },
        ];
        let mut table = Table::of(&fields);
        table.end_row();
        let (schema, array) = (ArrowSchema::of(&fields), ArrowArray::of(table));
        assert_eq!((schema.n_children, array.n_children, array.length), (3, 3, 1));
        drop(schema);
        // As an importer does: the child is moved out, and marked as gone where it was.
        // SAFETY: there are three children.
        let child = unsafe { &mut **array.children };
        let moved = ArrowArray { release: child.release.take(), ..*moved_parts(child) };
        drop(array);
        assert_eq!(moved.null_count, 1);
    }

    fn moved_parts(of: &ArrowArray) -> std::mem::ManuallyDrop<ArrowArray> {
        // SAFETY: a copy that is never dropped.
        std::mem::ManuallyDrop::new(unsafe { ptr::read(of) })
    }
}
