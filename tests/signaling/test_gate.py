"""signaling/gate.py: how often somebody may do something."""

from signaling.gate import Gate


def test_a_burst_passes_and_what_comes_after_it_waits():
    gate = Gate(per_second=2, burst=3)
    assert [gate.admits(0.0) for _ in range(4)] == [True, True, True, False]
    assert gate.refused == 1
    assert gate.wait() == 0.5


def test_tokens_come_back_with_time_but_never_more_than_the_burst():
    gate = Gate(per_second=2, burst=3)
    for _ in range(3):
        gate.admits(0.0)
    assert gate.admits(0.5)
    assert not gate.admits(0.5)
    assert [gate.admits(100.0) for _ in range(4)] == [True, True, True, False]
