import pytest
import typer
from typer.testing import CliRunner, Result

from hubao.cli.exits import EXIT_CODES, told_as_exit_code
from hubao.kit.errors import BadInput, HubaoError, Kind


class Down(HubaoError):  # noqa: N818 - named as in hubao
    """Something hubao leans on is down."""

    code = "test.down"
    kind = Kind.UNAVAILABLE


def run_raising(error: BaseException, *, debug: bool = False) -> Result:
    """Run a command that raises `error` inside `told_as_exit_code`."""
    app = typer.Typer(pretty_exceptions_enable=False)

    @app.command()
    def fail(context: typer.Context) -> None:
        context.obj = debug
        with told_as_exit_code(context):
            raise error

    return CliRunner().invoke(app)


class TestToldAsExitCode:
    def test_says_bad_input_in_one_line_and_exits_with_2(self) -> None:
        done = run_raising(BadInput("victims.csv, line 3: no policy; add one."))

        assert done.exit_code == 2
        assert done.stderr == "hubao: victims.csv, line 3: no policy; add one. [input.bad]\n"
        assert done.stdout == ""

    def test_exits_with_1_when_something_is_down(self) -> None:
        done = run_raising(Down("The disk is full."))

        assert done.exit_code == 1
        assert "[test.down]" in done.stderr

    def test_hides_the_message_of_a_fault_of_ours(self) -> None:
        done = run_raising(KeyError("P000123"))

        assert done.exit_code == 1
        assert "KeyError at" in done.stderr
        assert "hubao --debug" in done.stderr
        assert "P000123" not in done.output

    def test_says_where_in_hubao_it_was(self) -> None:
        done = run_raising(KeyError("P000123"))

        assert "an unknown place" in done.stderr  # a test file is not in hubao

    def test_lets_everything_through_when_debugging(self) -> None:
        done = run_raising(KeyError("P000123"), debug=True)

        assert isinstance(done.exception, KeyError)

    def test_stops_by_ctrl_c_without_a_traceback(self) -> None:
        done = run_raising(KeyboardInterrupt())

        assert done.exit_code == 130
        assert done.stderr == "hubao: stopped.\n"

    @pytest.mark.parametrize(("error", "code"), [(typer.BadParameter("no"), 2), (typer.Exit(7), 7)])
    def test_leaves_usage_errors_and_exits_alone(self, error: Exception, code: int) -> None:
        assert run_raising(error).exit_code == code

    def test_maps_every_kind(self) -> None:
        assert set(EXIT_CODES) == set(Kind)
