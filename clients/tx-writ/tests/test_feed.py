"""What a fetch leaves behind: checkpoints, withdrawals, starting anew, malformed records, and feeds that lie."""

import random

import pytest
from conftest import Reader
from threatexchange.utils import dataclass_json
from writ_exchange import WritCheckpoint, WritError
from writ_exchange.spans import Spans

A, B, C = "a" * 64, "b" * 64, "c" * 64


def test_a_first_fetch_holds_what_matches(writ, reader):
    writ.put(1, A)
    writ.put(2, B, state="quarantined")
    writ.put(3, C, state="disputed")
    reader.fetch()
    assert reader.hashes == {A, C}


def test_a_later_fetch_asks_only_for_what_changed(writ, reader):
    writ.put(1, A)
    reader.fetch()
    writ.put(2, B)
    told = []
    writ.lie = lambda honest, query: told.append(honest["entries"]) or honest
    reader.fetch()
    assert reader.hashes == {A, B}
    assert [entry["entry"] for entry in told[0]] == [2]


def test_a_feed_of_many_pages_is_read_to_its_end(writ, reader):
    for number in range(95):
        writ.put(number, f"{number:064x}")
    writ.page = 10
    reader.fetch()
    assert len(reader.hashes) == 95
    assert len(writ.asked) == 10


def test_an_interrupted_fetch_goes_on_where_it_stopped(writ, reader):
    for number in range(30):
        writ.put(number, f"{number:064x}")
    writ.page = 10
    reader.fetch(pages=1)
    assert len(reader.hashes) == 10
    reader.fetch()
    assert len(reader.hashes) == 30
    assert len(writ.asked) == 3


@pytest.mark.parametrize("state", ["withdrawn", "expired", "quarantined"])
def test_what_no_longer_matches_is_gone_after_the_next_fetch(writ, reader, state):
    writ.put(1, A)
    writ.put(2, B)
    reader.fetch()
    writ.drop(1, state)
    reader.fetch()
    assert reader.hashes == {B}


def test_what_matches_again_is_back(writ, reader):
    writ.put(1, A)
    reader.fetch()
    writ.put(1, A, state="quarantined")
    reader.fetch()
    assert reader.hashes == set()
    writ.put(1, A)
    reader.fetch()
    assert reader.hashes == {A}


def test_an_end_that_has_passed_ends_the_match_without_a_fetch(writ, reader):
    writ.put(1, A, expires="2001-01-01T00:00:00Z")
    writ.put(2, B, expires="2999-01-01T00:00:00Z")
    writ.put(3, C, expires="2999-01-01T00:00:00.123456789+02:00")
    reader.fetch()
    assert reader.hashes == {B, C}


def test_a_signal_that_is_not_supported_itself_does_not_match(writ, reader):
    signals = [{"type": "pdq", "hash": A, "state": "active"}, {"type": "pdq", "hash": B, "state": "withdrawn"}]
    writ.put(1, A, signals=signals)
    reader.fetch()
    assert reader.hashes == {A}


def test_only_the_bank_that_was_named_is_held(writ):
    reader = Reader(writ, bank="RECRUITMENT")
    writ.put(1, A)
    writ.put(2, B, bank="MANIFESTOS")
    reader.fetch()
    assert reader.hashes == {A}


def test_types_that_nobody_asked_for_are_passed_over(writ, reader):
    writ.put(1, A, signals=[{"type": "smell", "hash": "00"}, {"type": "pdq", "hash": A}])
    reader.fetch()
    assert reader.hashes == {A}


def test_starting_anew_keeps_what_is_named_again_and_drops_the_rest(writ, reader):
    for number, hash in ((1, A), (2, B)):
        writ.put(number, hash)
    reader.fetch()
    writ.drop(1)
    writ.put(3, C)
    writ.forget()
    reader.fetch()
    assert reader.hashes == {B, C}
    checkpoint = reader.store.get_checkpoint(reader.collab)
    assert (checkpoint.held, checkpoint.doubted) == ([[2, 3]], [])


def test_starting_anew_loses_nothing_before_its_end_and_survives_an_interruption(writ, reader):
    for number in range(20):
        writ.put(number, f"{number:064x}")
    reader.fetch()
    for number in (0, 7):
        writ.drop(number)
    writ.put(20, f"{20:064x}")
    writ.forget()
    writ.page = 5
    reader.fetch(pages=2)
    assert len(reader.hashes) >= 19
    reader.fetch()
    assert reader.hashes == {f"{number:064x}" for number in range(21) if number not in (0, 7)}


def test_another_feed_behind_the_same_address_takes_the_place_of_the_first(writ, reader):
    for number in range(5):
        writ.put(number, f"{number:064x}")
    reader.fetch()
    writ.entries, writ.changed, writ.head = {}, {}, 0
    writ.put(9, A)
    reader.fetch()
    assert reader.hashes == {A}


