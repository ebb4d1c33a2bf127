"""Beam's own flags on our command line: told apart by name, passed on as they are."""

from __future__ import annotations

import difflib
import functools
from argparse import ArgumentParser
from collections.abc import Collection, Sequence
from typing import NoReturn

from pipelines.job import WrongSetting

_OURS_INSTEAD = frozenset({"--direct_num_workers", "--direct_running_mode"})
"""Flags of Beam that would work against how this tool runs its processes."""


def split_beam_flags(argv: Sequence[str], ours: Collection[str]) -> tuple[list[str], tuple[str, ...]]:
    """Our arguments, and Beam's (`--name=value`, or a bare `--name` for its switches).

    Raises:
        WrongSetting: for a flag that neither knows, with the nearest name, and for a value that Beam refuses.
    """
    own: list[str] = []
    beam: list[str] = []
    for position, argument in enumerate(argv):
        if argument == "--":
            own += argv[position:]
            break
        name = argument.partition("=")[0]
        if not argument.startswith("--") or name in {*ours, "--help", "--version"}:
            own.append(argument)
        else:
            beam.append(_checked(argument, name, ours))
    if beam:
        _beam_parser().parse_args(beam)
    return own, tuple(beam)


def _checked(argument: str, name: str, ours: Collection[str]) -> str:
    if name in _OURS_INSTEAD:
        raise WrongSetting(name, None, "is Beam's; --workers is how many processes this machine runs")
    switches, valued = _beam_flag_names()
    if name in switches or (name in valued and "=" in argument):
        return argument
    if name in valued:
        raise WrongSetting(name, None, f"is a Beam flag and needs its value behind an equals sign: {name}=VALUE")
    near = difflib.get_close_matches(name, [*ours, *valued, *switches], n=1)
    raise WrongSetting(name, None, f"is no flag of meterbeam or Beam{f'; did you mean {near[0]}?' if near else ''}")


def _beam_flag_names() -> tuple[set[str], set[str]]:
    """Beam's switches and its flags with a value."""
    switches: set[str] = set()
    valued: set[str] = set()
    for action in _beam_parser()._actions:
        (switches if action.nargs == 0 else valued).update(action.option_strings)
    return switches, valued


@functools.cache
def _beam_parser() -> ArgumentParser:
    """A parser of all of Beam's flags, which says what is wrong in one sentence; Beam takes two seconds to import."""
    from apache_beam.options.pipeline_options import PipelineOptions, _BeamArgumentParser

    class Parser(_BeamArgumentParser):  # type: ignore[misc]  # Beam ships no types
        def error(self, message: str) -> NoReturn:
            flag, _, refusal = message.removeprefix("argument ").partition(": ")
            raise WrongSetting(flag, None, f"Beam says: {refusal}")

    parser = Parser(add_help=False, allow_abbrev=False, conflict_handler="resolve")
    for group in PipelineOptions.__subclasses__():
        group._add_argparse_args(parser)
    return parser
