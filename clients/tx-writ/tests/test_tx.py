"""The `tx` program itself, from adding the extension to labelling, each command in a state folder of the test."""

import pytest
from standin import KEY
from threatexchange.cli.main import inner_main

A, B, C = "0123456789abcdef" * 4, "b" * 64, "c" * 64
NEAR_A = "1" + A[1:]


@pytest.fixture
def tx(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TX_WRIT_KEY", KEY)
    monkeypatch.setenv("HOME", str(tmp_path))

    def call(*words):
        capsys.readouterr()
        inner_main([str(word) for word in words], state_dir=tmp_path / "state")
        return "".join(capsys.readouterr())

    call.file = lambda text: (tmp_path / "hash").write_text(text) and tmp_path / "hash"
    call("config", "extensions", "add", "writ_exchange")
    return call


@pytest.fixture
def known(tx, writ):
    writ.put(1, A, labels=["media/image"])
    writ.put(2, B)
    writ.put(3, C)
    tx("config", "collab", "edit", "writ", "north", "--create", "--base-url", writ.url, "--bank", "RECRUITMENT")
    tx("fetch")
    return lambda hash: tx("match", "-S", "pdq", "-H", "photo", tx.file(hash)).strip()


def test_the_extension_and_the_collaboration_are_listed(tx, known):
    assert "writ" in tx("config", "extensions", "list")
    assert tx("config", "collab", "list").strip() == "writ north"


def test_a_near_hash_matches_with_what_is_known_of_it(known):
    assert known(NEAR_A) == "pdq 1 (north) POSITIVE_CLASS RECRUITMENT/1 media/image"


def test_a_withdrawal_takes_effect(tx, writ, known):
    writ.drop(1)
    tx("fetch")
    assert known(NEAR_A) == ""


def test_a_dispute_shows(tx, writ, known):
    opinions = [{"member": "harbour-pictures", "verdict": "not-terrorist", "labels": []}]
    writ.put(1, A, state="disputed", opinions=opinions)
    tx("fetch")
    assert known(A) == "pdq 0 (north) DISPUTED RECRUITMENT/1 -harbour-pictures"


def test_starting_anew_takes_one_fetch(tx, writ, known):
    writ.drop(1)
    writ.forget()
    tx("fetch")
    assert known(A) == ""
    assert known(B) == "pdq 0 (north) POSITIVE_CLASS RECRUITMENT/2"


def test_labelling_a_known_hash_confirms_it(tx, writ, known):
    tx("label", "-l", "media/image", "-H", "pdq", "north", "photo", tx.file(A + "\n"))
    verdict = {"verdict": "confirm", "reason": "said with tx", "labels": ["media/image"]}
    assert writ.asked[-1] == ("POST", "/v1/entries/1/opinion", verdict)


def test_labelling_a_new_hash_uploads_it(tx, writ, known):
    new = "d" * 64
    tx("label", "-l", "media/image,behaviour/attacker-manifesto", "-H", "pdq", "north", "photo", tx.file(new))
    assert writ.asked[-1][1] == "/v1/entries"
    assert writ.asked[-1][2]["labels"] == ["behaviour/attacker-manifesto", "media/image"]


def test_the_key_may_lie_in_a_file(tx, writ, known, tmp_path, monkeypatch):
    monkeypatch.delenv("TX_WRIT_KEY")
    (tmp_path / ".tx_writ_key").write_text(f"{KEY}\n")
    tx("fetch")


def test_without_a_key_tx_says_where_to_put_one(tx, writ, known, monkeypatch):
    monkeypatch.delenv("TX_WRIT_KEY")
    with pytest.raises(Exception) as raised:
        tx("fetch")
    assert "TX_WRIT_KEY" in str(raised.value) or "TX_WRIT_KEY" in raised.value.pretty_str()
