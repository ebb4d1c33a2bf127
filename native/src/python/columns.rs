//! What is done with columns of others, as Python calls it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyCapsule};

use crate::arrow::{ArrowArray, ArrowSchema};
use crate::columns::Texts;
use crate::digests;
use crate::encoding::events;
use crate::encoding::forms::Form;
use crate::import::Import;
use crate::interleaving;
use crate::python::{ARRAY, Batch, SCHEMA};
use crate::times;
use crate::views::Unfit;

/// The JSON text of each event of a record batch in the form of this name, with `end` behind it, as something that
/// `pyarrow.array` takes.
#[pyfunction]
pub fn event_text(py: Python<'_>, batch: &Bound<'_, PyAny>, form: &str, end: &str) -> PyResult<Batch> {
    let form = Form::named(form).ok_or_else(|| PyValueError::new_err(format!("there is no form {form}")))?;
    let import = taken(batch)?;
    let texts = done(py, || events::texts(&import.events()?, form, end.as_bytes()))?;
    Ok(texts_alone(texts))
}

/// For each row of a record batch of texts the hex digits of all of them together, one row after the other.
#[pyfunction]
pub fn joint_digests<'py>(py: Python<'py>, batch: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let import = taken(batch)?;
    let digits = done(py, || import.texts().map(|(rows, columns)| digests::joint_digests(&columns, rows)))?;
    Ok(PyBytes::new(py, &digits))
}

/// For each row of a record batch with one column of texts the time that it says: milliseconds since 1970 as 64-bit
/// integers in the machine's order, and a byte that is 0 for no time, 1 for a time in UTC and 2 for one of no zone.
#[pyfunction]
pub fn rfc3339<'py>(
    py: Python<'py>,
    batch: &Bound<'py, PyAny>,
) -> PyResult<(Bound<'py, PyByteArray>, Bound<'py, PyByteArray>)> {
    let import = taken(batch)?;
    let (millis, zones) = done(py, || {
        let (rows, columns) = import.texts()?;
        let [texts] = &columns[..] else { return Err(Unfit("one column of texts is due".into())) };
        Ok(times::rfc3339(texts, rows))
    })?;
    Ok((PyByteArray::new(py, &millis), PyByteArray::new(py, &zones)))
}

/// The texts of some rows of a record batch of texts, those that are marked, as something that `pyarrow.array` takes.
#[pyfunction]
pub fn interleaved(
    py: Python<'_>,
    batch: &Bound<'_, PyAny>,
    rows: PyBuffer<i64>,
    there: PyBuffer<u8>,
) -> PyResult<Batch> {
    let import = taken(batch)?;
    let (rows, there) = (rows.to_vec(py)?, there.to_vec(py)?);
    let texts = done(py, || {
        let (count, columns) = import.texts()?;
        interleaving::interleaved(&columns, count, &rows, &there)
    })?;
    Ok(texts_alone(texts))
}

/// What comes of some work, done while other threads may run Python.
fn done<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T, Unfit> + Send) -> PyResult<T> {
    let done = py.detach(|| catch_unwind(AssertUnwindSafe(work)));
    let failed = |_| PyRuntimeError::new_err("the compiled part failed; METERBEAM_NATIVE=0 does without it");
    done.map_err(failed)?.map_err(refused)
}

fn taken(batch: &Bound<'_, PyAny>) -> PyResult<Import> {
    let capsules = batch.call_method0("__arrow_c_array__")?;
    let (schema, array): (Bound<'_, PyCapsule>, Bound<'_, PyCapsule>) = capsules.extract()?;
    let schema = schema.pointer_checked(Some(SCHEMA))?.cast::<ArrowSchema>();
    let array = array.pointer_checked(Some(ARRAY))?.cast::<ArrowArray>();
    // SAFETY: capsules of these names hold these structures, by the PyCapsule interface of Arrow; this thread holds
    // the GIL, so no other uses them meanwhile.
    unsafe { Import::take(schema.as_ptr(), array.as_ptr()) }.map_err(refused)
}

fn texts_alone(texts: Texts) -> Batch {
    Batch { parts: Some((ArrowSchema::of_texts(), ArrowArray::of_texts(texts))) }
}

fn refused(Unfit(why): Unfit) -> PyErr {
    PyValueError::new_err(why)
}
