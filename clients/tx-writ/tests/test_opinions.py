"""What a match says of an entry, and what is said back to the Writ."""

import pytest
from conftest import Reader
from threatexchange.exchanges.fetch_state import SignalOpinion, SignalOpinionCategory
from threatexchange.signal_type.pdq.signal import PdqSignal
from writ_exchange import WritError

A, B = "a" * 64, "b" * 64
POSITIVE, NEGATIVE, SEED = (
    SignalOpinionCategory.POSITIVE_CLASS,
    SignalOpinionCategory.NEGATIVE_CLASS,
    SignalOpinionCategory.INVESTIGATION_SEED,
)


def said(member, verdict, *labels):
    return {"member": member, "verdict": verdict, "labels": list(labels)}


STANDINGS = [
    ("active", {}, [], "POSITIVE_CLASS"),
    ("active", {}, [said("harbour-pictures", "confirm")], "POSITIVE_CLASS"),
    ("active", {}, [said("harbour-pictures", "seen")], "POSITIVE_CLASS"),
    # An observer's dispute is recorded and does not count: the entry stands.
    ("active", {}, [said("an-observer", "dispute")], "POSITIVE_CLASS"),
    ("disputed", {}, [said("harbour-pictures", "not-terrorist")], "DISPUTED"),
    ("held-in-a-way-of-tomorrow", {}, [], "INVESTIGATION_SEED"),
    ("active", {"purpose": "negative"}, [], "NEGATIVE_CLASS"),
]


@pytest.mark.parametrize("state, more, opinions, category", STANDINGS)
def test_the_category_is_where_the_entry_stands(writ, reader, state, more, opinions, category):
    writ.put(1, A, state=state, opinions=opinions, **more)
    reader.fetch()
    assert reader.held[A].get_as_aggregate_opinion().category.name == category


def test_each_verdict_is_an_opinion_with_its_labels(writ):
    reader = Reader(writ, member="meridian-video")
    opinions = [
        said("meridian-video", "confirm", "behaviour/attacker-manifesto"),
        said("harbour-pictures", "dispute"),
        said("north-mast", "not-terrorist"),
        said("east-quay", "seen"),
        said("west-quay", "shrug"),
    ]
    writ.put(1, A, labels=["media/image"], opinions=opinions)
    reader.fetch()
    assert reader.held[A].get_as_opinions() == [
        SignalOpinion(False, POSITIVE, {"media/image"}),
        SignalOpinion(True, POSITIVE, {"behaviour/attacker-manifesto"}),
        SignalOpinion(False, NEGATIVE, set()),
        SignalOpinion(False, NEGATIVE, set()),
        SignalOpinion(False, SEED, set()),
    ]


def test_a_match_tells_bank_entry_members_and_labels(writ, reader):
    opinions = [said("meridian-video", "confirm"), said("harbour-pictures", "not-terrorist")]
    writ.put(17, A, state="disputed", labels=["media/image"], opinions=opinions)
    reader.fetch()
    assert str(reader.held[A]) == "DISPUTED RECRUITMENT/17 +meridian-video -harbour-pictures media/image"


def test_a_hash_of_several_entries_tells_of_all_and_a_negative_bank_wins(writ, reader):
    writ.put(1, A)
    writ.put(2, A, state="disputed")
    reader.fetch()
    assert str(reader.held[A]) == "DISPUTED RECRUITMENT/1; RECRUITMENT/2"
    writ.put(3, A, purpose="negative", bank="HARMLESS")
    reader.fetch()
    assert str(reader.held[A]).startswith("NEGATIVE_CLASS ")


@pytest.mark.parametrize("category, verdict", [(POSITIVE, "confirm"), (NEGATIVE, "not-terrorist"), (SEED, "seen")])
def test_an_opinion_goes_to_every_entry_with_the_hash(writ, reader, category, verdict):
    writ.put(4, A)
    writ.put(5, B)
    writ.put(6, A)
    reader.api.report_opinion(PdqSignal, A, SignalOpinion(True, category, {"media/image"}))
    posts = [asked for asked in writ.asked if asked[0] == "POST"]
    body = {"verdict": verdict, "reason": "said with tx", "labels": ["media/image"]}
    assert posts == [("POST", "/v1/entries/4/opinion", body), ("POST", "/v1/entries/6/opinion", body)]


def test_a_positive_opinion_of_an_unknown_hash_is_an_upload(writ):
    reader = Reader(writ, bank="RECRUITMENT")
    reader.api.report_opinion(PdqSignal, A, SignalOpinion(True, POSITIVE, {"media/image"}))
    body = {"bank": "RECRUITMENT", "signals": [{"type": "pdq", "hash": A}], "labels": ["media/image"]}
    assert writ.asked[-1] == ("POST", "/v1/entries", body)


def test_an_upload_gives_the_numbers_of_the_entries(writ):
    reader = Reader(writ, bank="RECRUITMENT")
    assert reader.api.upload([("pdq", A)], [], note="by hand") == [901]
    assert writ.asked[-1][2]["note"] == "by hand"


def test_an_upload_without_a_bank_says_how_to_name_one(writ, reader):
    with pytest.raises(WritError, match="--bank"):
        reader.api.report_opinion(PdqSignal, A, SignalOpinion(True, POSITIVE, set()))


def test_a_negative_opinion_of_an_unknown_hash_is_refused(writ, reader):
    with pytest.raises(WritError, match="no entry has the pdq"):
        reader.api.report_opinion(PdqSignal, A, SignalOpinion(True, NEGATIVE, set()))


def test_an_entry_that_was_withdrawn_is_not_found(writ, reader):
    writ.put(4, A)
    writ.page = 1
    writ.drop(4)
    assert reader.api.find("pdq", A) == []
