"""The forms in which events are told in JSON."""

from __future__ import annotations

from enum import StrEnum


class EventForm(StrEnum):
    """How an event is told; see `json_text` for the text of each."""

    METER = "meter"
    CLOUDEVENTS = "cloudevents"

    @property
    def batch_type(self) -> str:
        """The media type of a JSON array of events.

        Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md, section 4.
        """
        return "application/cloudevents-batch+json" if self is EventForm.CLOUDEVENTS else "application/json"