MALFORMED = [
    "words",
    None,
    7,
    [],
    {},
    {"entry": "5", "state": "active"},
    {"entry": True, "state": "active"},
    {"entry": -1, "state": "active"},
    {"entry": 2**70, "state": "active"},
    {"entry": 5},
    {"entry": 5, "state": 3, "bank": "X"},
    {"entry": 5, "state": "active", "bank": "X"},
    {"entry": 5, "state": "active", "bank": "X", "signals": "pdq"},
    {"entry": 5, "state": "active", "bank": "X", "signals": [7]},
    {"entry": 5, "state": "active", "bank": 7, "signals": [{"type": "pdq", "hash": B}]},
    {"entry": 5, "state": "active", "bank": "X", "signals": [{"type": "pdq", "hash": "zz"}]},
    {"entry": 5, "state": "active", "bank": "X", "signals": [{"type": ["pdq"], "hash": B}]},
    {"entry": 5, "state": "active", "bank": "X", "signals": [{"type": "pdq", "hash": B}], "labels": {}},
    {"entry": 5, "state": "active", "bank": "X", "signals": [{"type": "pdq", "hash": B}], "opinions": "many"},
    {"entry": 5, "state": "active", "bank": "X", "signals": [{"type": "pdq", "hash": B}], "expires": "soon"},
    {"entry": 5, "state": "active", "bank": "X", "signals": [{"type": "pdq", "hash": B}], "expires": 17},
]


@pytest.mark.parametrize("malformed", MALFORMED, ids=str)
def test_one_malformed_record_costs_no_other(writ, reader, malformed):
    writ.put(1, A)
    writ.put(2, C)
    writ.lie = lambda honest, query: honest | {"entries": [honest["entries"][0], malformed, honest["entries"][1]]}
    reader.fetch()
    assert reader.hashes == {A, C}


def test_a_malformed_form_of_an_entry_leaves_the_earlier_one(writ, reader):
    writ.put(1, A)
    reader.fetch()
    writ.tell(1, {"entry": 1, "state": "active", "bank": "RECRUITMENT", "signals": "torn"})
    reader.fetch()
    assert reader.hashes == {A}
    writ.forget()
    writ.head += 1
    writ.floor = writ.head
    reader.fetch()
    assert reader.hashes == {A}


LIES = {
    "more without leading on": lambda honest, query: honest | {"next": query["since"], "more": True},
    "leading back": lambda honest, query: honest | {"next": "0.0", "more": True},
    "no next": lambda honest, query: {"entries": honest["entries"], "more": False},
    "a next that is no checkpoint": lambda honest, query: honest | {"next": "tomorrow"},
    "a next that is a number": lambda honest, query: honest | {"next": 7},
    "more as text": lambda honest, query: honest | {"more": "yes"},
    "entries as an object": lambda honest, query: honest | {"entries": {}},
    "a list": lambda honest, query: [honest],
    "no JSON": lambda honest, query: b"<html>welcome</html>",
    "JSON without end": lambda honest, query: b"[" * 100_000,
    "anew for ever": lambda honest, query: {"resync": "why not"},
    "empty pages for ever": lambda honest, query: {
        "entries": [],
        "next": f"0.{int(query['since'].split('.')[1]) + 1}",
        "more": True,
    },
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_feed_that_lies_is_left_with_what_was_held(writ, reader, lie, monkeypatch):
    monkeypatch.setattr("writ_exchange.client.MAX_EMPTY_PAGES", 50)
    writ.put(1, A)
    reader.fetch()
    writ.put(2, B)
    writ.lie = lie
    with pytest.raises(WritError):
        reader.fetch()
    assert A in reader.hashes
    assert len(writ.asked) < 60


def test_an_answer_without_end_is_cut_off(writ, reader, monkeypatch):
    monkeypatch.setattr("writ_exchange.client.MAX_BODY", 100_000)
    writ.lie = lambda honest, query: b" " * 300_000
    with pytest.raises(WritError, match="longer than"):
        reader.fetch()


def test_a_redirect_does_not_carry_the_key_away(writ, reader):
    writ.status = 302
    with pytest.raises(WritError, match="302"):
        reader.fetch()


def test_the_words_of_a_refusal_are_told(writ, reader):
    reader.api.client.session.auth.key = "another"
    with pytest.raises(WritError, match="401: unknown key"):
        reader.fetch()


def test_the_address_may_end_in_a_slash_or_the_version(writ):
    writ.put(1, A)
    for ending in ("", "/", "/v1", "/v1/"):
        reader = Reader(writ, ending=ending)
        reader.fetch()
        assert reader.hashes == {A}


def test_a_checkpoint_survives_being_written_as_json():
    checkpoint = WritCheckpoint("3.17", [[1, 4], [9, 9]], [[2, 2]])
    assert dataclass_json.dataclass_loads(dataclass_json.dataclass_dumps(checkpoint), WritCheckpoint) == checkpoint


def test_spans_are_a_set():
    chance = random.Random(7)
    spans, model = Spans(), set()
    for _ in range(5000):
        number = chance.randrange(60)
        if chance.random() < 0.5:
            spans.add(number)
            model.add(number)
        else:
            spans.remove(number)
            model.discard(number)
        assert list(spans) == sorted(model)
        assert all(number in spans for number in model)
    flat = [number for span in spans.spans() for number in span]
    assert flat == sorted(flat)
    assert all(b - a > 1 for (_, a), (b, _) in zip(spans.spans(), spans.spans()[1:]))


def test_a_random_history_ends_with_what_a_new_reader_holds(writ, reader):
    chance = random.Random(17)
    for _ in range(60):
        for _ in range(chance.randrange(8)):
            number = chance.randrange(40)
            if number in writ.entries and chance.random() < 0.4:
                writ.drop(number)
            else:
                writ.put(number, f"{number:064x}")
        if chance.random() < 0.2:
            writ.forget()
        writ.page = chance.choice([1, 3, 1000])
        reader.fetch(pages=chance.choice([None, None, 2]))
    reader.fetch()
    fresh = Reader(writ)
    fresh.fetch()
    assert reader.hashes == fresh.hashes
