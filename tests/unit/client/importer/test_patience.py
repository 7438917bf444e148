"""When a request is repeated, how long that waits, and when it is given up."""

from __future__ import annotations

import datetime
import email.utils

import pytest

from pullfeed_client.importer import patience, transport


class Script:
    """A transport that answers from a list; None stands for no answer."""

    def __init__(self, *answers: transport.Answer | None) -> None:
        self.answers = list(answers)
        self.asked = 0

    def post(self, target: str, body: bytes) -> transport.Answer:
        self.asked += 1
        answer = self.answers.pop(0)
        if answer is None:
            raise transport.Unreachable("cut")
        return answer


def answer(status: int, retry_after: str = "") -> transport.Answer:
    return transport.Answer(status, {"retry-after": retry_after} if retry_after else {}, b"")


def asked(script: Script, budget_s: float = 300.0) -> tuple[int, list[float]]:
    """The last answer's status, and the waits."""
    waits: list[float] = []
    patient = patience.Patient(script, budget_s, waits.append)
    return patient.post("/customers", b"").status, waits


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 409, 413, 500, 504])
def test_another_answer_than_429_and_503_is_the_last(status: int) -> None:
    script = Script(answer(status), answer(200))

    assert asked(script) == (status, [])
    assert script.asked == 1


def test_a_busy_server_is_asked_again_after_longer_and_longer_waits() -> None:
    script = Script(*[answer(503)] * 8, answer(200))

    assert asked(script) == (200, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0])


def test_retry_after_is_obeyed_where_it_is_longer() -> None:
    script = Script(answer(429, "7"), answer(503, "0"), answer(200))

    assert asked(script) == (200, [7.0, 1.0])


def test_retry_after_may_be_a_date() -> None:
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=90)

    told = patience.retry_after_s(answer(503, email.utils.format_datetime(later, usegmt=True)))

    assert 80 < told <= 90


@pytest.mark.parametrize("text", ["", "soon", "-5", "1.5"])
def test_retry_after_that_says_nothing_is_0(text: str) -> None:
    assert patience.retry_after_s(answer(503, text)) == 0.0


def test_when_the_budget_is_spent_the_answer_is_the_last() -> None:
    script = Script(*[answer(503)] * 9)

    status, waits = asked(script, budget_s=10.0)

    assert status == 503
    assert waits == [0.5, 1.0, 2.0, 4.0]


def test_a_broken_connection_is_tried_again_once_something_had_answered() -> None:
    waits: list[float] = []
    patient = patience.Patient(Script(answer(200), None, None, answer(200)), 300.0, waits.append)
    patient.post("/customers", b"")

    assert patient.post("/customers", b"").status == 200
    assert waits == [0.5, 1.0]


def test_a_callback_that_never_answered_is_not_waited_for() -> None:
    with pytest.raises(transport.Unreachable):
        asked(Script(None, answer(200)))
