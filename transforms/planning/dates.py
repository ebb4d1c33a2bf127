"""Times on the command line, and `{date:…}` templates: which dated folders lie in a window.

A template names folders or files after the time of what they hold: `{date:%Y/%m/%d}`, `{date:dt=%Y-%m-%d/hr=%H}`.
All templates of one pattern stand for one and the same instant, so `{date:%Y/%m/%d}/app-{date:%Y%m%d}.gz` is one
file a day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, IntEnum

MAX_INSTANTS = 1_000_000
"""Most dated prefixes one pattern may stand for: a century by hour, or two years by minute; each is a request."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:[Zz]|[+-]\d\d:\d\d)?)?")
_YEARS = range(1970, 9000)


class Unit(IntEnum):
    """The parts of a time, from coarse to fine."""

    YEAR = 0
    MONTH = 1
    DAY = 2
    HOUR = 3
    MINUTE = 4


class Directive(Enum):
    """A part of a template that stands for digits of the time, as in C's strftime; always of fixed width."""

    YEAR = "%Y"
    SHORT_YEAR = "%y"
    MONTH = "%m"
    DAY = "%d"
    DAY_OF_YEAR = "%j"
    HOUR = "%H"
    MINUTE = "%M"


_UNITS = {
    Directive.YEAR: (Unit.YEAR,),
    Directive.SHORT_YEAR: (Unit.YEAR,),
    Directive.MONTH: (Unit.MONTH,),
    Directive.DAY: (Unit.DAY,),
    Directive.DAY_OF_YEAR: (Unit.MONTH, Unit.DAY),
    Directive.HOUR: (Unit.HOUR,),
    Directive.MINUTE: (Unit.MINUTE,),
}

_ALLOWED = "%Y %y %m %d %j %H %M, or %% for a percent sign"
_LONGEST = {
    Unit.YEAR: timedelta(days=366),
    Unit.MONTH: timedelta(days=31),
    Unit.DAY: timedelta(days=1),
    Unit.HOUR: timedelta(hours=1),
    Unit.MINUTE: timedelta(minutes=1),
}


@dataclass(frozen=True, slots=True)
class Window:
    """The time from `since` up to `until`, which is excluded; both aware, UTC; walked in steps of `unit`."""

    since: datetime
    until: datetime
    unit: Unit = Unit.MINUTE

    def instants(self) -> Iterator[datetime]:
        """The starts of all units that have a part in the window, in order, one at a time.

        Raises:
            ValueError: one sentence, before the first, where there are more than `MAX_INSTANTS`.
        """
        if (self.until - self.since) / _LONGEST[self.unit] > MAX_INSTANTS:
            raise ValueError(
                f"the time from {self.since:%Y-%m-%d} to {self.until:%Y-%m-%d} has more than {MAX_INSTANTS}"
                f" {self.unit.name.lower()}s; choose a shorter one."
            )
        moment = _floor(self.since, self.unit)
        while moment < self.until:
            yield moment
            moment = self.after(moment)

    def after(self, moment: datetime) -> datetime:
        """The start of the next unit, from the start of one."""
        return _floor(moment + _LONGEST[self.unit], self.unit)


def parse_time(text: str) -> datetime:
    """The time a person wrote, aware, in UTC: `2026-01-02`, `2026-01-02T03:04Z`, any RFC 3339 time.

    UTC is assumed where no zone is given. Rules: https://www.rfc-editor.org/rfc/rfc3339#section-5.6

    Raises:
        ValueError: one sentence that quotes the text and says what is allowed.
    """
    try:
        if not _TIME.fullmatch(text):
            raise ValueError
        moment = datetime.fromisoformat(text.upper())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        allowed = "write 2026-01-02, 2026-01-02T03:04Z or 2026-01-02T03:04:05+01:00."
        raise ValueError(f"{text!r} is no time: {allowed}") from None
    if moment.year not in _YEARS:
        raise ValueError(f"{text!r} is no time of usage: write a year from {_YEARS[0]} to {_YEARS[-1]}.")
    return moment


def date_window(*, dated: bool, since: datetime | None, until: datetime | None, now: datetime) -> Window | None:
    """The window that `{date:…}` expands over; None where no input is dated. `until` is `now` where it is not given.

    Raises:
        ValueError: one sentence, where the options and the inputs do not fit together.
    """
    if not dated:
        for option, value in (("since", since), ("until", until)):
            if value is not None:
                raise ValueError(
                    f"--{option} needs an input with a {{date:%Y/%m/%d}} in it; --modified-{option} chooses objects"
                    " by the time they were written."
                )
        return None
    if since is None:
        raise ValueError("an input with a {date:…} needs --since, for instance --since 2026-01-02.")
    window = Window(since, now if until is None else until)
    if window.since >= window.until:
        raise ValueError(f"--since {since:%Y-%m-%dT%H:%MZ} must lie before the end, {window.until:%Y-%m-%dT%H:%MZ}.")
    return window


def parse_template(template: str) -> list[str | Directive]:
    """The texts and directives of what stands between `{date:` and `}`.

    Raises:
        ValueError: one sentence that quotes the template and says what is allowed.
    """
    if wild := re.search(r"[*?\[\]{\\]", template):
        raise ValueError(f"{{date:{template}}} has a {wild[0]!r}; write plain text and {_ALLOWED}.")
    return [_template_part(part, template) for part in re.findall(r"%.?|[^%]+", template, re.DOTALL)]


def _template_part(part: str, template: str) -> str | Directive:
    if not part.startswith("%"):
        return part
    if part == "%%":
        return "%"
    try:
        return Directive(part)
    except ValueError:
        raise ValueError(f"{{date:{template}}} has an unknown {part!r}; write plain text and {_ALLOWED}.") from None


def finest_unit(directives: Iterable[Directive]) -> Unit:
    """The finest part of the time that these directives name together, at least one.

    Raises:
        ValueError: one sentence, where a coarser part is not named, so that the digits would not settle a time.
    """
    units = {unit for directive in directives for unit in _UNITS[directive]}
    for unit in range(max(units)):
        if unit not in units:
            raise ValueError(
                f"its dates name the {max(units).name.lower()} without the {Unit(unit).name.lower()}; name every part"
                " from the year down, as in {date:%Y/%m/%d}."
            )
    return max(units)


def digits_of(directives: Iterable[Directive], moment: datetime) -> list[str]:
    """The digits of this time, for each directive."""
    # strftime gets no text from the pattern, since it fails on names that are not UTF-8.
    return moment.strftime("/".join(directive.value for directive in directives)).split("/")


def _floor(moment: datetime, unit: Unit) -> datetime:
    parts = (moment.year, moment.month, moment.day, moment.hour, moment.minute)[: unit + 1]
    year, month, day, hour, minute = (*parts, *(0, 1, 1, 0, 0)[len(parts) :])
    return datetime(year, month, day, hour, minute, tzinfo=UTC)
