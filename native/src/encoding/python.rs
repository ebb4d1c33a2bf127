//! The encoder as Python calls it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule};

use crate::arrow::{ArrowArray, ArrowSchema};
use crate::digests;
use crate::encoding::events;
use crate::encoding::forms::Form;
use crate::encoding::import::Import;
use crate::encoding::views::Unfit;
use crate::python::{ARRAY, Batch, SCHEMA};

/// The JSON text of each event of a record batch in the form of this name, with `end` behind it, as something that
/// `pyarrow.array` takes.
#[pyfunction]
pub fn event_text(py: Python<'_>, batch: &Bound<'_, PyAny>, form: &str, end: &str) -> PyResult<Batch> {
    let form = Form::named(form).ok_or_else(|| PyValueError::new_err(format!("there is no form {form}")))?;
    let import = taken(batch)?;
    let texts = done(py, || events::texts(&import.events()?, form, end.as_bytes()))?;
    Ok(Batch { parts: Some((ArrowSchema::of_texts(), ArrowArray::of_texts(texts))) })
}

/// For each row of a record batch of texts the hex digits of all of them together, one row after the other.
#[pyfunction]
pub fn joint_digests<'py>(py: Python<'py>, batch: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let import = taken(batch)?;
    let digits = done(py, || import.texts().map(|(rows, columns)| digests::joint_digests(&columns, rows)))?;
    Ok(PyBytes::new(py, &digits))
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

fn refused(Unfit(why): Unfit) -> PyErr {
    PyValueError::new_err(why)
}
