"""`hubao ledger …`: sign, check, prove and hand out who saw and did what."""

from base64 import b64encode
from pathlib import Path
from typing import Annotated, Final

import typer

from hubao.cli.archive import SEGMENTS, archive, erase, shelf_at
from hubao.cli.desk.door import open_desk, whoever_runs_this
from hubao.cli.exits import told_as_exit_code
from hubao.cli.heads import false_stamps, log_key, read_heads
from hubao.cli.outputs import written_whole
from hubao.cli.progress import progress_bar
from hubao.kit.errors import BadInput

ledger: Final = typer.Typer(
    name="ledger",
    no_args_is_help=True,
    help="Who saw and did what: sign its heads, check it, prove an entry, hand it out.",
)


class Tampered(BadInput):
    """The ledger isn't what it was."""

    code = "ledger.tampered"


@ledger.command("signer")
def signer(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="For its key, its memory and its socket.")],
    *,
    origin: Annotated[str, typer.Option(help="The log's name, as HUBAO_LOG_ORIGIN.")],
) -> None:
    """Sign heads for the desk until stopped; run it as another user than the desk.

    Only this process can read the key. It signs only a log that begins with the one it signed last.

    Example: hubao ledger signer /var/lib/hubao-signer --origin insurer.example/ledger
    """
    with told_as_exit_code(context):
        from hubao.seal.signer import Signer, SignerServer, key_in  # noqa: PLC0415 - loads slowly

        key = key_in(folder)
        public = b64encode(key.public_key().public_bytes_raw()).decode()
        typer.echo(f"HUBAO_LOG_KEY={public}\nHUBAO_SIGNER={folder / 'socket'}")
        with SignerServer(folder / "socket", Signer(key, origin, folder / "last-head")) as server:
            server.serve_forever()


@ledger.command("head")
def head(context: typer.Context) -> None:
    """Have the log's head signed now, and put it into its places outside.

    Example: hubao ledger head
    """
    with open_desk(context):
        from django.utils import timezone  # noqa: PLC0415 - needs the desk

        from hubao.desk.core.wired import wired  # noqa: PLC0415
        from hubao.desk.ledger.heads import sign_and_publish  # noqa: PLC0415

        typer.echo(sign_and_publish(wired().log, at=timezone.now()), nl=False)


@ledger.command("verify")
def verify(
    context: typer.Context,
    heads: Annotated[
        list[Path] | None, typer.Argument(help="Signed heads, from places outside.")
    ] = None,
    *,
    segments: Annotated[Path | None, SEGMENTS] = None,
) -> None:
    """Read the whole ledger again; hold it to its tree and to signed heads. Exits with 2 if not.

    A time stamp that lies beside a head, named alike with .tsr, is held to HUBAO_TSA_ROOTS.

    Example: hubao ledger verify /mnt/audit/head-*.txt
    """
    with open_desk(context):
        from hubao.desk.ledger.checking import check  # noqa: PLC0415 - needs the desk

        notes = read_heads(heads or ())
        with progress_bar() as bar:
            found = check(
                outside=notes,
                key=log_key(needed=bool(notes)),
                shelf=shelf_at(segments),
                told=(lambda done, total: bar(done, total, "entries")) if bar else None,
            )
        faults = [*found.faults, *false_stamps(dict(zip(heads or (), notes, strict=True)))]
        for fault in faults:
            typer.echo(fault, err=True)
        if faults:
            raise Tampered(f"The ledger isn't what it was: {len(faults):,} faults.")
        typer.echo(
            f"{found.entries:,} entries are as they were, under {found.heads:,} signed heads;"
            f" {found.pending:,} wait for their place"
        )
        if found.archived and segments is None:
            typer.echo(
                f"{found.archived:,} of them are archived and count by hashes only, and"
                f" {found.unseen:,} heads over fewer weren't looked at: give --segments DIR"
            )


@ledger.command("prove")
def prove(
    context: typer.Context,
    event: Annotated[str, typer.Argument(help="The entry's event id.")],
) -> None:
    """Prove that an entry stands in the log, as JSON for somebody who trusts nobody here.

    Example: hubao ledger prove e0123456789abcdef0123456789abcdef
    """
    with open_desk(context):
        from hubao.desk.ledger.proof import prove as proof_of  # noqa: PLC0415 - needs the desk

        typer.echo(proof_of(event=event, actor=whoever_runs_this()))


@ledger.command("export")
def export(
    context: typer.Context,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Made if it is missing.")],
    *,
    segments: Annotated[Path | None, SEGMENTS] = None,
) -> None:
    """Write all entries and the heads signed so far, for docs/verify_ledger.py and for auditors.

    Example: hubao ledger export --out audit
    """
    with open_desk(context):
        from hubao.desk.ledger.export import lines  # noqa: PLC0415 - needs the desk
        from hubao.desk.ledger.queries import notes, size  # noqa: PLC0415

        out.mkdir(parents=True, exist_ok=True)
        entries = size()
        with written_whole(out / "ledger.jsonl") as beside, beside.open("w") as file:
            file.writelines(f"{line}\n" for line in lines(shelf_at(segments)))
        for number, note in enumerate(notes(), start=1):
            (out / f"head-{number:06d}.txt").write_text(note, encoding="utf-8")
        typer.echo(f"{entries:,} entries are in {out / 'ledger.jsonl'}")


ledger.command("archive")(archive)
ledger.command("erase")(erase)
