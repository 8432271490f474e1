"""Things in parts: all of them, in order, none empty."""

from hubao.kit.parts import in_parts


class TestInParts:
    def test_gives_all_in_order_the_last_shorter(self) -> None:
        assert list(in_parts(iter("abcde"), 2)) == [["a", "b"], ["c", "d"], ["e"]]

    def test_gives_none_of_nothing(self) -> None:
        assert list(in_parts([], 2)) == []
