//! Event columns → JSON text. The text is fixed to the byte by `transforms/sinks/json_text.py`; the encoder in
//! `transforms/sinks/arrow_text.py` is the reference.

pub mod events;
pub mod forms;
pub mod instants;
pub mod numbers;
pub mod sheet;
