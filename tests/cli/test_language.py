import pytest

from hubao.cli.language import Language, language_of


class TestLanguageOf:
    @pytest.mark.parametrize(
        ("environment", "expected"),
        [
            ({}, Language.EN),
            ({"LANG": "zh_CN.UTF-8"}, Language.ZH),
            ({"LANG": "zh_TW"}, Language.ZH),
            ({"LANG": "de_DE.UTF-8"}, Language.EN),
            ({"LANG": "C.UTF-8"}, Language.EN),
            ({"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, Language.EN),
            ({"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, Language.ZH),
            ({"LC_MESSAGES": "zh_CN", "LANG": "en_US"}, Language.ZH),
        ],
    )
    def test_is_the_first_that_the_environment_sets(
        self, environment: dict[str, str], expected: Language
    ) -> None:
        assert language_of(environment) is expected
