"""Keys and importers."""

from __future__ import annotations

from pullfeed_server.store import Store, rows


def test_a_key_is_kept_as_it_was_given(store: Store) -> None:
    key = rows.KeyRow("k1", "writer", "", ("a.example", "*"), bytes(range(32)), 5, 0)
    store.write(lambda tx: tx.keys.add(key))
    assert store.read(lambda tx: tx.keys.get("k1")) == key
    assert store.read(lambda tx: tx.keys.get("k2")) is None
    store.write(lambda tx: tx.keys.revoke("k1", 7))
    store.write(lambda tx: tx.keys.revoke("k1", 8))
    assert store.read(lambda tx: tx.keys.all()) == [key._replace(revoked_us=7)]


def test_an_importer_is_kept_with_all_its_settings(store: Store) -> None:
    notify = rows.NotifyRow("https://importer.example/commit", "a key", "7", allow_private=True)
    expected = rows.ImporterRow("mail", {1: "full"}, "notify", accept_loss=True, notify=notify)
    store.write(lambda tx: tx.keys.set_importer(expected))
    assert store.read(lambda tx: tx.keys.importer("mail")) == expected
    assert store.read(lambda tx: tx.keys.commit_way("mail")) == "notify"
    assert store.read(lambda tx: tx.keys.commit_way("sms")) == "importer"


def test_an_importer_is_kept_with_its_starts(store: Store) -> None:
    store.write(lambda tx: tx.keys.set_importer(rows.ImporterRow("mail", {})))
    expected = rows.ImporterRow("mail", {1: "committed", 3: "full"})
    store.write(lambda tx: tx.keys.set_importer(expected))
    assert store.read(lambda tx: tx.keys.importer("mail")) == expected
    assert store.read(lambda tx: tx.keys.importer("sms")) is None
    assert store.read(lambda tx: tx.keys.importers()) == [expected]
