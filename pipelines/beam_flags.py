"""Beam's own flags on our command line: told apart by name, passed on as they are."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence

from pipelines.job import WrongSetting


def split_beam_flags(argv: Sequence[str], ours: Collection[str]) -> tuple[list[str], tuple[str, ...]]:
    """Our arguments, and Beam's (`--name=value`, or a bare `--name` for its switches).

    Raises:
        WrongSetting: for a flag that neither knows, with the nearest name.
    """
    own: list[str] = []
    beam: list[str] = []
    for position, argument in enumerate(argv):
        if argument == "--":
            return [*own, *argv[position:]], tuple(beam)
        name = argument.partition("=")[0]
        if not argument.startswith("--") or name in {*ours, "--help", "--version"}:
            own.append(argument)
        else:
            beam.append(_checked(argument, name, ours))
    return own, tuple(beam)


def _checked(argument: str, name: str, ours: Collection[str]) -> str:
    switches, valued = _beam_flag_names()
    if name in switches or (name in valued and "=" in argument):
        return argument
    if name in valued:
        raise WrongSetting(name, None, f"is a Beam flag and needs its value behind an equals sign: {name}=VALUE")
    near = difflib.get_close_matches(name, [*ours, *valued, *switches], n=1)
    raise WrongSetting(name, None, f"is no flag of meterbeam or Beam{f'; did you mean {near[0]}?' if near else ''}")


def _beam_flag_names() -> tuple[set[str], set[str]]:
    """Beam's switches and its flags with a value; imported late, since Beam takes two seconds."""
    from apache_beam.options.pipeline_options import PipelineOptions, _BeamArgumentParser

    parser = _BeamArgumentParser(add_help=False, conflict_handler="resolve")
    for group in PipelineOptions.__subclasses__():
        group._add_argparse_args(parser)
    switches: set[str] = set()
    valued: set[str] = set()
    for action in parser._actions:
        (switches if action.nargs == 0 else valued).update(action.option_strings)
    return switches, valued
