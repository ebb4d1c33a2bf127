//! The module `transforms.native._native`: what Python calls, with the GIL released while records are decoded.

mod columns;

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyCapsule, PyTuple};

use crate::arrow::{ArrowArray, ArrowSchema};
use crate::decoding::{Decoding, NoFrame};
use crate::digests::{self, Width};
use crate::look::{Found, Refusal};
use crate::plan::{Field, Kind, Step};
use crate::stream;

pub(crate) const SCHEMA: &CStr = c"arrow_schema";
pub(crate) const ARRAY: &CStr = c"arrow_array";

/// Changes with everything that Python calls and relies on; `transforms/native/__init__.py` has the same number.
const INTERFACE: u32 = 5;

/// The crate's version.
#[pyfunction]
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Where the line feeds of some bytes are, as 64-bit integers in the machine's order.
#[pyfunction]
fn line_feeds<'py>(py: Python<'py>, data: &Bound<'py, PyBytes>) -> Bound<'py, PyByteArray> {
    let data = data.as_bytes();
    let found =
        py.detach(|| memchr::memchr_iter(b'\n', data).flat_map(|at| (at as i64).to_ne_bytes()).collect::<Vec<u8>>());
    PyByteArray::new(py, &found)
}

/// Where the objects of a stream start and end, from a position on up to the first that is none; as `line_feeds`.
#[pyfunction]
fn whole_objects<'py>(
    py: Python<'py>,
    data: &Bound<'py, PyBytes>,
    position: usize,
) -> (Bound<'py, PyByteArray>, Bound<'py, PyByteArray>) {
    let data = data.as_bytes();
    let raw = |places: Vec<i64>| places.into_iter().flat_map(i64::to_ne_bytes).collect::<Vec<u8>>();
    let (starts, ends) = py.detach(|| {
        let (starts, ends) = stream::whole_objects(data, position);
        (raw(starts), raw(ends))
    });
    (PyByteArray::new(py, &starts), PyByteArray::new(py, &ends))
}

/// The hex digits of the xxh3 of each part of the bytes, of 64 or 128 bits, one after the other.
#[pyfunction]
fn hex_digests<'py>(
    py: Python<'py>,
    data: &Bound<'py, PyBytes>,
    starts: PyBuffer<i64>,
    ends: PyBuffer<i64>,
    bits: u32,
) -> PyResult<Bound<'py, PyBytes>> {
    let width = match bits {
        64 => Width::Short,
        128 => Width::Long,
        _ => return Err(PyValueError::new_err("64 or 128 bits")),
    };
    let (data, starts, ends) = (data.as_bytes(), starts.to_vec(py)?, ends.to_vec(py)?);
    let text = py.detach(|| digests::hex_digests(data, &starts, &ends, width));
    Ok(PyBytes::new(py, &text.ok_or_else(|| PyValueError::new_err("a part does not lie in the bytes"))?))
}

/// Decodes frames of JSON records by a plan; rows gather until they are taken.
#[pyclass(module = "transforms.native._native")]
struct Decoder {
    decoding: Option<Decoding>,
    depth: usize,
}

#[pymethods]
impl Decoder {
    /// `fields`: of the plan, each as (name, path, kind, items), keys of paths as bytes; `depth`: the levels allowed.
    #[new]
    fn new(fields: Vec<Bound<'_, PyTuple>>, depth: usize) -> PyResult<Decoder> {
        let fields = fields.iter().map(field).collect::<PyResult<_>>()?;
        Ok(Decoder { decoding: Some(Decoding::new(fields, depth)), depth })
    }

