"""`make bench`: starts pullfeed and its peers, measures them in turns, prints one table."""

from __future__ import annotations

import json
import pathlib
import tempfile

import click

from bench import measure, plan, processes, report, servers, shop

LOADS = 3


@click.command()
@click.option("--customers", "count", type=click.IntRange(10_000), default=200_000)
@click.option("--rounds", type=click.IntRange(1), default=4, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Every figure of every round, as JSON.")
def main(count: int, rounds: int, as_json: bool) -> None:
    """Measures pullfeed beside hand-written peers. Takes some minutes of an idle machine."""
    with tempfile.TemporaryDirectory(prefix="pullfeed-bench-") as name:
        folder = pathlib.Path(name)
        with processes.Processes(folder) as running:
            run = measured(running, folder, count, rounds)
    if as_json:
        click.echo(json.dumps(report.as_json(run)))
        return
    for line in (*report.table(run), "", *report.notes(run)):
        click.echo(line)


def measured(
    running: processes.Processes, folder: pathlib.Path, count: int, rounds: int
) -> report.Run:
    """A whole run with servers of its own."""
    say("writing and loading the shop")
    file = folder / "customers.jsonl"
    shop.write(file, count)
    core = servers.core(running, folder)
    # The first shop is the one that is served; the others only show the spread.
    shops = (shop.SHOP, *(f"other{index}.example" for index in range(1, LOADS)))
    puts = [count / servers.load(core, file, name) for name in shops]
    one, two = (servers.facade(running, core, workers) for workers in (1, 2))
    peers = servers.peers(running, folder, count)
    pages = {size: measure.second_page(one[0], size).body for size in servers.SIZES}
    ceiling = servers.ceiling(running, folder, pages)
    planned = plan.Plan([ceiling, *one, *two, *peers], [*one, *peers], count)
    figures = plan.Figures()
    for number in range(1, rounds + 1):
        say(f"round {number} of {rounds}")
        for step in planned.steps(figures):
            step()
    names = [subject.name for subject in planned.paged]
    crawled = [subject.name for subject in planned.crawled]
    return report.Run(names, crawled, peers[0].name, count, rounds, figures, puts)


def say(text: str) -> None:
    """Progress, on stderr: stdout has the table alone."""
    click.echo(f"bench: {text}", err=True)


if __name__ == "__main__":
    main()
