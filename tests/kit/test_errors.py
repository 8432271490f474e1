from hubao.kit.errors import BadInput, HubaoError, Kind


class TestHubaoError:
    def test_keeps_its_sentence_and_facts_apart(self) -> None:
        error = HubaoError("Two columns are named policy.", line=1, file="access.csv")

        assert str(error) == error.message == "Two columns are named policy."
        assert error.facts == {"line": 1, "file": "access.csv"}

    def test_has_a_code_and_a_kind_of_its_own(self) -> None:
        error = BadInput("access.csv is empty: give a file with rows.")

        assert (error.code, error.kind) == ("input.bad", Kind.INVALID)
        assert isinstance(error, HubaoError)
