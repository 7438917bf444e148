"""The sample shop: the same for a seed, flawed in every way, and counted."""

from __future__ import annotations

import hashlib
import json
import pathlib
from typing import Any

import pytest

from pullfeed_client import flaws, sample, scopes

SIZES = sample.Sizes(customer=900, order=1300, product=1100)


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    sample.write(tmp_path / "sample", 1, SIZES)
    return tmp_path / "sample"


def test_a_seed_gives_the_same_bytes_on_every_python(folder: pathlib.Path) -> None:
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        digest.update(file.read_bytes())
    assert digest.hexdigest() == "0e95267109e0a200d0a08e050755294ac6ae51186d56b79ceb94e2618123c73d"


def test_another_seed_gives_another_shop(folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    sample.write(tmp_path / "other", 2, SIZES)
    for name in ("customers.jsonl", "orders.jsonl", "products.jsonl"):
        assert (tmp_path / "other" / name).read_bytes() != (folder / name).read_bytes()


def test_a_larger_sample_begins_with_the_smaller_one(tmp_path: pathlib.Path) -> None:
    kind = scopes.KINDS["order"]
    small = list(sample.lines(kind, 1, 50))
    assert [line.text for line in sample.lines(kind, 1, 80)][:50] == [line.text for line in small]


@pytest.mark.parametrize("scope", ["customer", "order", "product"])
def test_every_flaw_and_every_dressing_has_its_turn(scope: str) -> None:
    lines = list(sample.lines(scopes.KINDS[scope], 1, getattr(SIZES, scope)))
    assert {id(line.flaw) for line in lines if line.flaw} == set(map(id, flaws.FLAWS[scope]))
    assert len(lines) // 13 > len(flaws.DRESSINGS[scope])


@pytest.mark.parametrize("scope", ["customer", "order", "product"])
def test_the_default_size_has_every_flaw_too(scope: str) -> None:
    assert getattr(sample.Sizes(), scope) // 29 >= len(flaws.FLAWS[scope])


def test_every_reason_a_put_from_a_file_can_have_is_in_the_sample() -> None:
    reasons = {flaw.reason for known in flaws.FLAWS.values() for flaw in known}
    assert reasons == {
        "MISSING", "NOT_ALLOWED", "BAD_EMAIL", "BAD_PHONE", "BAD_DATE", "BAD_LANGUAGE",
        "BAD_DECIMAL", "BAD_CURRENCY", "BAD_COUNTRY", "BAD_URL", "BAD_CODE", "BAD_NUMBER",
        "BAD_CHARACTER", "TOO_LONG", "TOO_LARGE", "BAD_ROW", "BAD_TYPE", "UNKNOWN_FIELD",
    }  # fmt: skip


def test_the_manifest_counts_what_stands_in_the_files(folder: pathlib.Path) -> None:
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name, told in manifest["scopes"].items():
        lines = (folder / told["file"]).read_text(encoding="utf-8").splitlines()
        assert len(lines) == told["total"] == getattr(SIZES, name)
        assert told["total"] - told["valid"] == sum(told["flawed"].values()) == len(told["flaws"])
        assert 0.02 < len(told["flaws"]) / told["total"] < 0.05
        for flaw in told["flaws"]:
            if flaw["reason"] not in ("BAD_ROW", "MISSING", "TOO_LONG", "BAD_CHARACTER"):
                assert flaw["id"] in lines[flaw["line"] - 1]


def test_all_data_is_visibly_made_up(folder: pathlib.Path) -> None:
    for line in (folder / "customers.jsonl").read_text(encoding="utf-8").splitlines()[:28]:
        fields = json.loads(line)
        assert fields["email"].strip().endswith("@example.com")
        assert fields["mobile"].startswith("+1555010")


def test_the_command_tells_the_counts(run: Any, tmp_path: pathlib.Path) -> None:
    result = run(
        "sample", "--out", "shop", "--customers", "100", "--orders", "0", "--products", "58"
    )
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "scope\tfile\ttotal\tvalid\tflawed",
        "customer\tcustomers.jsonl\t100\t97\t3",
        "order\torders.jsonl\t0\t0\t0",
        "product\tproducts.jsonl\t58\t56\t2",
    ]
    assert (tmp_path / "shop" / "orders.jsonl").read_bytes() == b""


def test_a_folder_that_cannot_be_made_is_3(run: Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").touch()
    result = run("sample", "--out", "file/shop")
    assert result.exit_code == 3
    assert "cannot be written" in result.stderr
