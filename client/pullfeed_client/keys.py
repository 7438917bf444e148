"""`pullfeed keys`: makes, lists and ends the keys of importers, writers and operators."""

from __future__ import annotations

import click

from pullfeed.v1 import key_service_pb2
from pullfeed_client import connection, output

ROLES = {
    "importer": key_service_pb2.ROLE_IMPORTER,
    "writer": key_service_pb2.ROLE_WRITER,
    "operator": key_service_pb2.ROLE_OPERATOR,
}
_COLUMNS = ("key_id", "role", "importer", "shops", "created_date", "revoked_date")


@click.group("keys")
def group() -> None:
    """Keys: who may fetch, who may put, who may look.

    \b
    Example:
      pullfeed keys new --role importer --importer acme --shop shop.example
    """


@group.command()
@click.option("--role", type=click.Choice(tuple(ROLES)), required=True, help="What it may do.")
@click.option("--importer", default="", help="The importer it names; for that role only.")
@click.option(
    "--shop", "shops", multiple=True, required=True, help='A shop it may touch; "*" for all.'
)
@output.json_option
@connection.connected
def new(
    core: connection.Core, role: str, importer: str, shops: tuple[str, ...], as_json: bool
) -> None:
    """Makes a key and prints its text, this once.

    \b
    Example:
      pullfeed keys new --role writer --shop shop.example --shop other.example
    """
    made = create(core, role, importer, shops)
    if as_json:
        output.json_line({"secret": made.secret} | _row(made.key))
    else:
        click.echo(made.secret)
        click.echo("Keep it now: it is not shown again.", err=True)
    if made.unknown_shops:
        click.echo(
            f"Nothing was put yet for {', '.join(made.unknown_shops)}: the key is good from the "
            "first put on.",
            err=True,
        )


@group.command("list")
@output.json_option
@connection.connected
def list_(core: connection.Core, as_json: bool) -> None:
    """All keys, oldest first, without their secrets.

    \b
    Example:
      pullfeed keys list --json
    """
    output.rows(map(_row, all_keys(core)), _COLUMNS, as_json=as_json)


@group.command("revoke")
@click.argument("key_id")
@connection.connected
def revoke_(core: connection.Core, key_id: str) -> None:
    """Ends a key. Ending it again is no error.

    \b
    Example:
      pullfeed keys revoke k4d0f2a9c1b7e
    """
    revoke(core, key_id)
    click.echo(f"{key_id} is revoked.")


def create(
    core: connection.Core, role: str, importer: str, shops: tuple[str, ...]
) -> key_service_pb2.CreateKeyResponse:
    """A new key with its secret."""
    request = key_service_pb2.CreateKeyRequest(role=ROLES[role], importer=importer, shops=shops)
    return core.keys.CreateKey(request, metadata=core.metadata, timeout=connection.CALL_S)


def all_keys(core: connection.Core) -> list[key_service_pb2.Key]:
    """All keys, oldest first."""
    request = key_service_pb2.ListKeysRequest()
    answer = core.keys.ListKeys(request, metadata=core.metadata, timeout=connection.CALL_S)
    return list(answer.keys)


def revoke(core: connection.Core, key_id: str) -> None:
    """Ends a key."""
    request = key_service_pb2.RevokeKeyRequest(key_id=key_id)
    core.keys.RevokeKey(request, metadata=core.metadata, timeout=connection.CALL_S)


def _row(key: key_service_pb2.Key) -> output.Row:
    return {
        "key_id": key.key_id,
        "role": next((name for name, role in ROLES.items() if role == key.role), "unknown"),
        "importer": key.importer,
        "shops": list(key.shops),
        "created_date": output.date(key, "created_date"),
        "revoked_date": output.date(key, "revoked_date"),
    }