    /// Append the records of a frame; the refused ones as (number, code, start, end, allowed, path), the rest left
    /// out from where it has no meaning; see `json/record.py`, `detail_of`.
    fn decode<'py>(
        &mut self,
        py: Python<'py>,
        data: &Bound<'py, PyBytes>,
        starts: PyBuffer<i64>,
        lengths: PyBuffer<i32>,
    ) -> PyResult<Vec<Bound<'py, PyTuple>>> {
        let (data, starts, lengths) = (data.as_bytes(), starts.to_vec(py)?, lengths.to_vec(py)?);
        let mut decoding = self.decoding.take().ok_or_else(|| PyRuntimeError::new_err("this decoder failed before"))?;
        let done = py.detach(|| {
            catch_unwind(AssertUnwindSafe(|| {
                let refused = decoding.decode(data, &starts, &lengths);
                (decoding, refused)
            }))
        });
        let Ok((decoding, refused)) = done else {
            return Err(PyRuntimeError::new_err("the native decoder failed; METERBEAM_NATIVE=0 decodes without it"));
        };
        self.decoding = Some(decoding);
        let refused =
            refused.map_err(|NoFrame| PyValueError::new_err("the records do not lie in the frame's bytes"))?;
        refused.iter().map(|(number, refusal)| self.refused_record(py, *number, refusal)).collect()
    }

    /// The rows since this was last called, as something that `pyarrow.record_batch` takes.
    fn take(&mut self) -> PyResult<Batch> {
        let decoding = self.decoding.as_mut().ok_or_else(|| PyRuntimeError::new_err("this decoder failed before"))?;
        let schema = ArrowSchema::of(decoding.fields());
        Ok(Batch { parts: Some((schema, ArrowArray::of(decoding.take()))) })
    }
}

/// Decoded rows on their way to Arrow; see <https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html>.
#[pyclass(module = "transforms.native._native")]
pub(crate) struct Batch {
    pub(crate) parts: Option<(ArrowSchema, ArrowArray)>,
}

#[pymethods]
impl Batch {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &mut self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        let _ = requested_schema;
        let (schema, array) = self.parts.take().ok_or_else(|| PyValueError::new_err("these rows are taken already"))?;
        Ok((PyCapsule::new_with_value(py, schema, SCHEMA)?, PyCapsule::new_with_value(py, array, ARRAY)?))
    }
}

fn field(tuple: &Bound<'_, PyTuple>) -> PyResult<Field> {
    let (name, path, kind, items): (String, Vec<Bound<'_, PyAny>>, String, Vec<Bound<'_, PyTuple>>) =
        tuple.extract()?;
    Ok(Field {
        name,
        path: path.iter().map(step).collect::<PyResult<_>>()?,
        kind: Kind::named(&kind).ok_or_else(|| PyValueError::new_err(format!("there is no kind {kind}")))?,
        items: items.iter().map(field).collect::<PyResult<_>>()?,
    })
}

fn step(step: &Bound<'_, PyAny>) -> PyResult<Step> {
    match step.cast::<PyBytes>() {
        Ok(key) => Ok(Step::Key(key.as_bytes().to_vec())),
        Err(_) => Ok(Step::Index(step.extract()?)),
    }
}

impl Decoder {
    fn refused_record<'py>(&self, py: Python<'py>, number: usize, refusal: &Refusal) -> PyResult<Bound<'py, PyTuple>> {
        let (code, at, found) = match refusal {
            Refusal::InvalidUtf8(at) => ("INVALID_UTF8", *at, None),
            Refusal::InvalidJson(at) => ("INVALID_JSON", *at, None),
            Refusal::TooDeep(at) => return (number, "TOO_DEEP", at, at, self.depth.to_string()).into_pyobject(py),
            Refusal::NotAnObject => ("NOT_AN_OBJECT", 0, None),
            Refusal::WrongType(found) => ("WRONG_TYPE", found.start, Some(found)),
            Refusal::OutOfRange(found) => ("OUT_OF_RANGE", found.start, Some(found)),
        };
        let Some(Found { path, end, allowed, .. }) = found else { return (number, code, at).into_pyobject(py) };
        let steps = path.iter().map(|step| match step {
            Step::Key(key) => Ok(String::from_utf8_lossy(key).into_pyobject(py)?.into_any()),
            Step::Index(index) => Ok(index.into_pyobject(py)?.into_any()),
        });
        let path = PyTuple::new(py, steps.collect::<PyResult<Vec<_>>>()?)?;
        (number, code, at, *end, *allowed, path).into_pyobject(py)
    }
}

#[pymodule]
mod _native {
    #[pymodule_export]
    const INTERFACE: u32 = super::INTERFACE;
    #[pymodule_export]
    use super::columns::{event_text, interleaved, joint_digests, rfc3339};
    #[pymodule_export]
    use super::{Decoder, hex_digests, line_feeds, version, whole_objects};
}
