"""The one place where a failure becomes an exit code and a sentence on stderr."""

import traceback
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Final, NoReturn

import typer

from hubao.kit.errors import HubaoError, Kind

EXIT_CODES: Final = {
    Kind.INVALID: 2,
    Kind.FORBIDDEN: 2,
    Kind.NOT_FOUND: 2,
    Kind.CONFLICT: 2,
    Kind.UNAVAILABLE: 1,
}
_OUR_FAULT: Final = 1
_STOPPED: Final = 130  # what shells give for Ctrl-C


def told_as_exit_code(context: typer.Context) -> AbstractContextManager[None]:
    """Turn what goes wrong inside into one sentence on stderr and an exit code.

    An anticipated failure (`HubaoError`) exits by its kind, anything else with 1 and the place in
    hubao where it happened but not its message, which may quote a row. `hubao --debug` shows all.
    """
    return _Told(debug=bool(context.obj))


class _Told(AbstractContextManager[None]):
    def __init__(self, *, debug: bool) -> None:
        self._debug = debug

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, HubaoError):
            _leave(f"hubao: {error.message} [{error.code}]", EXIT_CODES[error.kind], error)
        if isinstance(error, KeyboardInterrupt):
            _leave("hubao: stopped.", _STOPPED, error)
        if isinstance(error, Exception) and not self._debug and not _is_of_typer(error):
            _leave(
                f"hubao: {type(error).__name__} at {_place(error)}: this is a fault in hubao, not "
                "in your files. Run it again as hubao --debug ... to see everything (it may quote "
                "your data, so read it before you pass it on).",
                _OUR_FAULT,
                error,
            )


def _leave(sentence: str, code: int, error: BaseException) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(code) from error


def _is_of_typer(error: Exception) -> bool:
    """Usage errors and exits already have their sentence and code; a closed pipe needs none."""
    return isinstance(error, typer.Exit | typer.Abort | typer.BadParameter | BrokenPipeError)


def _place(error: Exception) -> str:
    """Where hubao was: its own innermost file and line, relative to the package."""
    home = Path(__file__).parents[2]
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(home / "hubao")]
    if not ours:
        return "an unknown place"
    return f"{Path(ours[-1].filename).relative_to(home)}, line {ours[-1].lineno}"
