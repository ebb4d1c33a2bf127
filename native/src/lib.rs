//! JSON records to Arrow columns, carrying out meterbeam's decode plan; columns of texts to digests and times; event
//! columns to JSON.
//!
//! What has to be refused, and what a value becomes, is fixed by the reference in Python
//! (`transforms/formats/json/record.py`); this crate keeps the same rules at the speed of the machine. A record is first
//! read by [`record`], which does not say why it stops; then [`look`] has the final word about it.

pub mod arrow;
pub mod calendar;
pub mod columns;
pub mod decoding;
pub mod digests;
pub mod encoding;
pub mod import;
pub mod interleaving;
pub mod look;
pub mod number;
pub mod plan;
pub mod record;
pub mod scan;
pub mod stream;
pub mod syntax;
pub mod text;
pub mod times;
pub mod views;

#[cfg(feature = "python")]
mod python;
