"""People answer in their own language: the tagger needs no list of words in any of them."""

import pytest

from checkins.tagging import Confirmed, GoalText, LineText, Tagger
from checkins.tagging.words import plain, read

# Two goals, a line for each by their own words, then two confirmed lines and one that is only like the second.
LANGUAGES = {
    "German": (
        ("Neue Preisseite veröffentlichen", "Schnellere Suche im Katalog"),
        ("Die Preisseiten sind jetzt übersetzt", "Suchergebnisse im Katalog kommen schneller"),
        ("Rechnungen an die Buchhaltung geschickt", "Messungen auf dem Prüfstand wiederholt"),
        "Am Prüfstand neu gemessen, Messung stimmt",
    ),
    "Spanish": (
        ("Publicar la nueva página de precios", "Búsqueda más rápida en el catálogo"),
        ("Traduje las paginas de los precios", "Aceleré las búsquedas del catalogo"),
        ("Envié facturas a contabilidad", "Repetí las mediciones en el banco de pruebas"),
        "Otra medición en el banco de pruebas",
    ),
    "Japanese": (
        ("新しい料金ページを公開する", "カタログ検索を高速化する"),
        ("料金ページの文言を直した", "検索が高速になった"),
        ("経理に請求書を送付した", "試験機で測定をやり直した"),
        "試験機の測定結果をまとめた",
    ),
    "Hindi": (
        ("नया मूल्य पृष्ठ प्रकाशित करना", "सूची में तेज़ खोज"),
        ("मूल्य पृष्ठ का अनुवाद किया", "खोज अब तेज़ चलती है"),
        ("लेखा विभाग को बिल भेजे", "परीक्षण यंत्र पर माप दोहराई"),
        "परीक्षण यंत्र की माप फिर देखी",
    ),
    "Arabic": (
        ("نشر صفحة الأسعار الجديدة", "تسريع البحث في الفهرس"),
        ("ترجمت صفحة الأسعار", "البحث في الفهرس صار أسرع"),
        ("أرسلت الفواتير إلى المحاسبة", "أعدت القياسات على جهاز الاختبار"),
        "قياسات جديدة على جهاز الاختبار",
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_is_filed_by_the_words_of_its_language_and_by_lines_confirmed_in_it(language: str) -> None:
    titles, lines, told, another = LANGUAGES[language]
    tagger = Tagger([GoalText("one", titles[0]), GoalText("two", titles[1])])
    assert [tagger.suggest(LineText(line)).goals[0].target for line in lines] == ["one", "two"]
    tagger.learn([Confirmed(LineText(told[0]), frozenset({"one"})), Confirmed(LineText(told[1]), frozenset({"two"}))])
    assert tagger.suggest(LineText(another)).goals[0].target == "two"
    assert "like 1 line" in tagger.suggest(LineText(another)).goals[0].why


def test_scripts_without_spaces_are_read_in_pairs_of_characters() -> None:
    assert plain("料金ページ ok 食") == ["料金", "金ペ", "ペー", "ージ", "ok", "食"]


def test_accents_case_and_width_make_no_difference() -> None:
    assert plain("Über ÜBER über ｕｂｅｒ") == ["uber"] * 4
    assert plain("مُحَمَّد") == plain("محمد")


def test_hindi_words_keep_their_vowel_signs() -> None:
    assert plain("हिन्दी में।") == ["हिन्दी", "में"]


def test_names_from_code_are_found_by_their_parts_and_whole() -> None:
    assert plain("parseHTTPHeader snake_case") == [
        "parse",
        "http",
        "header",
        "parsehttpheader",
        "snake",
        "case",
    ]


def test_links_and_tickets_are_marks_and_hashtags_are_hashtags() -> None:
    words = read("See https://Example.org/a?b=1, PROJ-7, #12 and #big-goal (not a&#39;b)")
    assert words.marks == ("https://example.org/a?b=1", "proj-7", "#12")
    assert words.hashtags == ("big-goal",)
    assert "example" not in words.plain
