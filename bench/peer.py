"""The peer: the callback as a shop's back end would write it by hand.

Nine columns become a dict, the dicts become JSON, pages are LIMIT and OFFSET.
It has no key, no marks, no validation, no commit: only the answer is the same.
"""

from __future__ import annotations

import os

import flask
import sqlalchemy as sa

from bench import shop

DATABASE = "BENCH_PEER_DATABASE"

metadata = sa.MetaData()
customers = sa.Table(
    "customers",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in shop.COLUMNS),
)
_COLUMNS = [customers.c[name] for name in shop.COLUMNS]


def create_app() -> flask.Flask:
    """The peer's application on the database that the environment names."""
    engine = sa.create_engine(os.environ[DATABASE])
    app = flask.Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of the default provider

    @app.post("/customers")
    def page() -> flask.Response:
        named = flask.request.get_json()["shop"]
        if named != shop.SHOP:
            flask.abort(404)
        number = flask.request.args.get("page", 1, type=int)
        size = flask.request.args.get("page_size", 50, type=int)
        query = sa.select(*_COLUMNS).order_by(customers.c.id)
        with engine.connect() as connection:
            # One more than asked is quicker than a COUNT.
            query = query.limit(size + 1).offset((number - 1) * size)
            found = [dict(row) for row in connection.execute(query).mappings()]
        meta = {"has_next_page": len(found) > size, "cursor": None, "page": number}
        return flask.jsonify(
            status="success",
            message="",
            meta={**meta, "page_size": size},
            data=found[:size],
        )

    return app


def fill(url: str, count: int) -> None:
    """Makes the peer's table and puts the shop's customers in."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(sa.insert(customers), list(shop.customers(count)))
    engine.dispose()
