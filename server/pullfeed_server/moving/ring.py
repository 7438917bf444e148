"""The secrets that signed cursors and tokens: the target's cores must know the source's."""

from __future__ import annotations

import pathlib
import shlex

from pullfeed_server import errors, state
from pullfeed_server.store import dialects


def carry(source_url: str, target_url: str, given: str, out: pathlib.Path | None) -> str:
    """Sees to it that what the source signed is good at the target; what was done, or "".

    given: the setting secrets, which the target's cores get. out: where to write it for
    them, in a line for a shell or a unit's EnvironmentFile. No secret is in the sentence.
    Raises Unusable where they would not know the source's.
    """
    own, ring = _known(source_url, given)
    if out is not None:
        if not dialects.is_shared(target_url):
            _keep_first(ring, state.folder(target_url))
        return _write(out, f"PULLFEED_SECRETS={shlex.quote(','.join(ring))}")
    if given or dialects.is_shared(target_url):
        _check(own, state.given_ring(given) if given else [])
        return ""
    return _keep(own, state.folder(target_url))


def _known(source_url: str, given: str) -> tuple[list[str], list[str]]:
    """The source's own secrets, and those with the ones that are given."""
    told = state.given_ring(given) if given else []
    if dialects.is_shared(source_url):
        own = told
    else:
        folder = state.folder(source_url)
        own = state.kept_ring(folder) if state.secrets_file(folder).exists() else told
    if not own:
        raise errors.Unusable(
            "Say with which secrets the source's cores sign: set PULLFEED_SECRETS as they have it."
        )
    return own, [*own, *(secret for secret in told if secret not in own)]


def _check(own: list[str], known: list[str]) -> None:
    if set(own) - set(known):
        raise errors.Unusable(
            "The target's cores would not know the secrets that the source signs with, and cursors "
            "would end: say --secrets-file FILE to have them written for the target, or set "
            "PULLFEED_SECRETS to a ring that holds them."
        )


def _keep(own: list[str], folder: pathlib.Path) -> str:
    """Beside a file, where its core looks."""
    path = state.secrets_file(folder)
    if path.exists():
        _check(own, state.kept_ring(folder))
        return ""
    state.write_private(path, "\n".join(own))
    return f"The secrets of the source stand in {path}."


def _keep_first(ring: list[str], folder: pathlib.Path) -> None:
    """Beside a file that has none yet, or a core that is told none would make its own."""
    path = state.secrets_file(folder)
    if not path.exists():
        state.write_private(path, "\n".join(ring))


def _write(path: pathlib.Path, line: str) -> str:
    if path.exists() and state.read(path).strip() != line:
        raise errors.Unusable(f"The file {path} holds something else: name a new one.")
    state.write_private(path, line)
    return f"The secrets for the target's cores stand in {path}."
